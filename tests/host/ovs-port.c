/* ovs/port.h and ovs/bridge.h against a real Open vSwitch: what is added, refused and removed. */
#include "support/ovs.h"

#include "ovs/bridge.h"

static struct ovsdb *db;

/* Two bridges, four taps, and somebody else's port with a QoS of its own. */
static int make_switch(void **state)
{
    (void)state;
    run("ovs-vsctl add-br br1 -- set Bridge br1 datapath_type=netdev"
        " -- add-br br0 -- set Bridge br0 datapath_type=netdev");
    for (int i = 0; i < 4; i++) {
        run("ip tuntap add vif%d mode tap", i);
    }
    run("ip tuntap add foreign0 mode tap && ip tuntap add slave0 mode tap && "
        "ip tuntap add slave1 mode tap");
    run("ovs-vsctl add-port br0 foreign0 tag=7"
        " -- set Port foreign0 external_ids:owner=ovs-cni.network.kubevirt.io qos=@qos"
        " -- set Interface foreign0 external_ids:iface-id=x"
        " -- --id=@qos create QoS type=linux-htb external_ids:ifname=foreign0 queues:0=@queue"
        " -- --id=@queue create Queue other_config:max-rate=1 external_ids:ifname=foreign0"
        " > /dev/null");
    run("ovs-vsctl add-bond br0 bond0 slave0 slave1");
    db = open_remote(NULL, 5000);
    return 0;
}

static int close_db(void **state)
{
    (void)state;
    ovsdb_close(db);
    return 0;
}

/* After each test: nothing of ours is left, and what is not ours stands as it stood. */
static int check_untouched(void **state)
{
    (void)state;
    check_nothing_left();
    check_output("bond0\nforeign0", "ovs-vsctl --no-wait list-ports br0");
    check_output("", "ovs-vsctl --no-wait list-ports br1");
    check_output("7", "ovs-vsctl --no-wait get Port foreign0 tag");
    check_output("{iface-id=x}", "ovs-vsctl --no-wait get Interface foreign0 external_ids");
    check_output("1", "ovs-vsctl --no-wait get Queue "
                      "$(ovs-vsctl --no-wait get QoS $(ovs-vsctl --no-wait get Port foreign0 qos) "
                      "queues:0) other_config:max-rate | tr -d '\"'");
    return 0;
}

static void add(const struct ovs_port *ports, size_t n, int64_t *ofports)
{
    char *error = NULL;

    check_ok(ovs_ports_add(db, ports, n, plug_id(), false, ofports, &error), &error);
}

static void the_switch_is_read(void **state)
{
    struct ovs_switch *sw = NULL;
    char *error = NULL;

    (void)state;
    check_ok(ovs_switch_read(db, &sw, &error), &error);
    auto_free char *names = ovs_switch_bridge_names(sw);

    assert_string_equal(names, "br0, br1");
    assert_true(ovs_switch_find(sw, "br1")->userspace);
    assert_null(ovs_switch_find(sw, "br2"));
    assert_false(sw->userspace_tso);
    auto_free char *version = output_(
        "ovs-vsctl --no-wait get Open_vSwitch . ovs_version | tr -d '\"[]'");

    assert_string_equal(sw->ovs_version, version);
    ovs_switch_free(sw);
}

static void one_port(void **state)
{
    struct ovs_port port = wish("vif0", "br0");
    int64_t ofport = 0;

    (void)state;
    port.isolated = true;
    port.transient = true;
    port.mtu_request = 1400;
    add(&port, 1, &ofport);
    assert_true(ofport > 0);
    check_output("br0", "ovs-vsctl port-to-br vif0");
    check_output("100 access true {transient=\"true\"}",
                 "echo $(ovs-vsctl --no-wait get Port vif0 tag vlan_mode protected other_config)");
    check_output("1400", "ovs-vsctl --no-wait get Interface vif0 mtu_request");
    auto_free char *number = output_("ovs-vsctl --no-wait get Interface vif0 ofport");
    assert_int_equal(atoi(number), ofport);

    struct ovs_port_row *row = read_row(db, "vif0");
    char *differences = NULL;

    assert_true(ovs_port_matches(&port, row, &differences));
    assert_string_equal(row->owner, OVS_OWNER);
    assert_int_equal(row->ofport, ofport);
    assert_true(row->ifindex > 0);
    assert_string_equal(row->interface_type, "");
    ovs_port_rows_free(row, 1);
    remove_port(db, "vif0");
    ovs_port_clear(&port);
}

