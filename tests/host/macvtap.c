/* netdev/macvtap.h against the kernel, on one end of a veth pair; `ip` arranges and looks. */
#include "support/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"

#define NOBODY 65534

/* What macvtap_open() must not touch when it fails. */
#define UNTOUCHED (-4711)

static struct rtnl *rtnl;
static int fds[MACVTAP_MAX_QUEUES];
static int n_open_before;

static const struct mac guest = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};
static const struct mac other_guest = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x57}};

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(folder);
    while (readdir(folder)) {
        n++;
    }
    closedir(folder);
    return n;
}

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip link add low0 type veth peer peer0; ip link set low0 address 02:00:00:00:00:01;"
             "ip link set low0 up; ip link set peer0 up");
    check_ok(rtnl_open(&rtnl, &error), &error);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = UNTOUCHED;
    }
    n_open_before = count_descriptors();
    return 0;
}

/* Closes what macvtap_open() opened. */
static void close_all(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fds) && fds[i] != UNTOUCHED; i++) {
        close(fds[i]);
        fds[i] = UNTOUCHED;
    }
}

static int teardown(void **state)
{
    (void)state;
    close_all();
    rtnl_close(rtnl);
    rtnl = NULL;
    host_run("rm -rf /run/udev; ip -all netns delete;"
             "cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - "
             ">/dev/null 2>&1 || true");
    return 0;
}

static struct link_info get(const char *name)
{
    struct link_info info = {0};
    char *error = NULL;

    check_ok(link_get(rtnl, name, &info, &error), &error);
    return info;
}

static struct macvtap_options options(const char *name, enum macvtap_mode mode)
{
    return (struct macvtap_options){
        .name = name, .lower = (int)if_nametoindex("low0"), .mode = mode, .mac = guest};
}

static int create(struct macvtap_options wish)
{
    int ifindex = 0;
    char *error = NULL;

    check_ok(macvtap_create(rtnl, &wish, &ifindex, &error), &error);
    return ifindex;
}

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

/* Checks that fds[0] to fds[n - 1] and no more are queues of the macvtap `name`, whose number in
 * sysfs is theirs, and have the flags that the header promises. */
static void check_queues(const char *name, unsigned n, int flags)
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

static void open_queues(int ifindex, unsigned n, bool vnet_hdr)
{
    char *error = NULL;

    check_ok(macvtap_open(rtnl, ifindex, n, vnet_hdr, fds, &error), &error);
}

static void queues_are_opened(void **state)
{
    static const unsigned n_queues[] = {1, 2, 256};
    int m0 = create(options("m0", MACVTAP_BRIDGE));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(n_queues); i++) {
        for (int vnet_hdr = 0; vnet_hdr < 2; vnet_hdr++) {
            open_queues(m0, n_queues[i], vnet_hdr);
            check_queues("m0", n_queues[i], vnet_hdr ? IFF_VNET_HDR : 0);
            close_all();
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
    close_all();
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
        close_all();
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

static int enter(const char *path)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return setns(fd, CLONE_NEWNET);
}

static void check_number(int fd, const char *name)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    auto_free char *expected = str_printf("%u:%u\n", major(st.st_rdev), minor(st.st_rdev));
    /* The sysfs of the namespace that this process is in. */
    auto_free char *real = host_output("unshare -m sh -c 'mount -t sysfs sysfs /mnt;"
                                       "cat /mnt/class/net/%s/macvtap/tap*/dev'",
                                       name);
    assert_string_equal(real, expected);
}

