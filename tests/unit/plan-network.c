/* vif/plan.h: drafts of interfaces on networks, which are resolved. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/draft-network.h"

static void check_refused_on(const char *xml, int expected, const char *part)
{
    struct draft_context context = {.networks = read_network(xml)};
    struct vif_plan plan;
    char *error = NULL;

    check_error(draft_with(&context, ON_NETWORK, &plan, &error), expected, &error, part);
    vif_networks_free(context.networks);
}

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
        cmocka_unit_test(networks_are_resolved),
        cmocka_unit_test(networks_of_macvtaps),
        cmocka_unit_test(networks_with_two_paths),
        cmocka_unit_test(a_path_that_cannot_be_drafted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
