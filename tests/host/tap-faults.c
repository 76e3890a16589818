/* netdev/tap.h when something happens at the worst moment: ioctl() is wrapped by the linker, and a
 * test may have something done just before an ioctl, or have it fail. */
#include "support/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "netdev/tap.h"

__attribute__((visibility("default"))) int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __real_ioctl(int fd, unsigned long request, ...);

/* What is to happen at which ioctl. */
static struct {
    unsigned long request;
    int skip;              /* not at the first ones */
    const char *do_before; /* a shell command */
    void (*call_before)(void);
    int fail_with; /* errno, instead of the ioctl */
    bool done;
} fault;

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
    if (request == fault.request && !fault.done && fault.skip-- == 0) {
        fault.done = true;
        if (fault.do_before) {
            host_run("%s", fault.do_before);
        }
        if (fault.call_before) {
            fault.call_before();
        }
        if (fault.fail_with) {
            errno = fault.fail_with;
            return -1;
        }
    }
    return __real_ioctl(fd, request, arg);
}

static int fds[4];

static const struct tap_options three_queues = {
    .name = "t0", .n_queues = 3, .owner = 1234, .group = 5678};

static int setup(void **state)
{
    (void)state;
    memset(&fault, 0, sizeof fault);
    memset(fds, 0, sizeof fds);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    host_run(
        "cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - || true");
    return 0;
}

static void check_nothing_left(void)
{
    assert_true(fault.done);
    assert_int_equal(fds[0], 0);
    check_output("lo\n", "ls /sys/class/net");
    check_output("1\n", "ls /sys/class/net | wc -l");
}

static void no_failing_step_leaves_a_tap(void **state)
{
    static const struct {
        unsigned long request;
        int skip;
        const char *part;
    } steps[] = {
        {TUNSETIFF, 0, "cannot make tap \"t0\": Input/output error"},
        {TUNSETOWNER, 0, "cannot give tap \"t0\" to user 1234: Input/output error"},
        {TUNSETGROUP, 0, "cannot give tap \"t0\" to group 5678: Input/output error"},
        {TUNSETIFINDEX, 0, "cannot open tap \"t0\": Input/output error"},
        {TUNSETIFF, 1, "cannot open tap \"t0\": Input/output error"},
        {TUNSETIFF, 2, "cannot open tap \"t0\": Input/output error"},
    };

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        char *error = NULL;

        setup(state);
        fault.request = steps[i].request;
        fault.skip = steps[i].skip;
        fault.fail_with = EIO;
        check_error(tap_create(&three_queues, fds, &error), -EIO, &error, steps[i].part);
        check_nothing_left();
    }
}

/* The stranger's descriptor, in reality that of another process. */
static int stranger = -1;

static void let_a_stranger_in(void)
{
    struct ifreq request = {.ifr_name = "t0", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};

    stranger = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    assert_true(stranger >= 0);
    assert_int_equal(__real_ioctl(stranger, TUNSETIFF, &request), 0);
}

static void a_stranger_that_got_in_early_is_noticed(void **state)
{
    char *error = NULL;

    (void)state;
    fault.request = TUNSETOWNER;
    fault.call_before = let_a_stranger_in;
    check_error(tap_create(&three_queues, fds, &error), -EBUSY, &error,
                "another process opened tap \"t0\" while it was made; it was deleted");
    check_nothing_left();
    close(stranger);
}

static void make_it_the_strangers(void)
{
    assert_int_equal(__real_ioctl(stranger, TUNSETOWNER, 65534UL), 0);
    close(stranger);
}

static void let_a_stranger_in_for_a_while(void)
{
    let_a_stranger_in();
    fault.request = TUNSETGROUP;
    fault.skip = 0;
    fault.call_before = make_it_the_strangers;
    fault.done = false;
}

static void a_stranger_that_came_and_went_is_noticed(void **state)
{
    char *error = NULL;

    (void)state;
    fault.request = TUNSETOWNER;
    fault.call_before = let_a_stranger_in_for_a_while;
    check_error(tap_create(&three_queues, fds, &error), -EBUSY, &error,
                "another process opened tap \"t0\"");
    check_nothing_left();
}

static void a_new_tap_that_is_deleted_meanwhile_is_not_made_again(void **state)
{
    char *error = NULL;

    (void)state;
    fault.request = TUNSETIFF;
    fault.skip = 1;
    fault.do_before = "ip link delete t0";
    check_error(tap_create(&three_queues, fds, &error), -ENODEV, &error, "there is no link \"t0\"");
    check_nothing_left();
}

static void anothers_tap_of_that_name_is_left_alone(void **state)
{
    char *error = NULL;

    (void)state;
    fault.request = TUNSETIFF;
    fault.skip = 1;
    fault.do_before = "ip link delete t0; ip tuntap add t0 mode tap multi_queue";
    check_error(tap_create(&three_queues, fds, &error), -ENODEV, &error,
                "tap \"t0\" was deleted while it was opened");
    assert_true(fault.done);
    assert_int_equal(fds[0], 0);
    check_output("persist on", "ip -d link show t0");
}

static void a_tap_that_is_deleted_before_it_is_opened_is_not_made(void **state)
{
    const struct tap_options one_queue = {.name = "t0", .n_queues = 1};
    char *error = NULL;

    (void)state;
    host_run("ip tuntap add t0 mode tap");
    fault.request = TUNSETIFF;
    fault.do_before = "ip link delete t0";
    check_error(tap_open(&one_queue, fds, &error), -ENODEV, &error, "there is no link \"t0\"");
    check_nothing_left();
}

static void queues_are_never_of_two_taps(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip tuntap add t0 mode tap multi_queue");
    fault.request = TUNSETIFF;
    fault.skip = 1;
    fault.do_before = "ip link delete t0; ip tuntap add t0 mode tap multi_queue";
    check_error(tap_open(&three_queues, fds, &error), -ENODEV, &error,
                "tap \"t0\" was deleted while it was opened");
    assert_true(fault.done);
    assert_int_equal(fds[0], 0);

    setup(state);
    fault.request = TUNSETIFF;
    fault.skip = 1;
    fault.do_before = "ip link set t0 name t1; ip tuntap add t0 mode tap multi_queue";
    check_error(tap_open(&three_queues, fds, &error), -ENODEV, &error,
                "tap \"t0\" was renamed while it was opened");
    assert_true(fault.done);
    assert_int_equal(fds[0], 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_failing_step_leaves_a_tap),
        TEST(a_stranger_that_got_in_early_is_noticed),
        TEST(a_stranger_that_came_and_went_is_noticed),
        TEST(a_new_tap_that_is_deleted_meanwhile_is_not_made_again),
        TEST(anothers_tap_of_that_name_is_left_alone),
        TEST(a_tap_that_is_deleted_before_it_is_opened_is_not_made),
        TEST(queues_are_never_of_two_taps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
