/* macvtap_open() of netdev/macvtap.h against the kernel: queues, the frames that pass through them,
 * and who has a macvtap open. */
#include "support/macvtap.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void queues_are_opened(void **state)
{
    static const unsigned n_queues[] = {1, 2, 256};
    int m0 = create(options("m0", MACVTAP_BRIDGE));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(n_queues); i++) {
        for (int vnet_hdr = 0; vnet_hdr < 2; vnet_hdr++) {
            open_queues(m0, n_queues[i], vnet_hdr);
            check_queues("m0", n_queues[i], vnet_hdr ? IFF_VNET_HDR : 0);
            close_queues();
        }
    }
}

static void check_not_opened(int ifindex, unsigned n, int expected, const char *part)
{
    char *error = NULL;

    check_error(macvtap_open(rtnl, ifindex, n, true, fds, &error), expected, &error, part);
    assert_int_equal(fds[0], UNTOUCHED);
    assert_int_equal(count_descriptors(), n_open_before);
}

static void what_cannot_be_opened_is_explained(void **state)
{
    int m0 = create(options("m0", MACVTAP_BRIDGE));

    (void)state;
    check_not_opened(m0, 0, -EINVAL, "cannot open macvtap \"m0\" with 0 queues: 1 to 256");
    check_not_opened(m0, 257, -EINVAL, "with 257 queues");
    check_not_opened((int)if_nametoindex("low0"), 1, -EINVAL,
                     "cannot open macvtap \"low0\": it is no macvtap but a link of the kind "
                     "\"veth\"");
    open_queues(m0, 255, true);
    int more[2] = {UNTOUCHED, UNTOUCHED};
    char *error = NULL;

    check_error(macvtap_open(rtnl, m0, 2, true, more, &error), -EBUSY, &error,
                "cannot open a queue of macvtap \"m0\": it has no queue left of the 256");
    assert_int_equal(more[0], UNTOUCHED);
    assert_int_equal(count_descriptors(), n_open_before + 255);
    close_queues();
    host_run("ip link delete m0");
    check_not_opened(m0, 1, -ENODEV, "cannot open a macvtap: there is no link with index");
}

static void the_limit_on_descriptors_leaves_nothing(void **state)
{
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    /* Just the first is free, then two, and so on: it fails at every step. */
    for (rlim_t n = 0; n < 6; n++) {
        struct rlimit few = {.rlim_cur = (rlim_t)dup(0), .rlim_max = limit.rlim_max};
        char *error = NULL;

        close((int)few.rlim_cur);
        few.rlim_cur += n;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        int result = macvtap_open(rtnl, m0, 8, true, fds, &error);

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        check_error(result, -EMFILE, &error, "Too many open files");
        assert_int_equal(fds[0], UNTOUCHED);
        assert_int_equal(count_descriptors(), n_open_before);
    }
}

/* Sends a frame of that size from one queue to another guest's and checks that it arrives. */
static void check_frame(int from, int to, bool vnet_hdr)
{
    enum { HEADER = 10, FRAME = 200 };
    unsigned char sent[HEADER + FRAME] = {0};
    unsigned char got[2000];
    unsigned char *frame = sent + (vnet_hdr ? HEADER : 0);
    const size_t size = (vnet_hdr ? HEADER : 0) + FRAME;

    memcpy(frame, other_guest.octet, 6);
    memcpy(frame + 6, guest.octet, 6);
    memcpy(frame + 12, "\x88\xb5", 2);
    memset(frame + 14, 0x5a, FRAME - 14);
    assert_int_equal(write(from, sent, size), size);
    /* Others may come by, such as IPv6's of the host. */
    for (struct pollfd ready = {.fd = to, .events = POLLIN}; poll(&ready, 1, 2000) == 1;) {
        ssize_t n = read(to, got, sizeof got);

        if (n == (ssize_t)size && memcmp(got + size - FRAME, frame, FRAME) == 0) {
            return;
        }
    }
    fail_msg("the frame did not arrive");
}

static void frames_pass(void **state)
{
    struct macvtap_options wish = options("m1", MACVTAP_BRIDGE);
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    char *error = NULL;

    (void)state;
    wish.mac = other_guest;
    int m1 = create(wish);

    host_run("ip link set m0 up; ip link set m1 up");
    for (int vnet_hdr = 0; vnet_hdr < 2; vnet_hdr++) {
        int to = UNTOUCHED;

        open_queues(m0, 3, vnet_hdr);
        check_ok(macvtap_open(rtnl, m1, 1, vnet_hdr, &to, &error), &error);
        for (int i = 0; i < 3; i++) {
            check_frame(fds[i], to, vnet_hdr);
        }
        close(to);
        close_queues();
    }
}

/* What a guest with offloads sends: a TCP segment of 8000 bytes, to be cut to 1000 each, with its
 * checksum left to do. */
