/* vif/plan.h: what is decided, and refused, without a look at the host. */
#include <errno.h>
#include <stdio.h>

#include "support/vif.h"

#define ID "bb9fe61c-d236-5255-8aa5-42bdcb647e1e"

/* An <interface> on an Open vSwitch bridge, with `more` in it. */
#define ON_OVS(more)                                                                               \
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'/>" more        \
    "</interface>"
#define ON_BRIDGE(more) "<interface type='bridge'><source bridge='br0'/>" more "</interface>"
#define ETHERNET(more)  "<interface type='ethernet'>" more "</interface>"
#define DIRECT(more)    "<interface type='direct'><source dev='eth0'/>" more "</interface>"

static void what_is_not_said_is_chosen(void **state)
{
    struct vif_plan plan = drafted(ON_BRIDGE("<mac address='52:54:00:00:00:01'/>"));
    const struct vif_port *port = &plan.ports[0];
    char name[IFNAMSIZ];

    (void)state;
    assert_int_equal(plan.n_ports, 1);
    snprintf(name, sizeof name, "vif%.8s", port->interface_id);
    assert_string_equal(port->name, name);
    assert_true(port->name_generated);
    assert_int_equal(port->device, VIF_DEVICE_TAP);
    assert_true(port->managed);
    assert_false(port->persistent);
    assert_string_equal(port->model, "virtio");
    assert_true(port->vnet_hdr);
    assert_int_equal(port->n_queues, 1);
    assert_int_equal(port->mtu, 0);
    assert_int_equal(port->vlan.mode, OVS_VLAN_TRUNK);
    assert_int_equal(port->vlan.n_trunks, 0);
    assert_int_equal(port->host_mac.octet[0], 0xfe);
    assert_string_equal(port->bridge, "br0");
    assert_true(port->attachment_open);
    assert_int_equal(port->n_notes, 0);
    vif_plan_clear(&plan);
}

static void what_is_said_is_taken(void **state)
{
    struct vif_plan plan = drafted(
        "<interface type='bridge'><mac address='fe:00:00:00:00:01'/><source bridge='br0'/>"
        "<virtualport type='openvswitch'><parameters interfaceid='" ID "' profileid='web'/>"
        "</virtualport><target dev='web0'/><model type='e1000'/><mtu size='9000'/>"
        "<link state='down'/><script path='/bin/up'/><downscript path='/bin/down'/>"
        "<port isolated='yes'/><alias name='ua-web'/></interface>");
    const struct vif_port *port = &plan.ports[0];

    (void)state;
    assert_string_equal(port->interface_id, ID);
    assert_string_equal(port->profile_id, "web");
    assert_string_equal(port->name, "web0");
    assert_false(port->name_generated);
    assert_string_equal(port->model, "e1000");
    assert_false(port->vnet_hdr);
    assert_int_equal(port->mtu, 9000);
    assert_true(port->link_down);
    assert_true(port->isolated);
    assert_string_equal(port->script, "/bin/up");
    assert_string_equal(port->downscript, "/bin/down");
    assert_string_equal(port->alias, "ua-web");
    assert_int_equal(port->host_mac.octet[0], 0xfa);
    assert_false(port->attachment_open);
    vif_plan_clear(&plan);
}

static void options_are_taken(void **state)
{
    const struct draft_context context = {
        .options = {.persistent = true, .owner = 12, .group = 34, .transient = true}};
    struct vif_plan plan;
    char *error = NULL;

    (void)state;
    check_ok(draft_with(&context, ON_OVS(""), &plan, &error), &error);
    assert_true(plan.ports[0].persistent);
    assert_int_equal(plan.ports[0].owner, 12);
    assert_int_equal(plan.ports[0].group, 34);
    assert_true(plan.ports[0].transient);
    vif_plan_clear(&plan);
}

