/* vif/lower.h: what can be put on a lower device, and which of several is taken. */
#include <errno.h>

#include "support/vif.h"

/* A host with the devices eth0 to eth2, and what else stands in the table. */
struct host {
    struct link_info links[8];
    struct vif_lower list[3];
    struct vif_lowers lowers;
};

static char names[][5] = {"eth0", "eth1", "eth2"};

static void add_link(struct host *host, const char *name, const char *kind)
{
    struct link_info *link = &host->links[host->lowers.n_links++];

    *link = (struct link_info){
        .ifindex = (int)host->lowers.n_links,
        .mtu = 1500,
        .up = true,
        .carrier = true,
        .ethernet = true,
        .vlan_id = -1,
        .mac = {{0x02, 0, 0, 0, 0, (uint8_t)host->lowers.n_links}},
    };
    str_copy(link->name, sizeof link->name, name);
    str_copy(link->kind, sizeof link->kind, kind);
}

static struct host *make_host(struct host *host)
{
    memset(host, 0, sizeof *host);
    host->lowers.links = host->links;
    host->lowers.list = host->list;
    host->lowers.n = ARRAY_LEN(names);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        add_link(host, names[i], "");
        host->list[i] = (struct vif_lower){
            .name = names[i],
            .has_link = true,
            .link = host->links[i],
        };
    }
    return host;
}

static void clear_host(struct host *host)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        free(host->list[i].users);
        host->list[i].users = NULL;
        host->list[i].n_users = 0;
    }
}

static void add_user(struct vif_lower *lower, const char *name, enum macvtap_mode mode, int vlan)
{
    struct vif_lower_user user = {.mode = mode, .vlan = vlan, .mac = {{0x52, 0x54, 0, 0, 0, 1}}};

    str_copy(user.name, sizeof user.name, name);
    lower->users = mem_resize(lower->users, lower->n_users + 1, sizeof user);
    lower->users[lower->n_users++] = user;
}

static void answer(struct vif_lower *lower, enum probe_answer what)
{
    static char reason[] = "it is down";

    lower->was_asked = true;
    lower->reflection = (struct probe_result){.answer = what, .reason = reason, .elapsed_ms = 0.2};
}

/* A drafted macvtap "m" that may go to the first `n` devices. */
static struct vif_port make_port(size_t n)
{
    struct vif_port port = {
        .device = VIF_DEVICE_MACVTAP,
        .attachment = VIF_ATTACH_LOWER,
        .name = "m",
        .mode = MACVTAP_VEPA,
        .host_mac = {{0x52, 0x54, 0, 0, 0, 9}},
        .vlan = {.mode = OVS_VLAN_TRUNK, .tag = -1},
    };

    port.lowers = mem_resize(NULL, n, sizeof *port.lowers);
    for (size_t i = 0; i < n; i++) {
        port.lowers[port.n_lowers++] = str_dup(names[i]);
    }
    return port;
}

/* Chooses for a port that is then gone, and must be refused. */
static void check_unfit(struct vif_port port, struct host *host, int expected, const char *part)
{
    char *error = NULL;

    check_error(vif_lower_choose(&port, &host->lowers, &error), expected, &error, part);
    vif_port_clear(&port);
    clear_host(host);
}

static void check_chosen(struct vif_port *port, struct host *host, const char *lower)
{
    char *error = NULL;

    check_ok(vif_lower_choose(port, &host->lowers, &error), &error);
    assert_string_equal(port->lower, lower);
}

static void a_device_that_can_take_it(void **state)
{
    struct host host;
    struct vif_port port = make_port(1);

    (void)state;
    check_chosen(&port, make_host(&host), "eth0");
    assert_int_equal(port.n_notes, 0);
    assert_int_equal(host.list[0].n_users, 1);
    assert_int_equal(host.list[0].users[0].state, VIF_USER_CHOSEN);
    vif_port_clear(&port);
    clear_host(&host);
}

