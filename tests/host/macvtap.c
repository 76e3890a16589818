/* macvtap_create() of netdev/macvtap.h against the kernel; `ip` arranges and looks. */
#include "support/macvtap.h"

#include <errno.h>

/* Checks that the macvtap cannot be made, and that nothing is left of the attempt. */
static void check_refused(struct macvtap_options wish, int expected, const char *part)
{
    auto_free char *before = host_output("ls /sys/class/net");
    int ifindex = UNTOUCHED;
    char *error = NULL;

    check_error(macvtap_create(rtnl, &wish, &ifindex, &error), expected, &error, part);
    assert_int_equal(ifindex, UNTOUCHED);
    auto_free char *after = host_output("ls /sys/class/net");

    assert_string_equal(after, before);
    assert_int_equal(count_descriptors(), n_open_before);
}

static void macvtaps_of_all_modes_are_made(void **state)
{
    (void)state;
    for (int mode = MACVTAP_VEPA; mode <= MACVTAP_PASSTHROUGH; mode++) {
        int ifindex = create(options("m0", (enum macvtap_mode)mode));
        struct link_info m0 = get("m0");

        assert_int_equal(m0.ifindex, ifindex);
        assert_string_equal(m0.kind, "macvtap");
        assert_int_equal(m0.macvtap_mode, mode);
        assert_int_equal(m0.lower, if_nametoindex("low0"));
        assert_memory_equal(&m0.mac, &guest, sizeof guest);
        assert_int_equal(m0.mtu, 1500);
        assert_true(m0.allmulticast);
        assert_false(m0.up);
        host_run("ip link delete m0");
    }
    assert_int_equal(count_descriptors(), n_open_before);
}

static void the_mtu_is_at_most_the_lower_devices(void **state)
{
    struct macvtap_options wish = options("m0", MACVTAP_VEPA);

    (void)state;
    wish.mtu = 1400;
    create(wish);
    assert_int_equal(get("m0").mtu, 1400);
    wish.name = "m1";
    wish.mtu = 9000;
    check_refused(wish, -EINVAL,
                  "cannot make macvtap \"m1\": its MTU 9000 is above 1500, that of \"low0\"");
}

/* The address that the kernel makes of a MAC address would be the guest's own one. */
static void the_host_takes_no_address_of_the_guests(void **state)
{
    (void)state;
    if (access("/proc/net/if_inet6", F_OK)) {
        skip(); /* a kernel without IPv6 */
    }
    host_run("echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6;"
             "ip link add link low0 name theirs type macvtap mode bridge; ip link set theirs up");
    create(options("m0", MACVTAP_BRIDGE));
    host_run("ip link set m0 up;"
             "for i in $(seq 100); do grep -q theirs /proc/net/if_inet6 && break; sleep 0.02; done;"
             "sleep 0.1");
    check_output("theirs", "cat /proc/net/if_inet6");
    check_output("none", "grep m0 /proc/net/if_inet6 || echo none");
    host_run("ip link delete m0");

    /* There is no IPv6 on a link that is too small for it. */
    struct macvtap_options small = options("m0", MACVTAP_BRIDGE);

    small.mtu = 1279;
    create(small);
}

static void passthrough_lends_its_address_to_the_lower_device(void **state)
{
    (void)state;
    create(options("m0", MACVTAP_PASSTHROUGH));
    check_output("52:54:00:12:34:56", "ip link show low0");
    host_run("ip link delete m0");
    check_output("02:00:00:00:00:01", "ip link show low0");
}