/* The trap that is this file's reason: one index, two devices, one /dev/tapN. */
static void the_same_index_in_two_namespaces_is_two_devices(void **state)
{
    auto_close int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    struct rtnl *there = NULL;
    char *error = NULL;
    int far = UNTOUCHED;
    struct stat ours;
    struct stat theirs;

    (void)state;
    n_open_before += 1;
    host_run("ip netns add other;"
             "ip link add link low0 name here index 61111 type macvtap mode bridge;"
             "ip -n other link add low1 type veth peer peer1;"
             "ip -n other link add link low1 name there index 61111 type macvtap mode bridge");
    open_queues(61111, 1, true);
    check_queues("here", 1, IFF_VNET_HDR);
    check_number(fds[0], "here");
    assert_int_equal(enter("/run/netns/other"), 0);
    check_ok(rtnl_open(&there, &error), &error);
    int result = macvtap_open(there, 61111, 1, true, &far, &error);

    rtnl_close(there);
    check_ok(result, &error);
    check_number(far, "there");
    struct ifreq request = {0};

    assert_int_equal(ioctl(far, TUNGETIFF, &request), 0);
    assert_string_equal(request.ifr_name, "there");
    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    assert_int_equal(fstat(fds[0], &ours), 0);
    assert_int_equal(fstat(far, &theirs), 0);
    assert_int_not_equal(ours.st_rdev, theirs.st_rdev);
    close(far);
    /* And by name there is only one of them, which give_node must see. */
    struct stat node;

    assert_int_equal(stat("/dev/tap61111", &node), 0);
    assert_int_equal(node.st_rdev, ours.st_rdev);
    check_ok(macvtap_give_node(61111, 1234, 5678, &error), &error);
    assert_int_equal(enter("/run/netns/other"), 0);
    result = macvtap_give_node(61111, NOBODY, NOBODY, &error);
    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    check_error(result, -ENODEV, &error, "/dev/tap61111 is another device's");
    check_output("1234 5678 660", "stat -c '%%u %%g %%a' /dev/tap61111");
}

static void check_node(int ifindex, const char *name)
{
    auto_free char *path = macvtap_node(ifindex);
    auto_close int fd = open(path, O_RDWR | O_CLOEXEC);
    struct ifreq request = {0};

    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, TUNGETIFF, &request), 0);
    assert_string_equal(request.ifr_name, name);
    check_number(fd, name);
}

static void public_nodes_are_never_anothers(void **state)
{
    struct macvtap_options wish = options("m0", MACVTAP_BRIDGE);

    (void)state;
    wish.public_node = true;
    int m0 = create(wish);

    check_node(m0, "m0");
    host_run("ip link delete m0");
    /* The first index may have been taken already, by a test beside this one. */
    wish.public_node = false;
    m0 = create(wish);
    host_run("ip link delete m0");
    wish.public_node = true;

    /* Another namespace takes the next indexes that the kernel gives out here. */
    host_run("ip netns add other; ip -n other link add low1 type veth peer peer1;"
             "for i in 1 2 3 4 5 6 7 8 9; do ip -n other link add link low1 name t$i "
             "index $((%d + i)) type macvtap mode bridge; done",
             m0);
    m0 = create(wish);
    assert_in_range(m0, 0x10000000, 0x1fffffff);
    assert_int_equal(get("m0").ifindex, m0);
    check_node(m0, "m0");
}

static void without_a_devtmpfs_a_public_node_is_refused(void **state)
{
    struct macvtap_options wish = options("m0", MACVTAP_BRIDGE);
    int ifindex = 0;
    char *error = NULL;

    (void)state;
    wish.public_node = true;
    assert_int_equal(mount("tmpfs", "/dev", "tmpfs", 0, NULL), 0);
    int result = macvtap_create(rtnl, &wish, &ifindex, &error);

    assert_int_equal(umount("/dev"), 0);
    check_error(result, -ENODEV, &error, "cannot make macvtap \"m0\": there is no /dev/tap");
    assert_int_equal(if_nametoindex("m0"), 0);
}

