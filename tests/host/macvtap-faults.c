/* netdev/macvtap.h when something happens at the worst moment: calls of the system are wrapped by
 * the linker, and a test may have something done just before one, or have it fail. */
#include "support/host.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"

#define WRAPPED __attribute__((visibility("default")))

/* Of libnl, whose headers are netdev's alone. */
struct nl_sock;
struct nl_msg;
struct nlmsghdr *nlmsg_hdr(struct nl_msg *message);
#define NLE_NOMEM 5

WRAPPED int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __real_ioctl(int fd, unsigned long request, ...);
WRAPPED int __wrap_fsopen(const char *type, unsigned flags);
int __real_fsopen(const char *type, unsigned flags);
WRAPPED int __wrap_mknodat(int folder, const char *path, mode_t mode, dev_t number);
int __real_mknodat(int folder, const char *path, mode_t mode, dev_t number);
WRAPPED int __wrap_nl_send_auto(struct nl_sock *socket, struct nl_msg *message);
int __real_nl_send_auto(struct nl_sock *socket, struct nl_msg *message);

/* Stand for calls that are no ioctl. */
enum { FSOPEN = 1, MKNODAT, SETLINK };

/* What is to happen at which call. */
static struct {
    unsigned long request;
    int skip;              /* not at the first ones */
    const char *do_before; /* a shell command */
    int fail_with;         /* errno, instead of the call */
    bool done;
} fault;

static bool old_kernel;

/* Returns whether the call is to fail. */
static bool strike(unsigned long request)
{
    if (request != fault.request || fault.done || fault.skip-- > 0) {
        return false;
    }
    fault.done = true;
    if (fault.do_before) {
        host_run("%s", fault.do_before);
    }
    errno = fault.fail_with;
    return fault.fail_with;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
    return strike(request) ? -1 : __real_ioctl(fd, request, arg);
}

int __wrap_fsopen(const char *type, unsigned flags)
{
    return strike(FSOPEN) ? -1 : __real_fsopen(type, flags);
}

int __wrap_mknodat(int folder, const char *path, mode_t mode, dev_t number)
{
    return strike(MKNODAT) ? -1 : __real_mknodat(folder, path, mode, number);
}

/* A kernel before 6.2 does not echo new links. */
int __wrap_nl_send_auto(struct nl_sock *socket, struct nl_msg *message)
{
    if (old_kernel && nlmsg_hdr(message)->nlmsg_type == RTM_NEWLINK) {
        nlmsg_hdr(message)->nlmsg_flags &= (uint16_t)~NLM_F_ECHO;
    }
    if (nlmsg_hdr(message)->nlmsg_type == RTM_SETLINK && strike(SETLINK)) {
        return -NLE_NOMEM;
    }
    return __real_nl_send_auto(socket, message);
}

static struct rtnl *rtnl;
static int fds[2];
static int n_open_before;

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
    memset(&fault, 0, sizeof fault);
    memset(fds, 0, sizeof fds);
    old_kernel = false;
    host_run("ip link add low0 type veth peer peer0;"
             "ip link add link low0 name m0 index 62222 type macvtap mode bridge;"
             "ip netns add other; ip -n other link add low1 type veth peer peer1");
    check_ok(rtnl_open(&rtnl, &error), &error);
    n_open_before = count_descriptors();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rtnl_close(rtnl);
    rtnl = NULL;
    host_run("ip -all netns delete;"
             "cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - "
             ">/dev/null 2>&1 || true");
    return 0;
}

static void check_not_opened(int expected, const char *part)
{
    char *error = NULL;

    check_error(macvtap_open(rtnl, 62222, 2, false, fds, &error), expected, &error, part);
    assert_true(fault.done);
    assert_int_equal(fds[0], 0);
    assert_int_equal(count_descriptors(), n_open_before);
}

