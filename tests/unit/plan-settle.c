/* vif/plan.h: what a look at the host decides. */
#include <errno.h>

#include "netdev/ifname.h"
#include "support/vif.h"
#include "vif/plan-lower.h"

#define ON_OVS(more)                                                                               \
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'/>" more        \
    "</interface>"
#define ON_BRIDGE(more) "<interface type='bridge'><source bridge='br0'/>" more "</interface>"
#define ETHERNET(more)  "<interface type='ethernet'>" more "</interface>"

/* A host with the OVS bridges br0, of the userspace datapath, and br1, of the kernel's. */
struct host {
    struct vif_sight sight;
    struct ovs_bridge bridges[2];
    struct ovs_switch ovs;
    struct vif_view view;
};

static struct host *make_host(struct host *host)
{
    static char names[][4] = {"br0", "br1"};
    static char remote[] = "unix:/db.sock";

    memset(host, 0, sizeof *host);
    host->bridges[0] = (struct ovs_bridge){.name = names[0], .userspace = true};
    host->bridges[1] = (struct ovs_bridge){.name = names[1]};
    host->ovs.bridges = host->bridges;
    host->ovs.n_bridges = 2;
    host->view.sights = &host->sight;
    host->view.n_sights = 1;
    host->view.ovs = &host->ovs;
    host->view.ovs_remote = remote;
    return host;
}

/* The same, and br0 is a Linux bridge. */
static struct host *make_linux_host(struct host *host)
{
    make_host(host);
    host->sight.has_bridge_link = true;
    host->sight.bridge_link = (struct link_info){.ifindex = 5, .name = "br0", .kind = "bridge"};
    host->sight.bridge_link.mtu = 1500;
    host->view.ovs = NULL;
    return host;
}

static void check_settled(struct vif_plan *plan, struct host *host)
{
    char *error = NULL;

    check_ok(vif_plan_settle(plan, &host->view, &error), &error);
}

/* Checks that the host makes the plan fail. */
static void check_unsettled(const char *xml, struct host *host, int expected, const char *part)
{
    struct vif_plan plan = drafted(xml);
    char *error = NULL;

    check_error(vif_plan_settle(&plan, &host->view, &error), expected, &error, part);
    vif_plan_clear(&plan);
}

static void the_bridges_kind_decides(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ON_BRIDGE(""));

    (void)state;
    check_settled(&plan, make_host(&host));
    assert_int_equal(plan.ports[0].attachment, VIF_ATTACH_OVS);
    assert_false(plan.ports[0].attachment_open);
    vif_plan_clear(&plan);

    plan = drafted(ON_BRIDGE("<port isolated='yes'/>"));
    check_settled(&plan, make_linux_host(&host));
    assert_int_equal(plan.ports[0].attachment, VIF_ATTACH_LINUX_BRIDGE);
    assert_true(plan.ports[0].isolated);
    assert_true(plan.ports[0].vnet_hdr);
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);
}

static void a_linux_bridge_is_no_open_vswitch(void **state)
{
    struct host host;

    (void)state;
    make_linux_host(&host);
    check_unsettled(ON_OVS(""), &host, -EINVAL,
                    "test.xml: interface 1: \"br0\" is a Linux bridge, not one of Open vSwitch; "
                    "remove <virtualport type='openvswitch'>");
    check_unsettled(ON_BRIDGE("<vlan><tag id='100'/></vlan>"), &host, -EOPNOTSUPP,
                    "<vlan> needs an Open vSwitch bridge, and \"br0\" is a Linux bridge");
    check_unsettled(ON_BRIDGE("<vlan trunk='yes'><tag id='1'/></vlan>"), &host, -EOPNOTSUPP,
                    "<vlan> needs");
    check_unsettled(ON_BRIDGE("<bandwidth><inbound average='1'/></bandwidth>"), &host, -EOPNOTSUPP,
                    "<bandwidth> needs an Open vSwitch bridge");
    check_unsettled(ON_BRIDGE("<bandwidth><outbound average='1'/></bandwidth>"), &host, -EOPNOTSUPP,
                    "<bandwidth> needs an Open vSwitch bridge");
}

