/* The nodes of macvtaps, netdev/macvtap.h against the kernel: those that nobody else sees, and
 * those in /dev, whose names repeat over network namespaces. */
#include "support/macvtap.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_index_in_two_namespaces_is_two_devices),
        TEST(public_nodes_are_never_anothers),
        TEST(without_a_devtmpfs_a_public_node_is_refused),
        TEST(nodes_are_given_away),
        TEST(udev_is_waited_for),
        TEST(udev_is_not_waited_for_where_it_hears_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
