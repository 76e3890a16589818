/* For C tests of netdev/macvtap.h: macvtaps on one end of a veth pair. */
#ifndef TESTS_SUPPORT_MACVTAP_H
#define TESTS_SUPPORT_MACVTAP_H

#include "support/host.h"
#include "support/queues.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"

#define NOBODY 65534

static struct rtnl *rtnl;
static int n_open_before;

__attribute__((unused)) static const struct mac guest = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};
__attribute__((unused)) static const struct mac other_guest = {
    {0x52, 0x54, 0x00, 0x12, 0x34, 0x57}};

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip link add low0 type veth peer peer0; ip link set low0 address 02:00:00:00:00:01;"
             "ip link set low0 up; ip link set peer0 up");
    check_ok(rtnl_open(&rtnl, &error), &error);
    forget_queues();
    n_open_before = count_descriptors();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_queues();
    rtnl_close(rtnl);
    rtnl = NULL;
    host_run("rm -rf /run/udev; ip -all netns delete;"
             "cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - "
             ">/dev/null 2>&1 || true");
    return 0;
}

__attribute__((unused)) static struct link_info get(const char *name)
{
    struct link_info info = {0};
    char *error = NULL;

    check_ok(link_get(rtnl, name, &info, &error), &error);
    return info;
}

__attribute__((unused)) static struct macvtap_options options(const char *name,
                                                              enum macvtap_mode mode)
{
    return (struct macvtap_options){
        .name = name, .lower = (int)if_nametoindex("low0"), .mode = mode, .mac = guest};
}

__attribute__((unused)) static int create(struct macvtap_options wish)
{
    int ifindex = 0;
    char *error = NULL;

    check_ok(macvtap_create(rtnl, &wish, &ifindex, &error), &error);
    return ifindex;
}

__attribute__((unused)) static void open_queues(int ifindex, unsigned n, bool vnet_hdr)
{
    char *error = NULL;

    check_ok(macvtap_open(rtnl, ifindex, n, vnet_hdr, fds, &error), &error);
}

/* Checks that fds[0] to fds[n - 1] and no more are queues of the macvtap `name`, whose number in
 * sysfs is theirs, and have the flags that the header promises. */
__attribute__((unused)) static void check_queues(const char *name, unsigned n, int flags)
{
    for (unsigned i = 0; i < n; i++) {
        struct ifreq request = {0};

        assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(fds[i], F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
        assert_int_equal(ioctl(fds[i], TUNGETIFF, &request), 0);
        assert_string_equal(request.ifr_name, name);
        assert_int_equal(request.ifr_flags,
                         IFF_TAP | IFF_NO_PI | (n > 1 ? IFF_MULTI_QUEUE : 0) | flags);
    }
    assert_true(n == MACVTAP_MAX_QUEUES || fds[n] == UNTOUCHED);
    assert_int_equal(count_descriptors(), n_open_before + (int)n);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
