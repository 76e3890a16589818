/* vif/plan.h: what is decided, and refused, without a look at the host. What is special of devices,
 * ids and networks is in files of their own. */
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

static void what_cannot_be_plugged_says_so(void **state)
{
    (void)state;
    check_refused(
        ON_BRIDGE("<virtualport type='midonet'><parameters interfaceid='" ID "'/></virtualport>"),
        -EOPNOTSUPP, "<virtualport type='midonet'> is not supported");
    check_refused("<interface type='user'/>", -EOPNOTSUPP, "type='user' cannot be plugged");
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
        cmocka_unit_test(what_cannot_be_plugged_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