static void devices_that_cannot_take_any(void **state)
{
    struct host host;

    (void)state;
    make_host(&host)->list[0].has_link = false;
    add_link(&host, "lo", "");
    host.links[3].loopback = true;
    add_link(&host, "tap0", "tun");
    check_unfit(make_port(1), &host, -ENOENT,
                "there is no device \"eth0\" to put a macvtap on; devices: eth0, eth1, eth2");
    make_host(&host)->list[0].link.loopback = true;
    check_unfit(make_port(1), &host, -EINVAL, "\"eth0\" is the loopback device");
    make_host(&host)->list[0].wireless = true;
    check_unfit(make_port(1), &host, -EINVAL, "\"eth0\" is wireless: its access point drops");
    make_host(&host)->list[0].link.ethernet = false;
    check_unfit(make_port(1), &host, -EINVAL, "\"eth0\" does not carry Ethernet frames");
    strcpy(make_host(&host)->list[0].link.kind, "macvtap");
    host.list[0].link.lower = 2;
    check_unfit(make_port(1), &host, -EINVAL, "\"eth0\" is itself a macvtap on \"eth1\"");
    host.list[0].link.lower = 0;
    check_unfit(make_port(1), &host, -EINVAL, "is itself a macvtap, on a device elsewhere");
}

static void parts_of_something_else(void **state)
{
    static const struct {
        const char *kind;
        const char *part;
    } cases[] = {
        {"bridge", "\"eth0\" is a port of the Linux bridge \"upper\", so no macvtap can be put on "
                   "it; use type='bridge' with <source bridge='upper'/>"},
        {"openvswitch", "is a port of an Open vSwitch bridge (\"upper\")"},
        {"bond", "is a part of the bond \"upper\", so no macvtap can be put on it; name \"upper\""},
    };
    struct host host;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_host(&host);
        add_link(&host, "upper", cases[i].kind);
        host.list[0].link.master = 4;
        check_unfit(make_port(1), &host, -EBUSY, cases[i].part);
    }
}

static void exclusive_use(void **state)
{
    struct host host;
    struct vif_port port = make_port(1);

    (void)state;
    add_user(&make_host(&host)->list[0], "other", MACVTAP_PASSTHROUGH, -1);
    host.list[0].users[0].state = VIF_USER_PENDING;
    check_unfit(make_port(1), &host, -EBUSY,
                "\"eth0\" is in exclusive use by the passthrough macvtap \"other\", which is being "
                "plugged; unplug that first");
    add_user(&make_host(&host)->list[0], "other", MACVTAP_BRIDGE, -1);
    port.mode = MACVTAP_PASSTHROUGH;
    check_unfit(port, &host, -EBUSY,
                "mode='passthrough' needs \"eth0\" for itself, and \"other\" is on it");

    /* It is no stranger to itself, and may have the device's own address. */
    add_user(&make_host(&host)->list[0], "m", MACVTAP_PASSTHROUGH, -1);
    port = make_port(1);
    port.mode = MACVTAP_PASSTHROUGH;
    port.host_mac = host.links[0].mac;
    check_chosen(&port, &host, "eth0");
    assert_int_equal(host.list[0].n_users, 1);
    vif_port_clear(&port);
    clear_host(&host);
}

static struct vif_port on_vlan(struct vif_port port, int tag)
{
    port.vlan.mode = OVS_VLAN_ACCESS;
    port.vlan.tag = tag;
    return port;
}

