/* netdev/announce.h against the kernel: what is heard at the other end of the device below. */
#include "support/macvtap.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <poll.h>

#include "netdev/announce.h"
#include "netdev/packet.h"

/* Opens the macvtap with one queue whose frames have a header of that size, or none. */
static void open_with_header(int ifindex, int size)
{
    open_queues(ifindex, 1, size > 0);
    if (size > 0) {
        assert_int_equal(ioctl(fds[0], TUNSETVNETHDRSZ, &size), 0);
    }
}

static void check_heard(int from)
{
    static const unsigned char wanted[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x80, 0x35,
        0x00, 0x01, 0x08, 0x00, 6,    4,    0,    3,    0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
        0,    0,    0,    0,    0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0,    0,    0,    0};
    unsigned char got[ETH_FRAME_LEN];
    struct pollfd ready = {.fd = from, .events = POLLIN};

    assert_int_equal(poll(&ready, 1, 2000), 1);
    assert_int_equal(recv(from, got, sizeof got, 0), ETH_ZLEN);
    assert_memory_equal(got, wanted, sizeof wanted);
}

static uint64_t count(void)
{
    uint64_t sent = 0;
    char *error = NULL;

    check_ok(announce_count(fds[0], &sent, &error), &error);
    return sent;
}

static void it_is_heard_whatever_the_header(void **state)
{
    static const int sizes[] = {0, 10, 12};
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    int peer = UNTOUCHED;
    char *error = NULL;

    (void)state;
    host_run("ip link set m0 up");
    check_ok(packet_open((int)if_nametoindex("peer0"), "peer0", ETH_P_RARP, &peer, &error), &error);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        open_with_header(m0, sizes[i]);
        uint64_t before = count();

        check_ok(announce_behind(fds[0], &error), &error);
        check_heard(peer);
        assert_int_equal(count(), before + 1);
        close_queues();
    }
    close(peer);
}

static void check_fails(int fd, int expected, const char *part)
{
    uint64_t sent;
    char *error = NULL;

    check_error(announce_behind(fd, &error), expected, &error, part);
    check_error(announce_count(fd, &sent, &error), expected, &error, "cannot look at a queue: ");
}

static void what_is_no_queue_of_anything_fails(void **state)
{
    int m0 = create(options("m0", MACVTAP_BRIDGE));

    (void)state;
    check_fails(STDERR_FILENO, -ENOTTY, "cannot announce the address of a tap: ");
    open_queues(m0, 1, true);
    host_run("ip link delete m0");
    check_fails(fds[0], -ENOLINK, "cannot announce the address of a tap: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_heard_whatever_the_header),
        TEST(what_is_no_queue_of_anything_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
