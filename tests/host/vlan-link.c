/* netdev/vlan.h against the kernel: one that has 802.1Q (tests/guest runs this in
 * scripts/kernel-vm) or one that has not. */
#include "support/host.h"

#include <errno.h>
#include <net/if.h>

#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "netdev/vlan.h"

static struct rtnl *rtnl;
static int lower;

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip link add low0 type veth peer peer0; ip link set low0 up; ip link set peer0 up");
    lower = (int)if_nametoindex("low0");
    check_ok(rtnl_open(&rtnl, &error), &error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rtnl_close(rtnl);
    rtnl = NULL;
    host_run("ip link del low0");
    return 0;
}

static bool kernel_has_8021q(void)
{
    auto_free char *output = host_output("ip link add link low0 name try type vlan id 9 &&"
                                         "ip link del try && echo it has || true;");

    return strstr(output, "it has") != NULL;
}

static void links_are_made(void **state)
{
    char *error = NULL;
    struct link_info info;
    int ifindex = -1;

    (void)state;
    if (!kernel_has_8021q()) {
        skip();
    }
    check_ok(vlan_create(rtnl, "low0.100", lower, 100, &ifindex, &error), &error);
    check_ok(link_get(rtnl, "low0.100", &info, &error), &error);
    assert_int_equal(info.ifindex, ifindex);
    assert_int_equal(info.lower, lower);
    assert_int_equal(info.vlan_id, 100);
    assert_false(info.up);
    check_output("vlan protocol 802.1Q id 100 ", "ip -d link show low0.100;");
    check_ok(vlan_create(rtnl, "another", lower, 4094, &ifindex, &error), &error);
    check_output("vlan protocol 802.1Q id 4094 ", "ip -d link show another;");
}

static void what_is_there_is_not_made(void **state)
{
    char *error = NULL;
    int ifindex = -1;

    (void)state;
    if (!kernel_has_8021q()) {
        skip();
    }
    host_run("ip link add link low0 name theirs type vlan id 100;");
    check_error(
        vlan_create(rtnl, "low0.100", lower, 100, &ifindex, &error), -EEXIST, &error,
        "cannot make VLAN link \"low0.100\": File exists (8021q: VLAN device already exists");
    check_error(vlan_create(rtnl, "peer0", lower, 101, &ifindex, &error), -EEXIST, &error,
                "the name is in use, by a link of the kind \"veth\"");
    check_error(vlan_create(rtnl, "low0.101", lower + 1000, 101, &ifindex, &error), -ENODEV, &error,
                "its lower device, the link with index ");
    assert_int_equal(ifindex, -1);
}

static void ids_are_checked(void **state)
{
    char *error = NULL;
    int ifindex = -1;

    (void)state;
    check_error(vlan_create(rtnl, "low0.0", lower, 0, &ifindex, &error), -EINVAL, &error,
                "cannot make VLAN link \"low0.0\": VLAN 0 is not from 1 to 4094");
    check_error(vlan_create(rtnl, "low0.4095", lower, 4095, &ifindex, &error), -EINVAL, &error,
                "VLAN 4095 is not");
}

static void without_8021q_the_module_is_named(void **state)
{
    char *error = NULL;
    int ifindex = -1;

    (void)state;
    if (kernel_has_8021q()) {
        skip();
    }
    check_error(vlan_create(rtnl, "low0.100", lower, 100, &ifindex, &error), -EOPNOTSUPP, &error,
                "modprobe 8021q");
    assert_int_equal(if_nametoindex("low0.100"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(links_are_made, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_there_is_not_made, setup, teardown),
        cmocka_unit_test_setup_teardown(ids_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(without_8021q_the_module_is_named, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