static double seconds_to_give(int ifindex)
{
    struct timespec begin;
    struct timespec end;
    char *error = NULL;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    check_ok(macvtap_give_node(ifindex, 1234, (gid_t)-1, &error), &error);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

static void nodes_are_given_away(void **state)
{
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    char *error = NULL;

    (void)state;
    check_output("0 0 600", "stat -c '%%u %%g %%a' /dev/tap%d", m0);
    check_ok(macvtap_give_node(m0, (uid_t)-1, 5678, &error), &error);
    check_output("0 5678 660", "stat -c '%%u %%g %%a' /dev/tap%d", m0);
    check_ok(macvtap_give_node(m0, 1234, (gid_t)-1, &error), &error);
    check_output("1234 5678 600", "stat -c '%%u %%g %%a' /dev/tap%d", m0);
    host_run("ip link delete m0");
    check_error(macvtap_give_node(m0, 1234, (gid_t)-1, &error), -ENODEV, &error,
                "there is no macvtap with index");
    assert_int_equal(count_descriptors(), n_open_before);
}

/* What udev leaves in /run is imitated: a real one would have to be started with a control socket
 * and rules of its own, and only hears of the devices of the host's network namespace. */
static void udev_is_waited_for(void **state)
{
    int m0 = create(options("m0", MACVTAP_BRIDGE));
    struct stat st;

    (void)state;
    auto_free char *node = macvtap_node(m0);

    assert_int_equal(stat(node, &st), 0);
    auto_free char *record = str_printf("/run/udev/data/c%u:%u", major(st.st_rdev),
                                        minor(st.st_rdev));

    assert_true(seconds_to_give(m0) < 0.2);
    /* A record, but of an earlier device with that number. */
    host_run("mkdir -p /run/udev/data; touch /run/udev/control; touch -d '1 hour ago' %s", record);
    double unanswered = seconds_to_give(m0);

    assert_true(unanswered > 1.8 && unanswered < 4);
    check_output("1234 0 600", "stat -c '%%u %%g %%a' %s", node);
    /* Now it answers, late, after setting a mode of its own. */
    host_run("{ sleep 0.5; chmod 666 %s; touch %s; } >/dev/null 2>&1 &", node, record);
    double answered = seconds_to_give(m0);

    assert_true(answered > 0.3 && answered < 1.8);
    check_output("1234 0 600", "stat -c '%%u %%g %%a' %s", node);
    assert_true(seconds_to_give(m0) < 0.2);
}

static void udev_is_not_waited_for_where_it_hears_nothing(void **state)
{
    auto_close int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    (void)state;
    host_run("mkdir -p /run/udev; touch /run/udev/control; ip netns add other;"
             "ip -n other link add low1 type veth peer peer1;"
             "ip -n other link add link low1 name t0 index 61112 type macvtap mode bridge");
    assert_int_equal(enter("/run/netns/other"), 0);
    double seconds = seconds_to_give(61112);

    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    assert_true(seconds < 0.2);
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
    bool in_use = false;
    int error = macvtap_find_users(arg, 1, &in_use, errorp);

    return error ? error : in_use;
}

static void users_are_found(void **state)
{
    struct macvtap_options wish = options("m1", MACVTAP_BRIDGE);
    int ifindexes[] = {create(options("m0", MACVTAP_BRIDGE)), 0, 4711, (int)if_nametoindex("low0")};
    bool in_use[4];
    char *error = NULL;

    (void)state;
    wish.mac = other_guest;
    ifindexes[1] = create(wish);
    check_ok(macvtap_find_users(ifindexes, 4, in_use, &error), &error);
    assert_false(in_use[0] || in_use[1] || in_use[2] || in_use[3]);

    pid_t child = open_elsewhere(ifindexes[1]);

    check_ok(macvtap_find_users(ifindexes, 4, in_use, &error), &error);
    assert_true(in_use[1]);
    assert_false(in_use[0] || in_use[2] || in_use[3]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);

    /* This process counts, too, and what has no name in /dev. */
    open_queues(ifindexes[0], 1, true);
    check_ok(macvtap_find_users(ifindexes, 4, in_use, &error), &error);
    assert_true(in_use[0]);
    assert_false(in_use[1]);
    close_all();
    check_ok(macvtap_find_users(ifindexes, 0, NULL, &error), &error);
    check_error(host_as(NOBODY, NOBODY, find_as_stranger, ifindexes, &error), -EPERM, &error,
                "cannot find who uses macvtaps: cannot mount a private sysfs");
    assert_int_equal(count_descriptors(), n_open_before);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(macvtaps_of_all_modes_are_made),
        TEST(the_mtu_is_at_most_the_lower_devices),
        TEST(the_host_takes_no_address_of_the_guests),
        TEST(passthrough_lends_its_address_to_the_lower_device),
        TEST(what_the_kernel_refuses_is_explained),
        TEST(a_multicast_address_is_refused),
        TEST(a_stranger_may_not),
        TEST(queues_are_opened),
        TEST(what_cannot_be_opened_is_explained),
        TEST(the_limit_on_descriptors_leaves_nothing),
        TEST(frames_pass),
        TEST(without_a_header_frames_come_cut),
        TEST(the_same_index_in_two_namespaces_is_two_devices),
        TEST(public_nodes_are_never_anothers),
        TEST(without_a_devtmpfs_a_public_node_is_refused),
        TEST(nodes_are_given_away),
        TEST(udev_is_waited_for),
        TEST(udev_is_not_waited_for_where_it_hears_nothing),
        TEST(users_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