static void a_missing_bridge_lists_those_there_are(void **state)
{
    static char why[] = "cannot connect to unix:/db.sock";
    struct host host;

    (void)state;
    make_host(&host);
    check_unsettled("<interface type='bridge'><source bridge='br9'/><virtualport "
                    "type='openvswitch'/></interface>",
                    &host, -ENOENT, "no OVS bridge \"br9\" in unix:/db.sock; bridges: br0, br1");
    check_unsettled("<interface type='bridge'><source bridge='br9'/></interface>", &host, -ENOENT,
                    "no Linux bridge and no OVS bridge \"br9\" in unix:/db.sock; bridges: br0");
    host.view.ovs = NULL;
    host.view.ovs_error = why;
    check_unsettled(ON_OVS(""), &host, -ENOENT,
                    "Open vSwitch cannot be asked: cannot connect to unix:/db.sock");
}

static void a_userspace_datapath_gets_no_offloads(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ON_OVS(""));

    (void)state;
    check_settled(&plan, make_host(&host));
    assert_false(plan.ports[0].vnet_hdr);
    assert_true(has_note(&plan.ports[0], "without offloads: \"br0\" has the userspace datapath"));
    vif_plan_clear(&plan);

    plan = drafted(ON_OVS(""));
    host.ovs.userspace_tso = true;
    check_settled(&plan, &host);
    assert_true(plan.ports[0].vnet_hdr);
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);

    /* A card that has none anyway loses none. */
    plan = drafted(ON_OVS("<model type='rtl8139'/>"));
    check_settled(&plan, make_host(&host));
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);

    plan = drafted("<interface type='bridge'><source bridge='br1'/></interface>");
    check_settled(&plan, &host);
    assert_true(plan.ports[0].vnet_hdr);
    vif_plan_clear(&plan);
}

static void the_bridges_mtu_is_inherited(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ON_BRIDGE(""));

    (void)state;
    make_linux_host(&host);
    host.sight.bridge_link.mtu = 9000;
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].mtu, 9000);
    assert_true(has_note(&plan.ports[0], "MTU 9000, since that is what \"br0\" has"));
    vif_plan_clear(&plan);

    plan = drafted(ON_BRIDGE("<mtu size='1400'/>"));
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].mtu, 1400);
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);

    plan = drafted(ON_BRIDGE(""));
    host.sight.bridge_link.mtu = 1500;
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].mtu, 0);
    vif_plan_clear(&plan);
}

static void a_generated_name_in_use_is_replaced(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ON_OVS("<mac address='52:54:00:00:00:01'/>"));
    struct vif_port *port = &plan.ports[0];
    char *error = NULL;

    (void)state;
    make_host(&host);
    host.sight.has_link = true;
    strcpy(host.sight.link.kind, "tun");
    for (unsigned attempt = 1; attempt < IFNAME_ATTEMPTS; attempt++) {
        char name[IFNAMSIZ];

        assert_int_equal(vif_plan_settle(&plan, &host.view, &error), -EAGAIN);
        assert_null(error);
        assert_int_equal(ifname_generate(port->interface_id, attempt, name), 0);
        assert_string_equal(port->name, name);
    }
    check_error(vif_plan_settle(&plan, &host.view, &error), -EEXIST, &error,
                "all names that can be made of its id");
    host.sight.has_link = false;
    check_settled(&plan, &host);
    vif_plan_clear(&plan);
}

static void a_device_of_somebody_elses_is_not_taken_over(void **state)
{
    struct host host;

    (void)state;
    make_host(&host);
    host.sight.has_link = true;
    strcpy(host.sight.link.kind, "tun");
    check_unsettled(ON_OVS("<target dev='web0'/>"), &host, -EEXIST,
                    "a device \"web0\" exists already, and is not vifplug's; choose another "
                    "<target dev>");
}

static void ethernet_uses_the_tap_that_is_there(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ETHERNET("<target dev='tap7'/>"));

    (void)state;
    make_host(&host);
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_TAP);
    vif_plan_clear(&plan);

    host.sight.has_link = true;
    strcpy(host.sight.link.kind, "tun");
    plan = drafted(ETHERNET("<target dev='tap7'/>"));
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_EXISTING);
    assert_true(plan.ports[0].persistent);
    assert_true(plan.ports[0].managed);
    vif_plan_clear(&plan);

    plan = drafted(ETHERNET("<target dev='tap7' mode='ifname'/>"));
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_BY_QEMU);
    vif_plan_clear(&plan);

    strcpy(host.sight.link.kind, "veth");
    check_unsettled(ETHERNET("<target dev='tap7'/>"), &host, -EEXIST,
                    "\"tap7\" exists, but it is a veth and not a tap");
    host.sight.link.kind[0] = '\0';
    check_unsettled(ETHERNET("<target dev='tap7'/>"), &host, -EEXIST,
                    "\"tap7\" exists, but it is not a tap");
}