static void names_of_libvirt_are_not_meant(void **state)
{
    static const struct {
        const char *xml;
        const char *name; /* NULL: a generated one */
    } cases[] = {
        {ON_OVS("<target dev='vnet0'/>"), NULL},
        {ON_OVS("<target dev='macvtap17'/>"), NULL},
        {ON_OVS("<target dev='vnet0a'/>"), "vnet0a"},
        {ON_OVS("<target dev='vnet'/>"), "vnet"},
        {ON_OVS("<target dev='exactly15bytes.'/>"), "exactly15bytes."},
        {ETHERNET("<target dev='vnet0' managed='yes'/>"), NULL},
        {ETHERNET("<target dev='vnet0' managed='no'/>"), "vnet0"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_plan plan = drafted(cases[i].xml);
        const struct vif_port *port = &plan.ports[0];

        assert_int_equal(port->name_generated, cases[i].name == NULL);
        if (cases[i].name) {
            assert_string_equal(port->name, cases[i].name);
        } else {
            assert_int_equal(strncmp(port->name, "vif", 3), 0);
        }
        vif_plan_clear(&plan);
    }
}

static void bad_names_are_refused(void **state)
{
    (void)state;
    check_refused(ON_OVS("<target dev='sixteen-bytes-00'/>"), -ENAMETOOLONG,
                  "test.xml: interface 1: interface name \"sixteen-bytes-00\" is 16 bytes long");
    check_refused(ON_OVS("<target dev='a/b'/>"), -EINVAL, "'/'");
    check_refused(ON_OVS("<target dev='tap%d'/>"), -EINVAL, "'%'");
    check_refused(ON_OVS("<target dev='..'/>"), -EINVAL, "cannot be the name");
}

static void bad_addresses_are_refused(void **state)
{
    struct vif_spec spec = {.type = VIF_TYPE_BRIDGE, .has_mac = true};
    const struct vif_plan_options options = {0};
    const struct vif_wish wish = {.spec = &spec, .where = "here"};
    struct vif_plan plan;
    char *error = NULL;

    (void)state;
    spec.source_bridge = str_dup("br0");
    assert_int_equal(mac_parse("01:00:5e:00:00:01", &spec.mac, NULL), 0);
    check_error(vif_plan_draft(&wish, 1, NULL, &options, &plan, &error), -EINVAL, &error, "here: ");
    assert_int_equal(mac_parse("00:00:00:00:00:00", &spec.mac, NULL), 0);
    check_error(vif_plan_draft(&wish, 1, NULL, &options, &plan, &error), -EINVAL, &error,
                "all zeros");
    free(spec.source_bridge);
}

static void mtus_are_those_of_a_tap(void **state)
{
    struct vif_plan plan = drafted(ON_OVS("<mtu size='68'/>"));

    (void)state;
    assert_int_equal(plan.ports[0].mtu, 68);
    vif_plan_clear(&plan);
    plan = drafted(ON_OVS("<mtu size='65521'/>"));
    assert_int_equal(plan.ports[0].mtu, 65521);
    vif_plan_clear(&plan);
    check_refused(ON_OVS("<mtu size='67'/>"), -EINVAL, "MTU 67 is out of range");
    check_refused(ON_OVS("<mtu size='65522'/>"), -EINVAL, "a tap takes 68 to 65521");
}

static void queues_are_those_of_a_tap(void **state)
{
    struct vif_plan plan = drafted(ON_OVS("<model type='virtio'/><driver queues='256'/>"));

    (void)state;
    assert_int_equal(plan.ports[0].n_queues, 256);
    vif_plan_clear(&plan);
    check_refused(ON_OVS("<model type='virtio'/><driver queues='257'/>"), -EINVAL,
                  "257 queues are too many; a tap has at most 256");
}

static void only_some_cards_speak_vnet_hdr(void **state)
{
    static const struct {
        const char *xml;
        int vnet_hdr;
    } cases[] = {
        {ON_OVS("<model type='virtio'/>"), 1},  {ON_OVS("<model type='virtio-transitional'/>"), 1},
        {ON_OVS("<model type='e1000e'/>"), 1},  {ON_OVS("<model type='e1000'/>"), 0},
        {ON_OVS("<model type='rtl8139'/>"), 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_plan plan = drafted(cases[i].xml);

        assert_int_equal(plan.ports[0].vnet_hdr, cases[i].vnet_hdr);
        vif_plan_clear(&plan);
    }
}

static void ethernet_is_attached_to_nothing(void **state)
{
    struct vif_plan plan = drafted(ETHERNET("<target dev='tap7'/>"));

    (void)state;
    assert_int_equal(plan.ports[0].attachment, VIF_ATTACH_NONE);
    assert_null(plan.ports[0].bridge);
    vif_plan_clear(&plan);
}

/* libvirt's parser refuses some of these by itself; flags and other callers have no parser. */
static void ethernet_has_no_switch_to_configure(void **state)
{
    struct vif_vlan_tag tag = {.id = 100};
    const struct vif_plan_options options = {0};
    struct vif_plan plan;
    char *error = NULL;
    struct vif_spec vlan = {.type = VIF_TYPE_ETHERNET, .vlan = {.tags = &tag, .n_tags = 1}};
    struct vif_spec bandwidth = {.type = VIF_TYPE_ETHERNET, .bandwidth = {.present = true}};
    struct vif_spec isolated = {.type = VIF_TYPE_ETHERNET, .isolated = VIF_YES};
    char type[] = "openvswitch";
    struct vif_spec virtualport = {.type = VIF_TYPE_ETHERNET,
                                   .virtualport = {.present = true, .type = type}};
    const struct {
        struct vif_spec *spec;
        const char *part;
    } cases[] = {{&vlan, "<vlan> cannot go with type='ethernet'"},
                 {&bandwidth, "<bandwidth> cannot go"},
                 {&isolated, "<port isolated='yes'/> cannot go"},
                 {&virtualport, "<virtualport> cannot go"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct vif_wish wish = {.spec = cases[i].spec, .where = "here"};

        check_error(vif_plan_draft(&wish, 1, NULL, &options, &plan, &error), -EINVAL, &error,
                    cases[i].part);
    }
}

static void devices_of_others(void **state)
{
    struct vif_plan plan = drafted(ETHERNET("<target dev='tap7' managed='no'/>"));

    (void)state;
    assert_false(plan.ports[0].managed);
    vif_plan_clear(&plan);

    plan = drafted(ETHERNET("<target dev='tap7' mode='ifname'/><script path='/bin/up'/>"));
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_BY_QEMU);
    assert_false(plan.ports[0].managed);
    assert_false(plan.ports[0].persistent);
    vif_plan_clear(&plan);

    plan = drafted(ETHERNET("<target dev='tap7' mode='fd'/>"));
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_TAP);
    vif_plan_clear(&plan);

    /* libvirt's parser has a say in the first one already, so it is made without it. */
    const struct vif_plan_options options = {0};
    struct vif_spec spec = {.type = VIF_TYPE_ETHERNET, .managed = VIF_NO};
    const struct vif_wish wish = {.spec = &spec, .where = "here"};
    char *error = NULL;
    check_error(vif_plan_draft(&wish, 1, NULL, &options, &plan, &error), -EINVAL, &error,
                "managed='no' needs the name of a device");

    char bridge[] = "br0";
    spec = (struct vif_spec){.type = VIF_TYPE_BRIDGE,
                             .source_bridge = bridge,
                             .target_mode = VIF_TARGET_IFNAME,
                             .target_mode_given = true};
    check_error(vif_plan_draft(&wish, 1, NULL, &options, &plan, &error), -EINVAL, &error,
                "only type='ethernet' can have it");
}

static void macvtaps_are_drafted(void **state)
{
    static const struct {
        const char *mode;
        enum macvtap_mode wanted;
    } cases[] = {{"", MACVTAP_VEPA},
                 {" mode='vepa'", MACVTAP_VEPA},
                 {" mode='bridge'", MACVTAP_BRIDGE},
                 {" mode='private'", MACVTAP_PRIVATE},
                 {" mode='passthrough'", MACVTAP_PASSTHROUGH},
                 {" mode='auto'", MACVTAP_NO_MODE}};
    struct vif_plan plan;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_free char *xml = str_printf("<interface type='direct'><source dev='eth0'%s/>"
                                         "<mac address='52:54:00:00:00:01'/></interface>",
                                         cases[i].mode);
        plan = drafted(xml);
        const struct vif_port *port = &plan.ports[0];

        assert_int_equal(port->device, VIF_DEVICE_MACVTAP);
        assert_int_equal(port->attachment, VIF_ATTACH_LOWER);
        assert_true(port->managed);
        assert_int_equal(port->mode, cases[i].wanted);
        assert_int_equal(port->mode_auto, cases[i].wanted == MACVTAP_NO_MODE);
        assert_false(port->needs_reflection);
        assert_null(port->lower);
        assert_int_equal(port->n_lowers, 1);
        assert_string_equal(port->lowers[0], "eth0");
        assert_true(mac_equal(&port->mac, &port->host_mac));
        assert_true(port->name_generated);
        assert_int_equal(strncmp(port->name, "vif", 3), 0);
        assert_int_equal(port->vlan.mode, OVS_VLAN_TRUNK);
        vif_plan_clear(&plan);
    }
    plan = drafted(DIRECT("<vlan><tag id='100'/></vlan><mtu size='65535'/>"
                          "<model type='virtio'/><driver queues='256'/><target dev='web0'/>"));
    assert_int_equal(plan.ports[0].vlan.mode, OVS_VLAN_ACCESS);
    assert_int_equal(plan.ports[0].vlan.tag, 100);
    assert_int_equal(plan.ports[0].mtu, 65535);
    assert_int_equal(plan.ports[0].n_queues, 256);
    assert_string_equal(plan.ports[0].name, "web0");
    vif_plan_clear(&plan);
}