static void what_the_kernel_refuses_is_explained(void **state)
{
    struct macvtap_options wish = options("m1", MACVTAP_VEPA);

    (void)state;
    create(options("m0", MACVTAP_BRIDGE));
    check_refused(options("m0", MACVTAP_BRIDGE), -EEXIST,
                  "cannot make macvtap \"m0\": the name is in use, by a link of the kind "
                  "\"macvtap\"");
    check_refused(options("lo", MACVTAP_BRIDGE), -EEXIST, "in use, by a link without a kind");
    check_refused(options("m/1", MACVTAP_BRIDGE), -EINVAL, "'/'");
    check_refused(options("m1", MACVTAP_PASSTHROUGH), -EINVAL,
                  "passthrough takes a device for itself, and \"low0\" is in use by \"m0\"");
    check_refused(options("m1", MACVTAP_NO_MODE), -EINVAL, "cannot make macvtap \"m1\": Invalid");
    host_run("ip link delete m0");

    create(options("m0", MACVTAP_PASSTHROUGH));
    check_refused(wish, -EBUSY, "\"low0\" is in use by \"m0\" in passthrough mode");
    check_refused(options("m1", MACVTAP_PASSTHROUGH), -EBUSY, "\"m0\" in passthrough mode");
    host_run("ip link delete m0");

    host_run("ip link add link low0 name m0 type macvtap mode source");
    check_refused(options("m1", MACVTAP_PASSTHROUGH), -EINVAL, "\"low0\" is in use by \"m0\"");
    host_run("ip link delete m0; ip netns add other;"
             "ip link add link low0 name m0 netns other type macvtap mode passthru");
    check_refused(wish, -EINVAL,
                  "on \"low0\": it may be in use by a passthrough macvtap of another network "
                  "namespace");
    host_run("ip -n other link delete m0;"
             "ip link add link low0 name m0 netns other type macvtap mode bridge");
    check_refused(options("m1", MACVTAP_PASSTHROUGH), -EINVAL,
                  "on \"low0\": it may be in use by a macvtap of another network namespace");
    host_run("ip -n other link delete m0");

    wish.lower = (int)if_nametoindex("lo");
    check_refused(wish, -EINVAL, "\"lo\" is a loopback device");
    wish.lower = 4711;
    check_refused(wish, -ENODEV, "its lower device, the link with index 4711, is gone");
    wish.lower = (int)if_nametoindex("low0");
    host_run("ip link add br0 type bridge; ip link set low0 master br0");
    check_refused(wish, -EBUSY,
                  "cannot make macvtap \"m1\": \"low0\" is a port of \"br0\", a link of the kind "
                  "\"bridge\"");
}

static void a_multicast_address_is_refused(void **state)
{
    struct macvtap_options wish = options("m0", MACVTAP_PASSTHROUGH);

    (void)state;
    wish.mac.octet[0] = 0x01;
    check_refused(wish, -EADDRNOTAVAIL, "cannot make macvtap \"m0\": ");
    check_output("02:00:00:00:00:01", "ip link show low0");
}

static int create_as_stranger(void *arg, char **errorp)
{
    struct rtnl *mine = NULL;
    int ifindex = 0;
    int error = rtnl_open(&mine, errorp);

    return error ? error : macvtap_create(mine, arg, &ifindex, errorp);
}

static int open_as_stranger(void *arg, char **errorp)
{
    struct rtnl *mine = NULL;
    int error = rtnl_open(&mine, errorp);

    return error ? error : macvtap_open(mine, *(int *)arg, 1, true, fds, errorp);
}

static void a_stranger_may_not(void **state)
{
    struct macvtap_options wish = options("m1", MACVTAP_VEPA);
    char *error = NULL;

    (void)state;
    int m0 = create(options("m0", MACVTAP_BRIDGE));

    check_error(host_as(NOBODY, NOBODY, create_as_stranger, &wish, &error), -EPERM, &error,
                "cannot make macvtap \"m1\": Operation not permitted; this needs CAP_NET_ADMIN: "
                "run as root");
    check_error(host_as(NOBODY, NOBODY, open_as_stranger, &m0, &error), -EPERM, &error,
                "cannot open macvtap \"m0\": cannot mount a private sysfs: Operation not "
                "permitted; this needs CAP_SYS_ADMIN: run as root");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(macvtaps_of_all_modes_are_made),
        TEST(the_mtu_is_at_most_the_lower_devices),
        TEST(the_host_takes_no_address_of_the_guests),
        TEST(passthrough_lends_its_address_to_the_lower_device),
        TEST(what_the_kernel_refuses_is_explained),
        TEST(a_multicast_address_is_refused),
        TEST(a_stranger_may_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
