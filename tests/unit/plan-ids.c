/* vif/plan.h: the names and ids of interfaces, which are the same each time and nobody else's. */
#include <errno.h>

#include "support/vif.h"

/* An <interface> on an Open vSwitch bridge, with `more` in it. */
#define ON_OVS(more)                                                                               \
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'/>" more        \
    "</interface>"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_of_the_domain),
        cmocka_unit_test(ids_do_not_depend_on_the_company),
        cmocka_unit_test(each_interface_has_its_own_name_and_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
