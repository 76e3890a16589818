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

static struct brport get(void **state, int ifindex)
{
    struct brport port;
    char *error = NULL;

    check_ok(brport_get(*state, ifindex, &port, &error), &error);
    return port;
}

static void flags_are_set_and_read_one_by_one(void **state)
{
    int v0 = (int)if_nametoindex("v0");
    struct brport port = get(state, v0);
    char *error = NULL;

    assert_int_equal(port.ifindex, v0);
    assert_string_equal(port.name, "v0");
    assert_int_equal(port.bridge, if_nametoindex("br0"));
    assert_false(port.isolated);
    assert_false(port.hairpin);

    check_ok(brport_set_isolated(*state, v0, true, &error), &error);
    check_output("isolated on", "bridge -d link show dev v0");
    check_output("learning on", "bridge -d link show dev v0");
    port = get(state, v0);
    assert_true(port.isolated && !port.hairpin);

    check_ok(brport_set_hairpin(*state, v0, true, &error), &error);
    check_output("hairpin on", "bridge -d link show dev v0");
    check_output("isolated on", "bridge -d link show dev v0");
    port = get(state, v0);
    assert_true(port.isolated && port.hairpin);

    check_ok(brport_set_isolated(*state, v0, false, &error), &error);
    check_output("isolated off", "bridge -d link show dev v0");
    check_output("hairpin on", "bridge -d link show dev v0");
    check_ok(brport_set_hairpin(*state, v0, false, &error), &error);
    check_output("hairpin off", "bridge -d link show dev v0");
    port = get(state, v0);
    assert_false(port.isolated || port.hairpin);
}

static void the_ports_of_one_bridge_are_listed(void **state)
{
    struct brport *ports = NULL;
    char *error = NULL;
    size_t n;

    host_run("ip link add br1 type bridge; ip link set v1 master br1;"
             "bridge link set dev v1 hairpin on;"
             "for i in $(seq 40); do ip link add t$i type veth peer u$i;"
             " ip link set t$i master br0; done; bridge link set dev t40 hairpin on");
    check_ok(brport_list(*state, (int)if_nametoindex("br0"), &ports, &n, &error), &error);
    assert_int_equal(n, 41);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ports[i].ifindex, if_nametoindex(ports[i].name));
        assert_int_equal(ports[i].hairpin, str_eq(ports[i].name, "t40"));
    }
    free(ports);
    check_ok(brport_list(*state, (int)if_nametoindex("br1"), &ports, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_string_equal(ports[0].name, "v1");
    assert_true(ports[0].hairpin);
    free(ports);
    check_ok(brport_list(*state, (int)if_nametoindex("u1"), &ports, &n, &error), &error);
    assert_int_equal(n, 0);
    free(ports);
    host_run("ip link delete br1; for i in $(seq 40); do ip link delete t$i; done");
}

static void other_links_are_no_ports(void **state)
{
    const int no_ports[] = {(int)if_nametoindex("v1"), (int)if_nametoindex("br0")};
    const int gone[] = {-1, 0, 4711};
    struct brport port;
    char *error = NULL;

    check_error(brport_set_isolated(*state, no_ports[0], true, &error), -EOPNOTSUPP, &error,
                "is no port of a Linux bridge");
    check_error(brport_set_hairpin(*state, no_ports[0], true, &error), -EOPNOTSUPP, &error,
                "is no port of a Linux bridge");
    for (size_t i = 0; i < ARRAY_LEN(no_ports); i++) {
        check_error(brport_get(*state, no_ports[i], &port, &error), -EOPNOTSUPP, &error,
                    "is no port of a Linux bridge");
    }
    for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
        check_error(brport_set_isolated(*state, gone[i], true, &error), -ENODEV, &error,
                    "No such device");
        check_error(brport_set_hairpin(*state, gone[i], true, &error), -ENODEV, &error,
                    "No such device");
        check_error(brport_get(*state, gone[i], &port, &error), -ENODEV, &error, "No such device");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flags_are_set_and_read_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(the_ports_of_one_bridge_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(other_links_are_no_ports, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