static void addresses(void **state)
{
    struct host host;
    struct vif_port port = make_port(1);

    (void)state;
    make_host(&host);
    port.host_mac = host.links[0].mac;
    check_unfit(port, &host, -EADDRINUSE, "\"eth0\" itself has the MAC address 02:00:00:00:00:01");
    add_user(&make_host(&host)->list[0], "other", MACVTAP_BRIDGE, -1);
    host.list[0].users[0].state = VIF_USER_CHOSEN;
    port = make_port(1);
    port.host_mac = host.list[0].users[0].mac;
    check_unfit(port, &host, -EADDRINUSE,
                "\"other\", of the same plan, on \"eth0\" too, has the MAC address "
                "52:54:00:00:00:01; give one of them another <mac>");

    /* On another VLAN it does not meet it. */
    add_user(&make_host(&host)->list[0], "other", MACVTAP_BRIDGE, -1);
    port = on_vlan(make_port(1), 100);
    port.host_mac = host.list[0].users[0].mac;
    check_chosen(&port, &host, "eth0");
    assert_int_equal(host.list[0].users[1].vlan, 100);
    vif_port_clear(&port);
    clear_host(&host);
    add_user(&make_host(&host)->list[0], "other", MACVTAP_BRIDGE, 100);
    port = on_vlan(make_port(1), 100);
    port.host_mac = host.list[0].users[0].mac;
    check_unfit(port, &host, -EADDRINUSE, "\"other\", on \"eth0\" too");
}

static void a_vlan_link_is_looked_at_as_well(void **state)
{
    struct host host;
    struct vif_port port = on_vlan(make_port(1), 100);
    struct link_info vlan;

    (void)state;
    add_link(make_host(&host), "eth0.100", "vlan");
    add_link(&host, "br0", "bridge");
    vlan = host.links[3];
    vlan.vlan_id = 100;
    vlan.mtu = 1000;
    host.list[0].vlans = &vlan;
    host.list[0].n_vlans = 1;
    port.mtu = 1400;
    check_unfit(port, &host, -EINVAL, "MTU 1400 is above that of \"eth0.100\", 1000");
    vlan.master = 5;
    check_unfit(on_vlan(make_port(1), 100), &host, -EBUSY,
                "\"eth0.100\" is a port of the Linux bridge \"br0\"");
    vlan.master = 0;
    add_user(&host.list[0], "other", MACVTAP_PASSTHROUGH, 100);
    port = on_vlan(make_port(1), 200);
    check_chosen(&port, &host, "eth0");
    vif_port_clear(&port);
    check_unfit(on_vlan(make_port(1), 100), &host, -EBUSY, "in exclusive use");
}

static void mtus_are_those_of_the_device(void **state)
{
    struct host host;
    struct vif_port port = make_port(1);

    (void)state;
    port.mtu = 1501;
    check_unfit(port, make_host(&host), -EINVAL,
                "MTU 1501 is above that of \"eth0\", 1500; lower it, or raise that of the device: "
                "ip link set eth0 mtu 1501");
}

static void an_unusual_mtu_is_taken_over(void **state)
{
    struct host host;
    struct vif_port port = make_port(2);

    (void)state;
    make_host(&host);
    host.list[0].link.mtu = 1400;
    check_chosen(&port, &host, "eth0");
    assert_int_equal(port.mtu, 1400);
    assert_true(has_note(&port, "MTU 1400, since that is what \"eth0\" has"));

    /* Another device is chosen, and its MTU with it. */
    clear_host(&host);
    add_user(&host.list[0], "other", MACVTAP_VEPA, -1);
    host.list[0].users[0].mac.octet[5] = 9;
    check_chosen(&port, &host, "eth1");
    assert_int_equal(port.mtu, 0);
    assert_false(has_note(&port, "MTU"));
    vif_port_clear(&port);
    clear_host(&host);
}

static void the_least_used_of_several(void **state)
{
    struct host host;
    struct vif_port ports[4];

    (void)state;
    add_user(&make_host(&host)->list[0], "other", MACVTAP_BRIDGE, -1);
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        static const char *const wanted[] = {"eth1", "eth2", "eth0", "eth1"};

        ports[i] = make_port(3);
        ports[i].name[0] = (char)('a' + i);
        ports[i].host_mac.octet[3] = (uint8_t)i;
        check_chosen(&ports[i], &host, wanted[i]);
    }
    assert_true(has_note(&ports[0], "on \"eth1\", the least used of 3 devices: 0 on it"));

    /* Chosen again, it counts once. */
    check_chosen(&ports[3], &host, "eth1");
    assert_int_equal(ports[3].n_notes, 1);
    assert_int_equal(host.list[1].n_users, 2);
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        vif_port_clear(&ports[i]);
    }
    clear_host(&host);
}