static void three_ports_on_two_bridges(void **state)
{
    static const char *const names[] = {"vif0", "vif1", "vif2", "no-such-port"};
    struct ovs_port ports[] = {wish("vif0", "br0"), wish("vif1", "br1"), wish("vif2", "br0")};
    int64_t ofports[3];
    struct ovs_port_row *rows = NULL;
    size_t n = 0;
    char *error = NULL;

    (void)state;
    ports[1].vlan.tag = 200;
    ports[2].vlan.mode = OVS_VLAN_NATIVE_TAGGED;
    ports[2].vlan.tag = 10;
    ports[2].vlan.n_trunks = 2;
    ports[2].vlan.trunks = mem_zalloc(2 * sizeof(uint16_t));
    ports[2].vlan.trunks[0] = 10;
    ports[2].vlan.trunks[1] = 20;
    add(ports, 3, ofports);
    check_output("bond0\nforeign0\nvif0\nvif2", "ovs-vsctl --no-wait list-ports br0");
    check_output("vif1", "ovs-vsctl --no-wait list-ports br1");
    check_output("10 [10, 20] native-tagged",
                 "echo $(ovs-vsctl --no-wait get Port vif2 tag trunks vlan_mode)");

    check_ok(ovs_ports_read(db, names, 4, &rows, &n, &error), &error);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(ofports[i] > 0);
        assert_true(ovs_port_matches(&ports[i], &rows[i], NULL));
        ovs_port_clear(&ports[i]);
    }
    check_ok(ovs_ports_remove(db, rows, n, &error), &error);
    check_ok(ovs_ports_remove(db, rows, n, &error), &error); /* gone is success */
    ovs_port_rows_free(rows, n);
}

static void transactions_name_their_caller(void **state)
{
    const struct ovsdb_options options = {.timeout_ms = 5000, .caller = "vifplug plug (pid 4711)"};
    struct ovs_port port = wish("vif0", "br0");
    struct ovsdb *other = NULL;
    char *error = NULL;

    (void)state;
    check_ok(ovsdb_open(&other, &options, &error), &error);
    check_ok(ovs_ports_add(other, &port, 1, plug_id(), false, NULL, &error), &error);
    remove_port(other, "vif0");
    check_output("2", "ovsdb-tool show-log /run/openvswitch/conf.db | "
                      "grep -cF 'vifplug plug (pid 4711)'");
    ovsdb_close(other);
    ovs_port_clear(&port);
}

static void a_missing_bridge_is_named(void **state)
{
    struct ovs_port ports[] = {wish("vif0", "br0"), wish("vif1", "br9")};
    char *error = NULL;

    (void)state;
    check_error(ovs_ports_add(db, ports, 2, plug_id(), false, NULL, &error), -ENOENT, &error,
                "no OVS bridge \"br9\" in unix:/run/openvswitch/db.sock; bridges: br0, br1");
    ovs_port_clear(&ports[0]);
    ovs_port_clear(&ports[1]);
}

static void a_missing_device_is_refused(void **state)
{
    struct ovs_port ports[] = {wish("vif0", "br0"), wish("ghost0", "br1")};
    char *error = NULL;

    (void)state;
    check_error(
        ovs_ports_add(db, ports, 2, plug_id(), false, NULL, &error), -EIO, &error,
        "port \"ghost0\": ovs-vswitchd refused it: could not open network device ghost0 (No "
        "such device)");
    ovs_port_clear(&ports[0]);
    ovs_port_clear(&ports[1]);
}

static void nobody_waits_with_no_wait(void **state)
{
    struct ovs_port port = wish("ghost0", "br1");
    int64_t ofport = 17;
    char *error = NULL;

    (void)state;
    check_ok(ovs_ports_add(db, &port, 1, plug_id(), true, &ofport, &error), &error);
    assert_int_equal(ofport, 0);
    remove_port(db, "ghost0");
    ovs_port_clear(&port);
}

static void two_wishes_of_one_name_are_refused(void **state)
{
    struct ovs_port ports[] = {wish("vif0", "br0"), wish("vif0", "br1")};
    char *error = NULL;

    (void)state;
    check_error(ovs_ports_add(db, ports, 2, plug_id(), false, NULL, &error), -EEXIST, &error,
                "two interfaces of one plug have the name \"vif0\"");
    ovs_port_clear(&ports[0]);
    ovs_port_clear(&ports[1]);
}

