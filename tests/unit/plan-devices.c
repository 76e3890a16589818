/* vif/plan.h: drafts of what is not a tap on a bridge: devices of others, on their own, and
 * macvtaps. */
#include <errno.h>
#include <stdio.h>

#include "support/vif.h"

#define ID "bb9fe61c-d236-5255-8aa5-42bdcb647e1e"

#define ETHERNET(more) "<interface type='ethernet'>" more "</interface>"
#define DIRECT(more)   "<interface type='direct'><source dev='eth0'/>" more "</interface>"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_is_attached_to_nothing),
        cmocka_unit_test(ethernet_has_no_switch_to_configure),
        cmocka_unit_test(devices_of_others),
        cmocka_unit_test(macvtaps_are_drafted),
        cmocka_unit_test(what_no_macvtap_has_is_refused),
        cmocka_unit_test(specs_of_macvtaps_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