static void what_no_macvtap_has_is_refused(void **state)
{
    static const struct {
        const char *xml;
        int expected;
        const char *part;
    } cases[] = {
        {DIRECT("<vlan trunk='yes'><tag id='1'/></vlan>"), -EINVAL, "cannot be a trunk port"},
        {DIRECT("<vlan><tag id='1'/><tag id='2'/></vlan>"), -EINVAL, "cannot be a trunk port"},
        {DIRECT("<vlan><tag id='1' nativeMode='tagged'/></vlan>"), -EINVAL, "nothing between the "},
        {DIRECT("<vlan><tag id='0'/></vlan>"), -EINVAL, "VLAN 0 is no VLAN"},
        {DIRECT("<vlan><tag id='4095'/></vlan>"), -EINVAL, "VLAN 4095 is reserved"},
        {DIRECT("<bandwidth><inbound average='1'/></bandwidth>"), -EOPNOTSUPP, "<bandwidth> is"},
        {DIRECT("<virtualport type='802.1Qbg'><parameters managerid='1' typeid='2' "
                "typeidversion='3' instanceid='" ID "'/></virtualport>"),
         -EOPNOTSUPP, "lldpad would have to associate"},
        {DIRECT("<virtualport type='802.1Qbh'><parameters profileid='p'/></virtualport>"),
         -EOPNOTSUPP, "<virtualport type='802.1Qbh'> is not supported on a macvtap"},
        {DIRECT("<model type='virtio'/><driver queues='257'/>"), -EINVAL,
         "a macvtap has at most 256"},
        {DIRECT("<mtu size='67'/>"), -EINVAL, "a macvtap takes 68 to 65535"},
        {"<interface type='direct'><source dev='sixteen-bytes-00'/></interface>", -ENAMETOOLONG,
         "is 16 bytes long"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_refused(cases[i].xml, cases[i].expected, cases[i].part);
    }
}

/* The parser refuses these by itself; flags and other callers have no parser. */
static void specs_of_macvtaps_are_checked(void **state)
{
    char dev[] = "eth0";
    char type[] = "openvswitch";
    char mode[] = "hairpin";
    const struct vif_plan_options options = {0};
    const struct {
        struct vif_spec spec;
        const char *part;
    } cases[] = {
        {{.source_dev = dev, .virtualport = {.present = true, .type = type}},
         "<virtualport type='openvswitch'> needs a bridge"},
        {{.source_dev = dev, .isolated = VIF_YES}, "mode='private' keeps guests"},
        {{.source_dev = dev, .target_mode = VIF_TARGET_IFNAME, .target_mode_given = true},
         "<target mode='ifname'> leaves the device to QEMU"},
        {{.source_dev = dev, .source_mode = mode},
         "mode \"hairpin\" is unknown; it must be one of"},
        {{.source_mode = mode}, "no device is named"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_spec spec = cases[i].spec;
        const struct vif_wish wish = {.spec = &spec, .where = "here"};
        struct vif_plan plan;
        char *error = NULL;

        spec.type = VIF_TYPE_DIRECT;
        check_error(vif_plan_draft(&wish, 1, NULL, &options, &plan, &error), -EINVAL, &error,
                    cases[i].part);
    }
}

static void what_cannot_be_plugged_says_so(void **state)
{
    (void)state;
    check_refused(
        ON_BRIDGE("<virtualport type='midonet'><parameters interfaceid='" ID "'/></virtualport>"),
        -EOPNOTSUPP, "<virtualport type='midonet'> is not supported");
    check_refused("<interface type='user'/>", -EOPNOTSUPP, "type='user' cannot be plugged");
}

#define DOMAIN(uuid, interfaces)                                                                   \
    "<domain type='qemu'><name>d</name><uuid>" uuid "</uuid><devices>" interfaces                  \
    "</devices></domain>"
#define UUID_1 "11111111-1111-4111-8111-111111111111"
#define UUID_2 "22222222-2222-4222-8222-222222222222"

static void ids_are_of_the_domain(void **state)
{
    const char *two = DOMAIN(UUID_1, ON_OVS("") ON_OVS(""));
    struct vif_plan a = drafted(two);
    struct vif_plan b = drafted(two);
    struct vif_plan c = drafted(DOMAIN(UUID_2, ON_OVS("")));

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(a.ports[i].interface_id, b.ports[i].interface_id);
        assert_string_equal(a.ports[i].name, b.ports[i].name);
        assert_true(mac_equal(&a.ports[i].mac, &b.ports[i].mac));
        assert_string_equal(a.ports[i].domain_uuid, UUID_1);
        assert_string_equal(a.ports[i].domain_name, "d");
    }
    assert_string_not_equal(a.ports[0].interface_id, a.ports[1].interface_id);
    assert_string_not_equal(a.ports[0].interface_id, c.ports[0].interface_id);
    assert_false(mac_equal(&a.ports[0].mac, &a.ports[1].mac));
    vif_plan_clear(&a);
    vif_plan_clear(&b);
    vif_plan_clear(&c);
}

/* Else plugging two domains at once and then one of them again would be two different plugs. */
static void ids_do_not_depend_on_the_company(void **state)
{
    char bridge[] = "br0";
    const struct vif_spec spec = {.type = VIF_TYPE_BRIDGE, .source_bridge = bridge};
    const struct vif_wish wishes[] = {
        {.spec = &spec, .domain_uuid = UUID_1, .where = "a"},
        {.spec = &spec, .domain_uuid = UUID_1, .where = "b"},
        {.spec = &spec, .domain_uuid = UUID_2, .where = "c"},
    };
    const struct vif_plan_options options = {0};
    struct vif_plan together;
    struct vif_plan alone;
    char *error = NULL;

    (void)state;
    check_ok(vif_plan_draft(wishes, 3, NULL, &options, &together, &error), &error);
    check_ok(vif_plan_draft(&wishes[2], 1, NULL, &options, &alone, &error), &error);
    assert_string_equal(together.ports[2].interface_id, alone.ports[0].interface_id);
    vif_plan_clear(&together);
    vif_plan_clear(&alone);
}

/* Those of one document the parser tells apart; these may come from two. */
static void each_interface_has_its_own_name_and_id(void **state)
{
    char bridge[] = "br0";
    char name[] = "web0";
    struct vif_spec specs[2] = {
        {.type = VIF_TYPE_BRIDGE, .source_bridge = bridge, .target = name},
        {.type = VIF_TYPE_BRIDGE, .source_bridge = bridge, .target = name},
    };
    const struct vif_wish wishes[] = {{.spec = &specs[0], .where = "a.xml: interface"},
                                      {.spec = &specs[1], .where = "b.xml: interface"}};
    const struct vif_plan_options options = {0};
    struct vif_plan plan;
    char *error = NULL;

    (void)state;
    check_error(vif_plan_draft(wishes, 2, NULL, &options, &plan, &error), -EINVAL, &error,
                "b.xml: interface: it has the same target, \"web0\", as a.xml: interface; each "
                "interface needs its own");
    for (size_t i = 0; i < 2; i++) {
        specs[i].target = NULL;
        specs[i].has_mac = true;
        specs[i].mac = (struct mac){{0x52, 0x54, 0, 0, 0, 1}};
    }
    check_error(vif_plan_draft(wishes, 2, NULL, &options, &plan, &error), -EINVAL, &error,
                "b.xml: interface: it has the same interface id, ");
}

/* Networks in a file each, read. */
static struct vif_networks *read_network(const char *xml)
{
    char file[] = "/tmp/vifplug-plan.XXXXXX";
    const char *files[] = {file};
    struct vif_networks *networks;
    char *error = NULL;
    int fd = mkstemp(file);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, xml, strlen(xml)), strlen(xml));
    close(fd);
    check_ok(vif_networks_new(files, 1, NULL, 0, &networks, &error), &error);
    assert_int_equal(unlink(file), 0);
    return networks;
}