static void check_taken(const char *name, const char *sentence)
{
    struct ovs_port ports[] = {wish("vif3", "br0"), wish(name, "br1")};
    char *error = NULL;

    check_error(ovs_ports_add(db, ports, 2, plug_id(), false, NULL, &error), -EEXIST, &error,
                sentence);
    ovs_port_clear(&ports[0]);
    ovs_port_clear(&ports[1]);
}

static void a_taken_name_is_explained(void **state)
{
    struct ovs_port port = wish("vif0", "br0");

    (void)state;
    check_taken("foreign0", "port name \"foreign0\" is taken by a port on bridge \"br0\" (owner "
                            "\"ovs-cni.network.kubevirt.io\"); choose another name, or remove it: "
                            "ovs-vsctl del-port foreign0");
    check_taken("slave1", "port name \"slave1\" is taken by an interface of port \"bond0\" on "
                          "bridge \"br0\"; choose another name");
    check_taken("br0", "it is the bridge's own port");
    add(&port, 1, NULL);
    check_taken("vif0",
                "port name \"vif0\" is taken by a port on bridge \"br0\" (owner \"vifplug\", guest "
                "8f1b1b1e-0000-4000-8000-000000000001); unplug it first: vifplug unplug vif0");
    remove_port(db, "vif0");
    ovs_port_clear(&port);
}

static void a_value_out_of_range_is_the_servers_sentence(void **state)
{
    struct ovs_port port = wish("vif0", "br0");
    char *error = NULL;

    (void)state;
    port.vlan.tag = 5000;
    check_error(ovs_ports_add(db, &port, 1, plug_id(), false, NULL, &error), -EPROTO, &error,
                "5000 is not in the valid range");
    ovs_port_clear(&port);
}

static struct ovs_qos some_qos(void)
{
    return (struct ovs_qos){.ingress_kbps = 8000,
                            .ingress_burst_kb = 800,
                            .egress_min_bps = 4000000,
                            .egress_max_bps = 16000000,
                            .egress_burst_bits = 1048576};
}

static void qos_comes_and_goes_with_the_port(void **state)
{
    struct ovs_port port = wish("vif0", "br0");

    (void)state;
    port.qos = some_qos();
    add(&port, 1, NULL);
    check_output("{burst=\"1048576\", max-rate=\"16000000\"}",
                 "ovs-vsctl --no-wait get QoS $(ovs-vsctl --no-wait get Port vif0 qos) "
                 "other_config");
    struct ovs_port_row *row = read_row(db, "vif0");
    char *differences = NULL;

    assert_true(ovs_port_matches(&port, row, &differences));
    ovs_port_rows_free(row, 1);
    remove_port(db, "vif0");
    ovs_port_clear(&port);
}

/* A port that another bridge still has from an earlier life, with a QoS of ours. */
static void a_stale_row_is_replaced(void **state)
{
    struct ovs_port old = wish("vif0", "br1");
    struct ovs_port port = wish("vif0", "br0");

    (void)state;
    old.qos = some_qos();
    add(&old, 1, NULL);
    struct ovs_port_row *row = read_row(db, "vif0");

    strcpy(port.replaces, row->uuid);
    port.qos.egress_max_bps = 1000000;
    add(&port, 1, NULL);
    check_output("br0", "ovs-vsctl port-to-br vif0");
    check_output("{max-rate=\"1000000\"}",
                 "ovs-vsctl --no-wait --bare --columns=other_config find QoS "
                 "external_ids:owner=vifplug | sed 's/\\(.*\\)=\\(.*\\)/{\\1=\"\\2\"}/'");

    /* The row that was replaced is gone: to remove it once more changes nothing. */
    char *error = NULL;

    check_ok(ovs_ports_remove(db, row, 1, &error), &error);
    check_output("br0", "ovs-vsctl port-to-br vif0");
    ovs_port_rows_free(row, 1);
    remove_port(db, "vif0");
    ovs_port_clear(&old);
    ovs_port_clear(&port);
}