static void managed_no_needs_a_device(void **state)
{
    const char *xml = ETHERNET("<target dev='tap7' managed='no'/>");
    struct host host;

    (void)state;
    make_host(&host);
    check_unsettled(xml, &host, -ENOENT,
                    "managed='no', but there is no device \"tap7\"; make it first, or remove "
                    "managed='no'");
    host.sight.has_link = true;
    strcpy(host.sight.link.kind, "tun");
    struct vif_plan plan = drafted(xml);
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_EXISTING);
    assert_false(plan.ports[0].managed);
    vif_plan_clear(&plan);
}

/* Makes the sight one of an interface that was plugged from `plan` before. */
static void plugged_before(struct host *host, const struct vif_plan *plan)
{
    host->sight.has_record = true;
    vif_port_copy(&host->sight.record.port, &plan->ports[0]);
    host->sight.record.state = VIF_PLUGGED;
    host->sight.has_link = true;
    strcpy(host->sight.link.kind, "tun");
}

static void what_was_plugged_keeps_its_name(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ON_OVS("<mac address='52:54:00:00:00:01'/>"));
    char before[IFNAMSIZ];

    (void)state;
    make_host(&host);
    plugged_before(&host, &plan);
    strcpy(before, plan.ports[0].name);
    check_settled(&plan, &host);
    assert_string_equal(plan.ports[0].name, before);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_TAP);
    vif_plan_clear(&plan);
    vif_record_clear(&host.sight.record);

    plan = drafted(ETHERNET("<mac address='52:54:00:00:00:01'/><target dev='tap7'/>"));
    make_host(&host);
    plugged_before(&host, &plan);
    host.sight.record.port.device = VIF_DEVICE_EXISTING;
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_EXISTING);
    vif_plan_clear(&plan);
    vif_record_clear(&host.sight.record);
}

static void a_name_that_another_interface_has(void **state)
{
    struct host host;
    struct vif_plan other = drafted("<domain type='qemu'><name>other</name><devices>" ON_OVS(
        "<mac address='52:54:00:00:00:02'/><target dev='web0'/>") "</devices></domain>");
    struct vif_plan plan = drafted(ON_OVS(""));
    char *error = NULL;

    (void)state;
    make_host(&host);
    plugged_before(&host, &other);
    check_unsettled(ON_OVS("<mac address='52:54:00:00:00:01'/><target dev='web0'/>"), &host,
                    -EEXIST, "\"web0\" is plugged already, as interface ");
    check_unsettled(ON_OVS("<mac address='52:54:00:00:00:01'/><target dev='web0'/>"), &host,
                    -EEXIST, " of domain other");
    assert_int_equal(vif_plan_settle(&plan, &host.view, &error), -EAGAIN);
    vif_plan_clear(&plan);
    vif_plan_clear(&other);
    vif_record_clear(&host.sight.record);
}

static void a_macvtap_is_used_where_it_is_to_be_left_alone(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(ETHERNET("<target dev='mv7' managed='no'/>"));

    (void)state;
    make_host(&host);
    host.sight.has_link = true;
    strcpy(host.sight.link.kind, "macvtap");
    host.sight.link.mac = plan.ports[0].mac;
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_EXISTING);
    vif_plan_clear(&plan);
    check_unsettled(ETHERNET("<target dev='mv7'/>"), &host, -EEXIST,
                    "\"mv7\" exists, and is a macvtap; to use it as it is, add managed='no'");
}

/* A host with the devices eth0 and eth1, and nothing on them. */
static struct host *make_lower_host(struct host *host)
{
    static char names[][5] = {"eth0", "eth1"};
    struct vif_lowers *lowers = &make_host(host)->view.lowers;

    lowers->list = mem_zalloc(ARRAY_LEN(names) * sizeof *lowers->list);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct vif_lower *lower = &lowers->list[lowers->n++];

        lower->name = str_dup(names[i]);
        lower->has_link = true;
        lower->link = (struct link_info){.mtu = 1500, .up = true, .ethernet = true};
        strcpy(lower->link.name, names[i]);
    }
    return host;
}