#define ON_NETWORK "<interface type='network'><source network='n'/></interface>"

/* Drafts an interface on the network. */
static struct vif_plan drafted_on(const char *xml)
{
    struct draft_context context = {.networks = read_network(xml)};
    struct vif_plan plan;
    char *error = NULL;

    check_ok(draft_with(&context, ON_NETWORK, &plan, &error), &error);
    vif_networks_free(context.networks);
    return plan;
}

static void check_refused_on(const char *xml, int expected, const char *part)
{
    struct draft_context context = {.networks = read_network(xml)};
    struct vif_plan plan;
    char *error = NULL;

    check_error(draft_with(&context, ON_NETWORK, &plan, &error), expected, &error, part);
    vif_networks_free(context.networks);
}

#define NET(parts) "<network><name>n</name>" parts "</network>"

static void networks_are_resolved(void **state)
{
    struct draft_context context = {
        .options = {.group = (gid_t)-1},
        .networks = read_network(
            "<network><name>ovs-net</name><forward mode='bridge'/><bridge name='br7'/>"
            "<virtualport type='openvswitch'/>"
            "<portgroup name='blue'><vlan><tag id='100'/></vlan></portgroup></network>"),
    };
    struct vif_plan plan;
    char *error = NULL;

    (void)state;
    check_ok(draft_with(&context,
                        "<interface type='network'><source network='ovs-net' portgroup='blue'/>"
                        "</interface>",
                        &plan, &error),
             &error);
    assert_string_equal(plan.ports[0].bridge, "br7");
    assert_int_equal(plan.ports[0].vlan.mode, OVS_VLAN_ACCESS);
    assert_int_equal(plan.ports[0].vlan.tag, 100);
    assert_false(plan.ports[0].attachment_open);
    vif_plan_clear(&plan);

    check_error(draft_with(&context,
                           "<interface type='network'><source network='ovs-net' portgroup='red'/>"
                           "</interface>",
                           &plan, &error),
                -ENOENT, &error, "test.xml: interface 1: network \"ovs-net\" has no portgroup");
    check_error(draft_with(&context,
                           "<interface type='network'><source network='no-net'/></interface>",
                           &plan, &error),
                -ENOENT, &error, "no-net");
    vif_networks_free(context.networks);
}

