/* netdev/bridge-link.h, veth.h, echo.h, offload.h and netns.h; iproute2 and a packet socket look.
 */
#include "support/host.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "netdev/bridge-link.h"
#include "netdev/echo.h"
#include "netdev/link.h"
#include "netdev/netns.h"
#include "netdev/offload.h"
#include "netdev/packet.h"
#include "netdev/rtnl.h"
#include "netdev/veth.h"

static int setup(void **state)
{
    struct rtnl *rtnl = NULL;
    char *error = NULL;

    check_ok(rtnl_open(&rtnl, &error), &error);
    *state = rtnl;
    return 0;
}

static int teardown(void **state)
{
    rtnl_close(*state);
    host_run("for l in n0 n1 v0; do ip link delete $l 2>/dev/null || true; done");
    return 0;
}

static void a_bridge_is_made(void **state)
{
    char *error = NULL;
    int ifindex = 0;

    check_ok(bridge_create(*state, "n0", &ifindex, &error), &error);
    assert_int_equal(ifindex, if_nametoindex("n0"));
    check_output("stp_state 0", "ip -d link show n0");
    check_output("state DOWN", "ip -d link show n0");
    check_error(bridge_create(*state, "n0", &ifindex, &error), -EEXIST, &error, "\"bridge\"");
    check_error(bridge_create(*state, "a/b", &ifindex, &error), -EINVAL, &error, "a/b");
}

static void a_pair_is_made(void **state)
{
    int ifindexes[2] = {0};
    char *error = NULL;

    check_ok(veth_create(*state, "v0", "v1", ifindexes, &error), &error);
    assert_int_equal(ifindexes[0], if_nametoindex("v0"));
    assert_int_equal(ifindexes[1], if_nametoindex("v1"));
    check_output("v0@v1", "ip link show v0");
    check_error(veth_create(*state, "v0", "v2", ifindexes, &error), -EEXIST, &error, "\"v0\"");
    check_error(veth_create(*state, "v2", "v1", ifindexes, &error), -EEXIST, &error, "\"v1\"");
    check_error(veth_create(*state, "v2", "a b", ifindexes, &error), -EINVAL, &error, "a b");
    assert_int_equal(if_nametoindex("v2"), 0);
}

static unsigned leaves_checksums(const char *name)
{
    struct ethtool_value value = {.cmd = ETHTOOL_GTXCSUM};
    struct ifreq request = {.ifr_data = (char *)&value};
    auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(str_copy(request.ifr_name, sizeof request.ifr_name, name));
    assert_int_equal(ioctl(fd, SIOCETHTOOL, &request), 0);
    return value.data;
}

static void checksums_are_finished(void **state)
{
    int ifindexes[2];
    char *error = NULL;

    check_ok(veth_create(*state, "v0", "v1", ifindexes, &error), &error);
    assert_int_equal(leaves_checksums("v0"), 1);
    check_ok(link_finish_checksums("v0", &error), &error);
    assert_int_equal(leaves_checksums("v0"), 0);
    assert_int_equal(leaves_checksums("v1"), 1);
    check_error(link_finish_checksums("v9", &error), -ENODEV, &error, "\"v9\"");
}

static bool comes_back(int fd)
{
    unsigned char frame[ETH_ZLEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,   0,
                                     0,    0,    0,    1,    0x88, 0xb5, 'e', 'c'};
    unsigned char back[ETH_FRAME_LEN];
    struct pollfd in = {.fd = fd, .events = POLLIN};

    assert_int_equal(write(fd, frame, sizeof frame), sizeof frame);
    if (poll(&in, 1, 200) <= 0) {
        return false;
    }
    assert_int_equal(read(fd, back, sizeof back), sizeof frame);
    assert_memory_equal(frame, back, sizeof frame);
    return true;
}

static void what_comes_in_goes_out(void **state)
{
    const struct link_change up = {.state = LINK_UP};
    auto_close int fd = -1;
    int ifindexes[2];
    char *error = NULL;

    check_ok(veth_create(*state, "v0", "v1", ifindexes, &error), &error);
    for (int i = 0; i < 2; i++) {
        check_ok(link_change(*state, ifindexes[i], &up, &error), &error);
    }
    check_ok(packet_open(ifindexes[0], "v0", 0x88b5, &fd, &error), &error);
    assert_false(comes_back(fd));
    check_ok(link_echo(*state, ifindexes[1], &error), &error);
    assert_true(comes_back(fd));
    check_error(link_echo(*state, ifindexes[1], &error), -EEXIST, &error, "send back");
    check_error(link_echo(*state, 4711, &error), -ENODEV, &error, "4711");
}

static void a_namespace_is_left_and_entered(void **state)
{
    auto_close int home = -1;
    auto_close int away = -1;
    auto_close int again = -1;
    char *error = NULL;
    int ifindex;

    check_ok(bridge_create(*state, "n0", &ifindex, &error), &error);
    check_ok(netns_enter_new(&home, &away, &error), &error);
    assert_int_equal(if_nametoindex("n0"), 0);
    netns_return(home);
    assert_int_equal(if_nametoindex("n0"), ifindex);
    check_ok(netns_enter(away, &again, &error), &error);
    assert_int_equal(if_nametoindex("n0"), 0);
    netns_return(again);
    netns_return(-1);
    assert_int_equal(if_nametoindex("n0"), ifindex);
    check_error(netns_enter(STDIN_FILENO, &again, &error), -EINVAL, &error, "cannot enter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bridge_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pair_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(checksums_are_finished, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_in_goes_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_namespace_is_left_and_entered, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