static void answer(struct host *host, size_t i, enum probe_answer what)
{
    host->view.lowers.list[i].was_asked = true;
    host->view.lowers.list[i].reflection.answer = what;
}

#define DIRECT(more)                                                                               \
    "<interface type='direct'><mac address='52:54:00:00:00:01'/>" more "</interface>"

static void macvtaps_get_device_and_mode(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(DIRECT("<source dev='eth1' mode='auto'/>"));

    (void)state;
    make_lower_host(&host);
    answer(&host, 1, PROBE_YES);
    check_settled(&plan, &host);
    assert_string_equal(plan.ports[0].lower, "eth1");
    assert_int_equal(plan.ports[0].mode, MACVTAP_VEPA);
    assert_int_equal(host.view.lowers.list[1].n_users, 1);
    vif_plan_clear(&plan);
    host.view.lowers.list[0].has_link = false;
    check_unsettled(DIRECT("<source dev='eth0'/>"), &host, -ENOENT,
                    "test.xml: interface 1: there is no device \"eth0\" to put a macvtap on");
    vif_lowers_clear(&host.view.lowers);
}

static void a_macvtap_that_is_plugged_stays_as_it_is(void **state)
{
    struct host host;
    struct vif_plan plan = drafted(DIRECT("<source dev='eth1' mode='auto'/>"));
    struct vif_port *plugged = &host.sight.record.port;

    (void)state;
    make_lower_host(&host);
    plugged_before(&host, &plan);
    plugged->lower = str_dup("eth1");
    plugged->mode = MACVTAP_VEPA;
    assert_true(vif_plan_lower_is_kept(&plan.ports[0], &host.sight));
    answer(&host, 1, PROBE_NO);
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].mode, MACVTAP_VEPA);
    assert_int_equal(plan.ports[0].n_notes, 0);
    assert_null(vif_port_differences(&plan.ports[0], plugged));

    /* What a crash left is made anew. */
    host.sight.record.state = VIF_PLUGGING;
    assert_false(vif_plan_lower_is_kept(&plan.ports[0], &host.sight));
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].mode, MACVTAP_BRIDGE);

    /* On another device than it may be on now, it is not what is wished. */
    host.sight.record.state = VIF_PLUGGED;
    str_assign(&plugged->lower, "eth0");
    assert_false(vif_plan_lower_is_kept(&plan.ports[0], &host.sight));
    vif_plan_clear(&plan);
    vif_record_clear(&host.sight.record);
    vif_lowers_clear(&host.view.lowers);
}

/* A draft with the bridge br0, of Open vSwitch, and eth0 beside it. */
static struct vif_plan two_paths(bool lower_first)
{
    struct vif_plan plan = drafted(ON_OVS("<mac address='52:54:00:00:00:01'/>"));
    struct vif_plan other = drafted(DIRECT("<source dev='eth0'/>"));
    struct vif_plan *first = lower_first ? &other : &plan;
    struct vif_plan *second = lower_first ? &plan : &other;

    other.ports[0].needs_reflection = true;
    first->ports[0].alternative = second->ports;
    second->ports = NULL;
    second->n_ports = 0;
    return *first;
}

static void check_again(struct vif_plan *plan, struct host *host)
{
    char *error = NULL;

    assert_int_equal(vif_plan_settle(plan, &host->view, &error), -EAGAIN);
    assert_null(error);
}

static void the_other_path_is_taken(void **state)
{
    struct host host;
    struct vif_plan plan = two_paths(false);
    char name[IFNAMSIZ];

    (void)state;
    make_lower_host(&host)->view.ovs->n_bridges = 0;
    answer(&host, 0, PROBE_YES);
    strcpy(name, plan.ports[0].name);
    /* As it is where the ids are random: each draft made up its own. */
    memset(&plan.ports[0].alternative->mac, 0, sizeof(struct mac));
    memset(&plan.ports[0].alternative->host_mac, 0, sizeof(struct mac));
    check_again(&plan, &host);
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_MACVTAP);
    assert_string_equal(plan.ports[0].name, name);
    assert_true(mac_equal(&plan.ports[0].mac, &plan.ports[0].host_mac));
    assert_string_equal(plan.ports[0].where, "test.xml: interface 1");
    assert_true(has_note(&plan.ports[0], "a macvtap on \"eth0\" instead of bridge \"br0\": no OVS "
                                         "bridge \"br0\""));
    assert_true(has_note(&plan.ports[0], "mode vepa: the switch behind \"eth0\" reflects"));
    vif_plan_clear(&plan);

    plan = two_paths(true);
    host.view.ovs->n_bridges = 2;
    answer(&host, 0, PROBE_NO);
    check_again(&plan, &host);
    check_settled(&plan, &host);
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_TAP);
    assert_int_equal(plan.ports[0].host_mac.octet[0], 0xfe);
    assert_true(has_note(&plan.ports[0], "bridge \"br0\" instead of a macvtap on \"eth0\": the "
                                         "switch behind \"eth0\" does not reflect"));
    vif_plan_clear(&plan);
    vif_lowers_clear(&host.view.lowers);
}