static void networks_of_macvtaps(void **state)
{
    struct vif_plan plan = drafted_on(NET("<forward mode='private'><interface dev='eth0'/>"
                                          "<interface dev='eth1'/></forward>"));

    (void)state;
    assert_int_equal(plan.ports[0].n_lowers, 2);
    assert_string_equal(plan.ports[0].lowers[1], "eth1");
    assert_int_equal(plan.ports[0].mode, MACVTAP_PRIVATE);
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);

    plan = drafted_on(NET("<extbridge mode='auto' dev='eth1'/><forward mode='nat'/>"
                          "<mac address='52:54:00:00:00:01'/><ip address='192.0.2.1'/>"
                          "<virtualport type='openvswitch'/>"));
    assert_int_equal(plan.ports[0].n_lowers, 1);
    assert_string_equal(plan.ports[0].lowers[0], "eth1");
    assert_true(plan.ports[0].mode_auto);
    assert_true(has_note(&plan.ports[0], "of network \"n\" only <extbridge> counts; ignored: "
                                         "<forward>, <mac>, <ip>, <virtualport>"));
    vif_plan_clear(&plan);

    check_refused_on(NET("<forward mode='passthrough'><pf dev='eth0'/></forward>"), -EOPNOTSUPP,
                     "takes the virtual functions of \"eth0\"");
    check_refused_on(NET("<forward mode='passthrough'/>"), -EINVAL,
                     "neither a bridge nor a device to forward to");
}