static void a_change_of_the_replaced_row_is_seen(void **state)
{
    struct ovs_port port = wish("vif0", "br0");
    char *error = NULL;

    (void)state;
    add(&port, 1, NULL);
    struct ovs_port_row *row = read_row(db, "vif0");

    /* Someone else is faster. */
    run("ovs-vsctl del-port vif0 -- add-port br1 vif0");
    strcpy(port.replaces, row->uuid);
    check_error(
        ovs_ports_add(db, &port, 1, plug_id(), false, NULL, &error), -EEXIST, &error,
        "port \"vif0\" was replaced by someone else while it was to be replaced here: it is "
        "on bridge \"br1\" now");
    check_output("br1", "ovs-vsctl port-to-br vif0");

    run("ovs-vsctl del-port vif0");
    check_error(ovs_ports_add(db, &port, 1, plug_id(), false, NULL, &error), -EAGAIN, &error,
                "port \"vif0\", which was to be replaced, was removed by someone else meanwhile");
    ovs_port_rows_free(row, 1);
    ovs_port_clear(&port);
}

static void a_bond_is_found_by_its_interface(void **state)
{
    struct ovs_port_row *row = read_row(db, "slave1");

    (void)state;
    assert_string_equal(row->port.name, "bond0");
    assert_string_equal(row->port.bridge, "br0");
    assert_string_equal(row->interface_uuid, "");
    assert_null(row->owner);
    ovs_port_rows_free(row, 1);
}

static void owned_ports_are_listed(void **state)
{
    struct ovs_port ports[] = {wish("vif1", "br1"), wish("vif0", "br0")};
    struct ovs_port_row *rows = NULL;
    size_t n = 0;
    char *error = NULL;

    (void)state;
    ports[0].qos = some_qos();
    add(ports, 2, NULL);
    check_ok(ovs_ports_read_owned(db, &rows, &n, &error), &error);
    assert_int_equal(n, 2);
    assert_true(ovs_port_matches(&ports[1], &rows[0], NULL));
    assert_true(ovs_port_matches(&ports[0], &rows[1], NULL));
    check_ok(ovs_ports_remove(db, rows, n, &error), &error);
    ovs_port_rows_free(rows, n);
    ovs_port_clear(&ports[0]);
    ovs_port_clear(&ports[1]);
}

/* The keys that a guest's management adds are no reason to call a port different, and removing the
 * port takes none of others' rows along: a QoS that an administrator put on our port stays. */
static void rows_of_others_on_our_port_stay(void **state)
{
    struct ovs_port port = wish("vif0", "br0");

    (void)state;
    add(&port, 1, NULL);
    run("ovs-vsctl set Port vif0 qos=@q -- --id=@q create QoS type=linux-htb "
        "external_ids:ifname=vif0 external_ids:owner=admin > /dev/null");
    run("ovs-vsctl set Interface vif0 external_ids:note=hello");
    struct ovs_port_row *row = read_row(db, "vif0");

    assert_true(ovs_port_matches(&port, row, NULL));
    ovs_port_rows_free(row, 1);
    remove_port(db, "vif0");
    check_output("linux-htb",
                 "ovs-vsctl --no-wait --bare --columns=type find QoS external_ids:owner=admin");
    run("ovs-vsctl destroy QoS $(ovs-vsctl --no-wait --bare --columns=_uuid find QoS "
        "external_ids:owner=admin)");
    ovs_port_clear(&port);
}

static void a_running_vswitchd_is_seen(void **state)
{
    bool runs = false;
    char *error = NULL;

    (void)state;
    check_ok(ovsdb_vswitchd_runs(db, &runs, &error), &error);
    assert_true(runs);
}

#define test(f) cmocka_unit_test_teardown(f, check_untouched)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_switch_is_read),
        test(one_port),
        test(three_ports_on_two_bridges),
        test(transactions_name_their_caller),
        test(a_missing_bridge_is_named),
        test(a_missing_device_is_refused),
        test(nobody_waits_with_no_wait),
        test(two_wishes_of_one_name_are_refused),
        test(a_taken_name_is_explained),
        test(a_value_out_of_range_is_the_servers_sentence),
        test(qos_comes_and_goes_with_the_port),
        test(a_stale_row_is_replaced),
        test(a_change_of_the_replaced_row_is_seen),
        test(a_bond_is_found_by_its_interface),
        test(owned_ports_are_listed),
        test(rows_of_others_on_our_port_stay),
        test(a_running_vswitchd_is_seen),
    };

    return cmocka_run_group_tests(tests, make_switch, close_db);
}
