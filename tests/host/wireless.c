/* netdev/wireless.h against the kernel. */
#include "support/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "netdev/sysfs.h"
#include "netdev/wireless.h"

static int setup(void **state)
{
    (void)state;
    host_run("ip link add low0 type veth peer peer0");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    host_run("ip link delete low0; rm -rf /run/tmp/sys");
    return 0;
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
        TEST(a_veth_is_not_wireless),
        TEST(what_is_missing_is_enodev),
        TEST(other_namespaces_do_not_matter),
        TEST(a_link_with_a_phy80211_is_wireless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