#define EITHER(attributes, more)                                                                   \
    NET("<metadata><vifplug:alternative xmlns:vifplug='urn:vifplug:1' " attributes                 \
        "/></metadata><forward mode='bridge'/><bridge name='br0'/>" more)

static void networks_with_two_paths(void **state)
{
    struct vif_plan plan = drafted_on(
        EITHER("dev='eth0'", "<vlan><tag id='100'/></vlan><virtualport type='openvswitch'/>"));
    const struct vif_port *port = &plan.ports[0];

    (void)state;
    assert_int_equal(port->attachment, VIF_ATTACH_OVS);
    assert_int_equal(port->n_lowers, 0);
    assert_non_null(port->alternative);
    assert_int_equal(port->alternative->device, VIF_DEVICE_MACVTAP);
    assert_int_equal(port->alternative->mode, MACVTAP_VEPA);
    assert_true(port->alternative->needs_reflection);
    assert_string_equal(port->alternative->lowers[0], "eth0");
    assert_int_equal(port->alternative->vlan.tag, 100);
    assert_int_equal(port->vlan.tag, 100);
    vif_plan_clear(&plan);

    plan = drafted_on(EITHER("dev='eth0' mode='auto' prefer='yes'", ""));
    port = &plan.ports[0];
    assert_int_equal(port->device, VIF_DEVICE_MACVTAP);
    assert_true(port->mode_auto);
    assert_false(port->needs_reflection);
    assert_string_equal(port->alternative->bridge, "br0");
    vif_plan_clear(&plan);
}