static void send_gso(int from)
{
    struct {
        struct virtio_net_hdr header;
        unsigned char frame[14 + 20 + 20 + 8000];
    } __attribute__((packed)) gso = {
        .header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                   .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
                   .hdr_len = 14 + 20 + 20,
                   .gso_size = 1000,
                   .csum_start = 14 + 20,
                   .csum_offset = 16},
    };
    static const unsigned char ip[20] = {0x45, 0, 0x1f, 0x68, 0, 0, 0,  0, 64, 6,
                                         0,    0, 10,   0,    0, 1, 10, 0, 0,  2};

    memcpy(gso.frame, other_guest.octet, 6);
    memcpy(gso.frame + 6, guest.octet, 6);
    memcpy(gso.frame + 12, "\x08\x00", 2);
    memcpy(gso.frame + 14, ip, sizeof ip);
    memcpy(gso.frame + 34, "\x10\x00\x10\x00", 4);
    gso.frame[34 + 12] = 5 << 4; /* words of header */
    gso.frame[34 + 13] = 0x10;   /* ACK */
    assert_int_equal(write(from, &gso, sizeof gso), sizeof gso);
}

static void without_a_header_frames_come_cut(void **state)
{
    struct macvtap_options wish = options("m1", MACVTAP_BRIDGE);
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    unsigned char got[10000];
    int to = UNTOUCHED;
    int n = 0;
    char *error = NULL;

    (void)state;
    wish.mac = other_guest;
    int m1 = create(wish);

    host_run("ip link set m0 up; ip link set m1 up");
    open_queues(m0, 1, true);
    check_ok(macvtap_open(rtnl, m1, 1, false, &to, &error), &error);
    send_gso(fds[0]);
    for (struct pollfd ready = {.fd = to, .events = POLLIN}; n < 8 && poll(&ready, 1, 2000) == 1;) {
        ssize_t size = read(to, got, sizeof got);

        if (size > 14 && memcmp(got + 6, guest.octet, 6) == 0) {
            assert_int_equal(size, 14 + 20 + 20 + 1000);
            n++;
        }
    }
    assert_int_equal(n, 8);
    close(to);
}

/* Has another process open the macvtap, until it gets a signal. */
static pid_t open_elsewhere(int ifindex)
{
    int told[2];
    char c = 0;

    assert_int_equal(pipe(told), 0);
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        auto_free char *node = macvtap_node(ifindex);

        if (open(node, O_RDWR | O_CLOEXEC) < 0 || write(told[1], "", 1) != 1) {
            _exit(1);
        }
        pause();
        _exit(0);
    }
    close(told[1]);
    assert_int_equal(read(told[0], &c, 1), 1);
    close(told[0]);
    return child;
}

static int find_as_stranger(void *arg, char **errorp)
{
    pid_t user = 0;
    int error = macvtap_find_users(arg, 1, &user, errorp);

    return error ? error : user;
}

static void users_are_found(void **state)
{
    struct macvtap_options wish = options("m1", MACVTAP_BRIDGE);
    int ifindexes[] = {create(options("m0", MACVTAP_BRIDGE)), 0, 4711, (int)if_nametoindex("low0")};
    pid_t users[4];
    char *error = NULL;

    (void)state;
    wish.mac = other_guest;
    ifindexes[1] = create(wish);
    check_ok(macvtap_find_users(ifindexes, 4, users, &error), &error);
    assert_false(users[0] || users[1] || users[2] || users[3]);

    pid_t child = open_elsewhere(ifindexes[1]);

    check_ok(macvtap_find_users(ifindexes, 4, users, &error), &error);
    assert_int_equal(users[1], child);
    assert_false(users[0] || users[2] || users[3]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);

    /* This process counts, too, and what has no name in /dev. */
    open_queues(ifindexes[0], 1, true);
    check_ok(macvtap_find_users(ifindexes, 4, users, &error), &error);
    assert_int_equal(users[0], getpid());
    assert_false(users[1]);
    close_queues();
    check_ok(macvtap_find_users(ifindexes, 0, NULL, &error), &error);
    check_error(host_as(NOBODY, NOBODY, find_as_stranger, ifindexes, &error), -EPERM, &error,
                "cannot find who uses macvtaps: cannot mount a private sysfs");
    assert_int_equal(count_descriptors(), n_open_before);
}

static dev_t number_of(int ifindex)
{
    auto_free char *node = macvtap_node(ifindex);
    struct stat st;

    assert_int_equal(stat(node, &st), 0);
    return st.st_rdev;
}

/* Makes a macvtap that has the number of one that was deleted. Others on this machine may come
 * first. */
static int create_with_number(dev_t number)
{
    for (int i = 0; i < 100; i++) {
        int ifindex = create(options("m1", MACVTAP_BRIDGE));

        if (number_of(ifindex) == number) {
            return ifindex;
        }
        host_run("ip link delete m1");
    }
    fail_msg("no macvtap gets a number again");
    return 0;
}

static void who_has_a_dead_one_open_is_no_user(void **state)
{
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    const dev_t number = number_of(m0);
    char *error = NULL;
    pid_t user;

    (void)state;
    open_queues(m0, 1, true);
    host_run("ip link delete m0");
    int m1 = create_with_number(number);

    check_ok(macvtap_find_users(&m1, 1, &user, &error), &error);
    assert_int_equal(user, 0);
    pid_t child = open_elsewhere(m1);

    check_ok(macvtap_find_users(&m1, 1, &user, &error), &error);
    assert_int_equal(user, child);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close_queues();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(queues_are_opened),
        TEST(what_cannot_be_opened_is_explained),
        TEST(the_limit_on_descriptors_leaves_nothing),
        TEST(frames_pass),
        TEST(without_a_header_frames_come_cut),
        TEST(users_are_found),
        TEST(who_has_a_dead_one_open_is_no_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
