/* vif/plan.h: how macvtaps are connected again whose lower device comes back. */
#include <errno.h>

#include "support/draft-network.h"

#define DIRECT(more)          "<interface type='direct'><source dev='eth0'/>" more "</interface>"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macvtaps_are_connected_again),
        cmocka_unit_test(what_is_no_macvtap_is_not_connected_again),
        cmocka_unit_test(a_hub_has_one_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