#define RECONNECT(attributes) "<v:reconnect xmlns:v='urn:vifplug:1' " attributes "/>"
#define POOL(metadata)                                                                             \
    NET("<metadata>" metadata "</metadata><forward mode='bridge'><interface dev='eth0'/>"          \
        "<interface dev='eth1'/></forward>")

/* Checks how the only port of the plan is connected again, and clears it. */
static void check_reconnect(struct vif_plan plan, enum vif_strategy strategy, enum vif_find find,
                            const char *network)
{
    assert_int_equal(plan.ports[0].strategy, strategy);
    assert_int_equal(plan.ports[0].find, find);
    assert_true(str_eq(plan.ports[0].network, network));
    vif_plan_clear(&plan);
}

static void macvtaps_are_connected_again(void **state)
{
    (void)state;
    check_reconnect(drafted(DIRECT("")), VIF_STRATEGY_REPLUG, VIF_FIND_NAME, NULL);
    check_reconnect(drafted(DIRECT(RECONNECT("strategy='hub' find='mac'"))), VIF_STRATEGY_HUB,
                    VIF_FIND_MAC, NULL);
    check_reconnect(drafted(DIRECT(RECONNECT("strategy='none'"))), VIF_STRATEGY_NONE, VIF_FIND_NAME,
                    NULL);
    check_reconnect(drafted_on(POOL("")), VIF_STRATEGY_REPLUG, VIF_FIND_POOL, "n");
    check_reconnect(drafted_on(POOL(RECONNECT("strategy='hub' find='name'"))), VIF_STRATEGY_HUB,
                    VIF_FIND_NAME, "n");
    check_reconnect(drafted_on(NET("<extbridge dev='eth0'/>")), VIF_STRATEGY_REPLUG, VIF_FIND_NAME,
                    "n");
    struct vif_plan plan = drafted(
        "<interface type='direct' trustGuestRxFilters='yes'><source dev='eth0'/></interface>");
    assert_true(plan.ports[0].follows_mac);
    vif_plan_clear(&plan);
    plan = drafted(DIRECT(""));
    assert_false(plan.ports[0].follows_mac);
    vif_plan_clear(&plan);
}

static void what_is_no_macvtap_is_not_connected_again(void **state)
{
    struct vif_plan plan = drafted(
        "<interface type='bridge' trustGuestRxFilters='yes'>"
        "<source bridge='br0'/>" RECONNECT("strategy='hub'") "</interface>");

    (void)state;
    assert_true(has_note(&plan.ports[0], "<reconnect> is for macvtaps, and this is none; ignored"));
    assert_false(plan.ports[0].follows_mac);
    check_reconnect(plan, VIF_STRATEGY_NONE, VIF_FIND_NAME, NULL);
    /* Nor is anything to be said where it is left to the network, or not wanted. */
    plan = drafted_on(NET("<metadata>" RECONNECT(
        "strategy='hub'") "</metadata><forward mode='bridge'/><bridge name='br0'/>"));
    assert_int_equal(plan.ports[0].n_notes, 0);
    check_reconnect(plan, VIF_STRATEGY_NONE, VIF_FIND_NAME, NULL);
    plan = drafted("<interface type='bridge'><source bridge='br0'/>" RECONNECT(
        "strategy='none'") "</interface>");
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);
}

