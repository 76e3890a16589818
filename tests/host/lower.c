/* What is asked and made on lower devices: netdev/vlan.h and netdev/wireless.h. */
#include "support/host.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>

#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "netdev/sysfs.h"
#include "netdev/vlan.h"
#include "netdev/wireless.h"

static struct rtnl *rtnl;

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip link add low0 type veth peer peer0");
    check_ok(rtnl_open(&rtnl, &error), &error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rtnl_close(rtnl);
    rtnl = NULL;
    host_run("ip link delete low0; rm -rf /run/tmp/sys");
    return 0;
}

static void vlan_ids_are_from_1_to_4094(void **state)
{
    static const int ids[] = {-1, 0, 4095, 65636};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        int ifindex = 0;
        char *error = NULL;

        check_error(
            vlan_create(rtnl, "low0.5", (int)if_nametoindex("low0"), ids[i], &ifindex, &error),
            -EINVAL, &error, "cannot make VLAN link \"low0.5\": VLAN ");
        assert_int_equal(ifindex, 0);
    }
}

static void check_vlan_link(int ifindex, int lower)
{
    struct link_info info;
    char *error = NULL;

    check_ok(link_get(rtnl, "low0.4094", &info, &error), &error);
    assert_int_equal(info.ifindex, ifindex);
    assert_int_equal(info.vlan_id, 4094);
    assert_int_equal(info.lower, lower);
    assert_false(info.up);
    check_error(vlan_create(rtnl, "low0.4094", lower, 5, &ifindex, &error), -EEXIST, &error,
                "cannot make VLAN link \"low0.4094\": the name is in use, by a link of the kind "
                "\"vlan\"");
    check_error(vlan_create(rtnl, "another", lower, 4094, &ifindex, &error), -EEXIST, &error,
                "cannot make VLAN link \"another\": File exists");
    check_error(vlan_create(rtnl, "another", 4711, 5, &ifindex, &error), -ENODEV, &error,
                "the link with index 4711, is gone");
}

/* Kernels have 802.1Q or not, and either is tested where it is. */
static void vlan_links_are_made_or_what_is_missing_is_said(void **state)
{
    const int lower = (int)if_nametoindex("low0");
    int ifindex = 0;
    char *error = NULL;
    int result = vlan_create(rtnl, "low0.4094", lower, 4094, &ifindex, &error);

    (void)state;
    if (result == 0) {
        check_vlan_link(ifindex, lower);
        return;
    }
    check_error(result, -EOPNOTSUPP, &error,
                "cannot make VLAN link \"low0.4094\": the kernel has no 802.1Q VLANs");
    assert_int_equal(ifindex, 0);
    assert_int_equal(if_nametoindex("low0.4094"), 0);
}

static int ask_as_stranger(void *arg, char **errorp)
{
    bool wireless = true;
    int error = link_is_wireless(arg, &wireless, errorp);

    return error ? error : wireless;
}

static void a_veth_is_not_wireless(void **state)
{
    static char name[] = "low0";
    bool wireless = true;
    char *error = NULL;

    (void)state;
    check_ok(link_is_wireless("low0", &wireless, &error), &error);
    assert_false(wireless);
    check_ok(host_as(65534, 65534, ask_as_stranger, name, &error), &error);
}

static void what_is_missing_is_enodev(void **state)
{
    static const char *const names[] = {"no0", "", ".", "..", "low0/../lo", "../net/lo"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        bool wireless = true;
        char *error = NULL;

        check_error(link_is_wireless(names[i], &wireless, &error), -ENODEV, &error,
                    "there is no link \"");
        assert_true(wireless);
    }
}

/* It is this namespace's sysfs that is looked at, whatever is on /sys. */
static void other_namespaces_do_not_matter(void **state)
{
    bool wireless = true;
    char *error = NULL;

    (void)state;
    host_run("ip netns add other; ip -n other link add there type veth peer there-peer");
    check_error(link_is_wireless("there", &wireless, &error), -ENODEV, &error, "\"there\"");
    host_run("ip netns delete other; mkdir /run/tmp/sys; mount --bind /run/tmp/sys /sys/class/net");
    int result = link_is_wireless("low0", &wireless, &error);

    host_run("umount /sys/class/net");
    check_ok(result, &error);
}

/* A sysfs made up of folders: the one real wireless driver that needs no hardware, mac80211_hwsim,
 * is a module that few kernels have. */
static void a_link_with_a_phy80211_is_wireless(void **state)
{
    bool wireless = false;
    char *error = NULL;

    (void)state;
    host_run("mkdir -p /run/tmp/sys/class/net/wlan0/phy80211 /run/tmp/sys/class/net/eth0");
    auto_close int sysfs = open("/run/tmp/sys", O_PATH | O_CLOEXEC);

    check_ok(sysfs_is_wireless(sysfs, "wlan0", &wireless, &error), &error);
    assert_true(wireless);
    check_ok(sysfs_is_wireless(sysfs, "eth0", &wireless, &error), &error);
    assert_false(wireless);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(vlan_ids_are_from_1_to_4094),    TEST(vlan_links_are_made_or_what_is_missing_is_said),
        TEST(a_veth_is_not_wireless),         TEST(what_is_missing_is_enodev),
        TEST(other_namespaces_do_not_matter), TEST(a_link_with_a_phy80211_is_wireless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