static void the_first_path_is_taken_where_it_can_be(void **state)
{
    struct host host;

    (void)state;
    make_lower_host(&host);
    answer(&host, 0, PROBE_YES);
    for (int lower_first = 0; lower_first < 2; lower_first++) {
        struct vif_plan plan = two_paths(lower_first);

        check_settled(&plan, &host);
        assert_int_equal(plan.ports[0].device, lower_first ? VIF_DEVICE_MACVTAP : VIF_DEVICE_TAP);
        assert_null(plan.ports[0].alternative);
        assert_false(has_note(&plan.ports[0], "instead of"));
        vif_plan_clear(&plan);
    }
    vif_lowers_clear(&host.view.lowers);
}

static void neither_path_can_be_taken(void **state)
{
    struct host host;
    struct vif_plan plan = two_paths(false);
    char *error = NULL;

    (void)state;
    make_lower_host(&host)->view.ovs->n_bridges = 0;
    answer(&host, 0, PROBE_NO);
    check_again(&plan, &host);
    check_error(
        vif_plan_settle(&plan, &host.view, &error), -EHOSTUNREACH, &error,
        "test.xml: interface 1: neither path of the network can be taken: bridge \"br0\": no "
        "OVS bridge");
    check_error(vif_plan_settle(&plan, &host.view, &error), -EHOSTUNREACH, &error,
                "; a macvtap on \"eth0\": the switch behind \"eth0\" does not reflect");
    vif_plan_clear(&plan);
    vif_lowers_clear(&host.view.lowers);
}

static void what_is_plugged_stays_on_its_path(void **state)
{
    struct host host;
    struct vif_plan plan = two_paths(false);

    (void)state;
    make_lower_host(&host);
    answer(&host, 0, PROBE_NO);
    plugged_before(&host, &plan);
    vif_port_clear(&host.sight.record.port);
    vif_port_copy(&host.sight.record.port, plan.ports[0].alternative);
    host.sight.record.port.lower = str_dup("eth0");
    check_again(&plan, &host);
    check_settled(&plan, &host);
    assert_string_equal(plan.ports[0].lower, "eth0");
    assert_null(vif_port_differences(&plan.ports[0], &host.sight.record.port));
    vif_plan_clear(&plan);
    vif_record_clear(&host.sight.record);
    vif_lowers_clear(&host.view.lowers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bridges_kind_decides),
        cmocka_unit_test(a_linux_bridge_is_no_open_vswitch),
        cmocka_unit_test(a_missing_bridge_lists_those_there_are),
        cmocka_unit_test(a_userspace_datapath_gets_no_offloads),
        cmocka_unit_test(the_bridges_mtu_is_inherited),
        cmocka_unit_test(a_generated_name_in_use_is_replaced),
        cmocka_unit_test(a_device_of_somebody_elses_is_not_taken_over),
        cmocka_unit_test(ethernet_uses_the_tap_that_is_there),
        cmocka_unit_test(managed_no_needs_a_device),
        cmocka_unit_test(what_was_plugged_keeps_its_name),
        cmocka_unit_test(a_name_that_another_interface_has),
        cmocka_unit_test(a_macvtap_is_used_where_it_is_to_be_left_alone),
        cmocka_unit_test(macvtaps_get_device_and_mode),
        cmocka_unit_test(a_macvtap_that_is_plugged_stays_as_it_is),
        cmocka_unit_test(the_other_path_is_taken),
        cmocka_unit_test(the_first_path_is_taken_where_it_can_be),
        cmocka_unit_test(neither_path_can_be_taken),
        cmocka_unit_test(what_is_plugged_stays_on_its_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