static void a_hub_has_one_queue(void **state)
{
    static const char two[] = "<reconnect strategy='hub'> does not go with 2 queues";
    struct vif_plan plan;
    char *error = NULL;
    const struct draft_context context = {0};

    (void)state;
    check_error(draft_with(&context, DIRECT("<driver queues='2'/>" RECONNECT("strategy='hub'")),
                           &plan, &error),
                -EINVAL, &error, two);
    check_error(draft_with(&context, DIRECT("<driver name='vhost'/>" RECONNECT("strategy='hub'")),
                           &plan, &error),
                -EINVAL, &error, "does not go with <driver name='vhost'>");
    check_error(draft_with(&context, DIRECT(RECONNECT("find='pool'")), &plan, &error), -EINVAL,
                &error, "chooses among the devices of a network, and this interface is on none");
    check_reconnect(drafted(DIRECT("<driver queues='2'/>" RECONNECT("strategy='replug'"))),
                    VIF_STRATEGY_REPLUG, VIF_FIND_NAME, NULL);
}

static void a_path_that_cannot_be_drafted(void **state)
{
    struct vif_plan plan = drafted_on(EITHER("dev='eth0' prefer='yes'",
                                             "<vlan trunk='yes'><tag id='100'/></vlan>"
                                             "<virtualport type='openvswitch'/>"));

    (void)state;
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_TAP);
    assert_null(plan.ports[0].alternative);
    assert_true(has_note(&plan.ports[0],
                         "bridge \"br0\" instead of a macvtap on \"eth0\": a macvtap "
                         "cannot be a trunk port"));
    vif_plan_clear(&plan);

    /* The other way round nobody needs to know. */
    plan = drafted_on(EITHER("dev='eth0'", "<vlan trunk='yes'><tag id='100'/></vlan>"));
    assert_int_equal(plan.ports[0].device, VIF_DEVICE_TAP);
    assert_int_equal(plan.ports[0].n_notes, 0);
    vif_plan_clear(&plan);

    /* What is wrong on either path is said once. */
    check_refused_on(EITHER("dev='eth0'", "<vlan><tag id='4095'/></vlan>"), -EINVAL,
                     "test.xml: interface 1: VLAN 4095 is reserved");
    check_refused_on(EITHER("dev='a/b'", "<vlan><tag id='4095'/></vlan>"), -EINVAL,
                     "neither path of the network can be taken: bridge \"br0\": VLAN 4095");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_chosen),
        cmocka_unit_test(what_is_said_is_taken),
        cmocka_unit_test(options_are_taken),
        cmocka_unit_test(names_of_libvirt_are_not_meant),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(mtus_are_those_of_a_tap),
        cmocka_unit_test(queues_are_those_of_a_tap),
        cmocka_unit_test(only_some_cards_speak_vnet_hdr),
        cmocka_unit_test(ethernet_is_attached_to_nothing),
        cmocka_unit_test(ethernet_has_no_switch_to_configure),
        cmocka_unit_test(devices_of_others),
        cmocka_unit_test(macvtaps_are_drafted),
        cmocka_unit_test(what_no_macvtap_has_is_refused),
        cmocka_unit_test(specs_of_macvtaps_are_checked),
        cmocka_unit_test(what_cannot_be_plugged_says_so),
        cmocka_unit_test(ids_are_of_the_domain),
        cmocka_unit_test(ids_do_not_depend_on_the_company),
        cmocka_unit_test(each_interface_has_its_own_name_and_id),
        cmocka_unit_test(networks_are_resolved),
        cmocka_unit_test(networks_of_macvtaps),
        cmocka_unit_test(networks_with_two_paths),
        cmocka_unit_test(macvtaps_are_connected_again),
        cmocka_unit_test(what_is_no_macvtap_is_not_connected_again),
        cmocka_unit_test(a_hub_has_one_queue),
        cmocka_unit_test(a_path_that_cannot_be_drafted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