static void no_failing_step_leaves_a_descriptor(void **state)
{
    static const struct {
        unsigned long request;
        int skip;
        int fail_with;
        const char *part;
    } steps[] = {
        {FSOPEN, 0, EPERM, "\"m0\": cannot mount a private sysfs: Operation not permitted; this "},
        {FSOPEN, 0, ENOSYS,
         "cannot mount a private sysfs: Function not implemented; this needs "
         "Linux 5.2"},
        {FSOPEN, 1, ENOMEM, "\"m0\": cannot mount a private tmpfs: Cannot allocate memory"},
        {MKNODAT, 0, EPERM,
         "cannot make a node for the device of macvtap \"m0\": Operation not "
         "permitted; this needs CAP_MKNOD"},
        {TUNSETIFF, 0, EIO, "cannot set the flags of macvtap \"m0\": Input/output error"},
        {TUNSETIFF, 1, EIO, "cannot set the flags of macvtap \"m0\": Input/output error"},
        {TUNGETIFF, 1, EIO, "macvtap \"m0\" was deleted while it was opened"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        memset(&fault, 0, sizeof fault);
        fault.request = steps[i].request;
        fault.skip = steps[i].skip;
        fault.fail_with = steps[i].fail_with;
        check_not_opened(fault.request == TUNGETIFF ? -ENODEV : -fault.fail_with, steps[i].part);
    }
}

static void a_macvtap_that_goes_meanwhile_is_noticed(void **state)
{
    static const char delete[] = "ip link delete m0";
    static const char replace[] =
        "ip link delete m0; ip link add link low0 name m0 index 62222 type macvtap mode bridge";
    static const struct {
        unsigned long request;
        const char *do_before;
        const char *part;
    } events[] = {
        {FSOPEN, delete, "cannot open macvtap \"m0\": there is no macvtap with index 62222"},
        {MKNODAT, delete, "macvtap \"m0\" was deleted while it was opened"},
        {TUNSETIFF, delete, "macvtap \"m0\" was deleted while it was opened"},
        {TUNGETIFF, delete, "macvtap \"m0\" was deleted while it was opened"},
        /* By another with the same name, index and, most likely, device number. */
        {TUNSETIFF, replace, "macvtap \"m0\" was deleted while it was opened"},
        {TUNGETIFF, replace, "macvtap \"m0\" was deleted while it was opened"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        memset(&fault, 0, sizeof fault);
        fault.request = events[i].request;
        fault.do_before = events[i].do_before;
        check_not_opened(-ENODEV, events[i].part);
        host_run("ip link delete m0 2>/dev/null;"
                 "ip link add link low0 name m0 index 62222 type macvtap mode bridge");
    }
}

/* The worst: the number is read, and at once becomes that of another namespace's macvtap, which
 * even has the same name. The kernel gives out the lowest number that is free; when another test
 * was quicker to take it, we try again. */
static void check_change_of_hands(const char *afterwards)
{
    auto_free char *event = str_printf("cat /sys/class/macvtap/tap62222/dev >/run/tmp/read;"
                                       "ip link delete m0;"
                                       "ip -n other link add link low1 name m0 type macvtap;"
                                       "ip netns exec other sh -c 'cat /sys/class/macvtap/tap*/dev'"
                                       " >/run/tmp/taken; %s",
                                       afterwards);
    bool arranged = false;

    for (int i = 0; i < 20 && !arranged; i++) {
        char *error = NULL;

        memset(&fault, 0, sizeof fault);
        fault.request = MKNODAT;
        fault.do_before = event;
        int result = macvtap_open(rtnl, 62222, 2, false, fds, &error);
        auto_free char *same = host_output("cmp -s /run/tmp/read /run/tmp/taken && echo yes ||:");

        arranged = str_eq(same, "yes\n");
        check_error(result, -ENODEV, &error, "macvtap \"m0\" was deleted while it was opened");
        assert_int_equal(fds[0], 0);
        assert_int_equal(count_descriptors(), n_open_before);
        host_run("ip -n other link delete m0; ip link delete m0 2>/dev/null;"
                 "ip link add link low0 name m0 index 62222 type macvtap mode bridge");
    }
    assert_true(arranged);
}

static void a_number_that_changes_hands_is_noticed(void **state)
{
    (void)state;
    check_change_of_hands("true");
    check_change_of_hands("ip link add link low0 name m0 index 62222 type macvtap mode bridge");
}

static void a_macvtap_that_is_renamed_meanwhile_is_noticed(void **state)
{
    (void)state;
    fault.request = TUNGETIFF;
    fault.do_before = "ip link set m0 name m1";
    check_not_opened(-ENODEV, "macvtap \"m0\" was renamed while it was opened");
}

static void kernels_that_do_not_echo_will_do(void **state)
{
    struct macvtap_options wish = {.name = "m1",
                                   .lower = (int)if_nametoindex("low0"),
                                   .mode = MACVTAP_BRIDGE,
                                   .mac = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}}};
    int ifindex = 0;
    char *error = NULL;

    (void)state;
    old_kernel = true;
    check_ok(macvtap_create(rtnl, &wish, &ifindex, &error), &error);
    assert_int_not_equal(ifindex, 0);
    assert_int_equal(ifindex, if_nametoindex("m1"));
}

/* One macvtap is made by several requests. */
static void a_macvtap_that_cannot_be_finished_is_taken_back(void **state)
{
    static const char *const parts[] = {
        "without an IPv6 address",
        "cannot set address 52:54:00:12:34:56 of link \"m1\"",
    };
    struct macvtap_options wish = {.name = "m1",
                                   .lower = (int)if_nametoindex("low0"),
                                   .mode = MACVTAP_PASSTHROUGH,
                                   .mac = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}}};
    int ifindex = 0;
    char *error = NULL;

    (void)state;
    host_run("ip link delete m0");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        fault.request = SETLINK;
        fault.skip = (int)i;
        fault.fail_with = ENOBUFS;
        fault.done = false;
        check_error(macvtap_create(rtnl, &wish, &ifindex, &error), -ENOBUFS, &error, parts[i]);
        assert_int_equal(ifindex, 0);
        assert_int_equal(if_nametoindex("m1"), 0);
    }
}

static void a_node_that_cannot_be_checked_leaves_no_macvtap(void **state)
{
    struct macvtap_options wish = {.name = "m1",
                                   .lower = (int)if_nametoindex("low0"),
                                   .mode = MACVTAP_BRIDGE,
                                   .mac = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}},
                                   .public_node = true};
    int ifindex = 0;
    char *error = NULL;

    (void)state;
    fault.request = FSOPEN;
    fault.fail_with = EPERM;
    check_error(macvtap_create(rtnl, &wish, &ifindex, &error), -EPERM, &error,
                "cannot make macvtap \"m1\": cannot mount a private sysfs");
    assert_int_equal(ifindex, 0);
    assert_int_equal(if_nametoindex("m1"), 0);
    assert_int_equal(count_descriptors(), n_open_before);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_failing_step_leaves_a_descriptor),
        TEST(a_macvtap_that_goes_meanwhile_is_noticed),
        TEST(a_number_that_changes_hands_is_noticed),
        TEST(a_macvtap_that_is_renamed_meanwhile_is_noticed),
        TEST(kernels_that_do_not_echo_will_do),
        TEST(a_macvtap_that_cannot_be_finished_is_taken_back),
        TEST(a_node_that_cannot_be_checked_leaves_no_macvtap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
