/* netdev/brport.h against a Linux bridge; `bridge` looks. */
#include "support/host.h"

#include <errno.h>
#include <net/if.h>

#include "netdev/brport.h"
#include "netdev/rtnl.h"

static int setup(void **state)
{
    struct rtnl *rtnl = NULL;
    char *error = NULL;

    check_ok(rtnl_open(&rtnl, &error), &error);
    *state = rtnl;
    host_run("ip link add br0 type bridge; ip link add v0 master br0 type veth peer v1");
    return 0;
}

static int teardown(void **state)
{
    rtnl_close(*state);
    host_run("ip link delete br0; ip link delete v0");
    return 0;
}

static void isolation_is_set_and_read(void **state)
{
    int v0 = (int)if_nametoindex("v0");
    char *error = NULL;
    bool isolated = true;

    check_ok(brport_get_isolated(*state, v0, &isolated, &error), &error);
    assert_false(isolated);
    check_ok(brport_set_isolated(*state, v0, true, &error), &error);
    check_output("isolated on", "bridge -d link show dev v0");
    check_output("learning on", "bridge -d link show dev v0");
    check_ok(brport_get_isolated(*state, v0, &isolated, &error), &error);
    assert_true(isolated);
    check_ok(brport_set_isolated(*state, v0, false, &error), &error);
    check_output("isolated off", "bridge -d link show dev v0");
    check_ok(brport_get_isolated(*state, v0, &isolated, &error), &error);
    assert_false(isolated);
}

static void other_links_are_no_ports(void **state)
{
    int v1 = (int)if_nametoindex("v1");
    int br0 = (int)if_nametoindex("br0");
    char *error = NULL;
    bool isolated;

    check_error(brport_set_isolated(*state, v1, true, &error), -EOPNOTSUPP, &error,
                "is no port of a Linux bridge");
    check_error(brport_get_isolated(*state, v1, &isolated, &error), -EOPNOTSUPP, &error,
                "is no port of a Linux bridge");
    check_error(brport_get_isolated(*state, br0, &isolated, &error), -EOPNOTSUPP, &error,
                "is no port of a Linux bridge");
    for (int gone = -1; gone <= 4711; gone += 2356) {
        check_error(brport_set_isolated(*state, gone, true, &error), -ENODEV, &error,
                    "No such device");
        check_error(brport_get_isolated(*state, gone, &isolated, &error), -ENODEV, &error,
                    "No such device");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(isolation_is_set_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(other_links_are_no_ports, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