static void none_of_several(void **state)
{
    struct host host;

    (void)state;
    make_host(&host)->list[0].has_link = false;
    host.list[1].link.loopback = true;
    check_unfit(make_port(2), &host, -EBUSY,
                "none of the 2 devices can take it: there is no device \"eth0\"");
    check_unfit(make_port(2), &host, -EBUSY, "; \"eth1\" is the loopback device");
}

static void the_switch_decides_the_mode(void **state)
{
    static const struct {
        enum probe_answer answer;
        enum macvtap_mode mode;
        const char *note;
    } cases[] = {
        {PROBE_YES, MACVTAP_VEPA, "mode vepa: the switch behind \"eth0\" reflects (0.2 ms)"},
        {PROBE_NO, MACVTAP_BRIDGE,
         "mode bridge: the switch behind \"eth0\" does not reflect (0 ms"},
        {PROBE_UNKNOWN, MACVTAP_BRIDGE,
         "mode bridge: whether the switch behind \"eth0\" reflects is unknown: it is down"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_port port = make_port(1);
        struct host host;

        port.mode = MACVTAP_NO_MODE;
        port.mode_auto = true;
        answer(&make_host(&host)->list[0], cases[i].answer);
        check_chosen(&port, &host, "eth0");
        assert_int_equal(port.mode, cases[i].mode);
        assert_true(has_note(&port, cases[i].note));

        /* Without an answer, what was chosen before stays. */
        host.list[0].was_asked = false;
        check_chosen(&port, &host, "eth0");
        assert_int_equal(port.mode, cases[i].mode);
        vif_port_clear(&port);
        clear_host(&host);
    }
}

static void the_switch_has_to_reflect(void **state)
{
    struct host host;
    struct vif_port port = make_port(1);

    (void)state;
    port.needs_reflection = true;
    answer(&make_host(&host)->list[0], PROBE_NO);
    check_unfit(port, &host, -EHOSTUNREACH, "the switch behind \"eth0\" does not reflect");
    port = make_port(1);
    port.needs_reflection = true;
    answer(&make_host(&host)->list[0], PROBE_UNKNOWN);
    check_unfit(port, &host, -EHOSTUNREACH, "is unknown: it is down");
    port = make_port(1);
    port.needs_reflection = true;
    answer(&make_host(&host)->list[0], PROBE_YES);
    check_chosen(&port, &host, "eth0");
    assert_true(has_note(&port, "mode vepa: the switch behind \"eth0\" reflects"));
    vif_port_clear(&port);
    clear_host(&host);
}

static void a_device_that_is_down_is_said_to_be(void **state)
{
    struct host host;
    struct vif_port port = make_port(1);

    (void)state;
    make_host(&host)->list[0].link.up = false;
    check_chosen(&port, &host, "eth0");
    assert_true(has_note(&port, "\"eth0\" is down, and will be brought up"));
    vif_port_clear(&port);
    clear_host(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_can_take_it),
        cmocka_unit_test(devices_that_cannot_take_any),
        cmocka_unit_test(parts_of_something_else),
        cmocka_unit_test(exclusive_use),
        cmocka_unit_test(addresses),
        cmocka_unit_test(a_vlan_link_is_looked_at_as_well),
        cmocka_unit_test(mtus_are_those_of_the_device),
        cmocka_unit_test(an_unusual_mtu_is_taken_over),
        cmocka_unit_test(the_least_used_of_several),
        cmocka_unit_test(none_of_several),
        cmocka_unit_test(the_switch_decides_the_mode),
        cmocka_unit_test(the_switch_has_to_reflect),
        cmocka_unit_test(a_device_that_is_down_is_said_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
