/* netdev/tap.h against the kernel, through a /dev/net/tun of the test's own. */
#include "support/host.h"
#include "support/queues.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "netdev/tap.h"

#define NOBODY 65534

static struct tap_options options(const char *name, unsigned n_queues)
{
    return (struct tap_options){
        .name = name, .n_queues = n_queues, .owner = (uid_t)-1, .group = (gid_t)-1};
}

/* Makes /dev/net/tun with that mode, or for mode 0 none, where only this process sees it. */
static void set_tun_device(mode_t mode)
{
    unlink("/dev/net/tun");
    if (mode) {
        assert_int_equal(mknod("/dev/net/tun", S_IFCHR | mode, makedev(10, 200)), 0);
        assert_int_equal(chmod("/dev/net/tun", mode), 0);
    }
}

static int hide_dev_net(void **state)
{
    (void)state;
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount("tmpfs", "/dev/net", "tmpfs", 0, "mode=755"), 0);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    set_tun_device(0666);
    forget_queues();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_queues();
    host_run(
        "cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - || true");
    return 0;
}

static struct link_info get(const char *name)
{
    struct rtnl *rtnl = NULL;
    struct link_info info = {0};
    char *error = NULL;

    check_ok(rtnl_open(&rtnl, &error), &error);
    check_ok(link_get(rtnl, name, &info, &error), &error);
    rtnl_close(rtnl);
    return info;
}

static bool exists(const char *name)
{
    return if_nametoindex(name) != 0;
}

static void check_untouched(void)
{
    assert_int_equal(fds[0], UNTOUCHED);
}

/* Checks that fds[0] to fds[n - 1] and no more are queues of the tap `name` and have the flags
 * that the header promises. */
static void check_queues(const char *name, unsigned n, int flags)
{
    for (unsigned i = 0; i < n; i++) {
        struct ifreq request = {0};

        assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(fds[i], F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
        assert_int_equal(ioctl(fds[i], TUNGETIFF, &request), 0);
        assert_string_equal(request.ifr_name, name);
        assert_int_equal(request.ifr_flags & (IFF_TAP | IFF_TUN | IFF_NO_PI | IFF_VNET_HDR |
                                              IFF_MULTI_QUEUE | IFF_PERSIST),
                         IFF_TAP | IFF_NO_PI | flags);
    }
    assert_true(n == TAP_MAX_QUEUES || fds[n] == UNTOUCHED);
}

static void create(const struct tap_options *wish)
{
    char *error = NULL;

    check_ok(tap_create(wish, fds, &error), &error);
}

/* Makes a persistent tap that nobody has open. */
static void create_and_close(struct tap_options wish)
{
    char *error = NULL;

    create(&wish);
    check_ok(tap_set_persistent(fds[0], true, &error), &error);
    close_queues();
}

static void taps_of_1_4_and_256_queues_are_made(void **state)
{
    static const unsigned n_queues[] = {1, 4, 256};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(n_queues); i++) {
        const struct tap_options wish = options("t0", n_queues[i]);

        create(&wish);
        check_queues("t0", n_queues[i], n_queues[i] > 1 ? IFF_MULTI_QUEUE : 0);
        assert_false(get("t0").up);
        assert_true(get("t0").carrier);
        close_queues();
        assert_false(exists("t0"));
    }
}

static void other_numbers_of_queues_are_refused(void **state)
{
    static const unsigned n_queues[] = {0, 257, 300, 4294967295U};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(n_queues); i++) {
        const struct tap_options wish = options("t0", n_queues[i]);
        auto_free char *part = str_printf("tap \"t0\" cannot have %u queues: 1 to 256",
                                          wish.n_queues);
        char *error = NULL;

        check_error(tap_create(&wish, fds, &error), -EINVAL, &error, part);
        check_error(tap_open(&wish, fds, &error), -EINVAL, &error, part);
        check_untouched();
        assert_false(exists("t0"));
    }
}

static void bad_names_are_refused(void **state)
{
    const struct tap_options wish = options("tap%d", 1);
    char *error = NULL;

    (void)state;
    check_error(tap_create(&wish, fds, &error), -EINVAL, &error, "'%' in it");
    check_error(tap_open(&wish, fds, &error), -EINVAL, &error, "'%' in it");
    check_output("1\n", "ls /sys/class/net | wc -l");
}

static void names_in_use_are_refused(void **state)
{
    static const struct {
        const char *name;
        const char *part;
    } taken[] = {
        {"br0", "cannot make tap \"br0\": the name is in use, by a link of the kind \"bridge\""},
        {"t0", "by a link of the kind \"tap\""},
        {"t1", "by a link of the kind \"tun\""},
        {"lo", "by a link without a kind"},
        {"bridge-altname", "by a link of the kind \"bridge\""},
    };

    (void)state;
    host_run("ip link add br0 type bridge; ip link property add dev br0 altname bridge-altname;"
             "ip tuntap add t0 mode tap; ip tuntap add t1 mode tun");
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        const struct tap_options wish = options(taken[i].name, 1);
        char *error = NULL;

        check_error(tap_create(&wish, fds, &error), -EEXIST, &error, taken[i].part);
        check_untouched();
    }
    check_output("persist", "ip -d link show t0");
    assert_false(get("t0").carrier);
}

static void the_limit_on_descriptors_leaves_nothing(void **state)
{
    const struct tap_options wish = options("t0", 8);
    struct rlimit limit;
    char *error = NULL;
    const int next = 3;

    (void)state;
    close_range((unsigned)next, ~0U, 0); /* what ctest or a shell left open */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int n = 0; n < 12; n++) {
        const struct rlimit few = {.rlim_cur = (rlim_t)(next + n), .rlim_max = limit.rlim_max};

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        int result = tap_create(&wish, fds, &error);

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        if (n == 4) {
            check_error(result, -EMFILE, &error,
                        "queue 5 of 8 of tap \"t0\": cannot open /dev/net/tun: Too many open "
                        "files; each queue takes a descriptor: raise the limit (ulimit -n)");
        } else if (n <= 8) { /* with 8, it is the netlink socket that fails */
            check_error(result, -EMFILE, &error, "Too many open files");
        } else {
            check_ok(result, &error);
            close_queues();
        }
        check_untouched();
        assert_false(exists("t0"));
    }
}

static void persistent_taps_stay(void **state)
{
    const struct tap_options wish = options("t0", 2);
    char *error = NULL;

    (void)state;
    create(&wish);
    check_queues("t0", 2, IFF_MULTI_QUEUE);
    check_ok(tap_set_persistent(fds[1], true, &error), &error);
    check_queues("t0", 2, IFF_MULTI_QUEUE | IFF_PERSIST);
    close_queues();
    assert_true(exists("t0"));
    assert_false(get("t0").carrier);
    assert_int_equal(get("t0").tun.n_queues, 0);

    check_ok(tap_open(&wish, fds, &error), &error);
    check_ok(tap_set_persistent(fds[0], false, &error), &error);
    close_queues();
    assert_false(exists("t0"));
    check_error(tap_set_persistent(STDIN_FILENO, true, &error), -ENOTTY, &error,
                "cannot make a tap persistent: Inappropriate ioctl for device");
}

static int open_it(void *arg, char **errorp)
{
    const struct tap_options *wish = arg;
    int error = tap_open(wish, fds, errorp);

    /* In a child of the test: no cmocka. */
    return error ? error : fds[wish->n_queues - 1] == UNTOUCHED ? -EBADMSG : 0;
}

static int make_it(void *arg, char **errorp)
{
    return tap_create(arg, fds, errorp);
}

static void taps_are_for_their_owner(void **state)
{
    struct tap_options wish = options("t0", 1);
    char *error = NULL;

    (void)state;
    wish.owner = 1234;
    create_and_close(wish);
    check_output("user 1234", "ip -d tuntap list dev t0");
    check_error(host_as(NOBODY, NOBODY, open_it, &wish, &error), -EPERM, &error,
                "cannot open tap \"t0\": it is for user 1234; others need CAP_NET_ADMIN");
    check_ok(host_as(1234, NOBODY, open_it, &wish, &error), &error);
    check_ok(host_as(0, 0, open_it, &wish, &error), &error);
}

static void taps_are_for_their_group(void **state)
{
    struct tap_options wish = options("t0", 2);
    char *error = NULL;

    (void)state;
    wish.group = 5678;
    create_and_close(wish);
    check_error(host_as(NOBODY, NOBODY, open_it, &wish, &error), -EPERM, &error,
                "it is for group 5678");
    check_ok(host_as(NOBODY, 5678, open_it, &wish, &error), &error);
}

static void taps_are_for_an_owner_in_the_group(void **state)
{
    struct tap_options wish = options("t0", 1);
    char *error = NULL;

    (void)state;
    wish.owner = 1234;
    wish.group = 5678;
    create_and_close(wish);
    check_error(host_as(1234, NOBODY, open_it, &wish, &error), -EPERM, &error,
                "it is for user 1234 and group 5678");
    check_error(host_as(NOBODY, 5678, open_it, &wish, &error), -EPERM, &error,
                "it is for user 1234 and group 5678");
    check_ok(host_as(1234, 5678, open_it, &wish, &error), &error);
}

/* For one with several queues that would mean: for others to join at any time. */
static void taps_are_never_for_everyone(void **state)
{
    struct tap_options wish = options("t0", 2);
    char *error = NULL;

    (void)state;
    create(&wish);
    check_error(host_as(NOBODY, NOBODY, open_it, &wish, &error), -EPERM, &error,
                "it is for user 0");
}

static void vnet_hdr_is_as_asked_for(void **state)
{
    struct tap_options wish = options("t0", 1);
    int size = 0;

    (void)state;
    wish.vnet_hdr = true;
    create(&wish);
    check_queues("t0", 1, IFF_VNET_HDR);
    assert_int_equal(ioctl(fds[0], TUNGETVNETHDRSZ, &size), 0);
    assert_int_equal(size, 10);
    close_queues();
    wish.vnet_hdr = false;
    create(&wish);
    check_queues("t0", 1, 0);
}

static void descriptors_do_not_reach_other_programs(void **state)
{
    const struct tap_options wish = options("t0", 2);

    (void)state;
    create(&wish);
    check_output("none", "readlink /proc/$$/fd/* | grep net/tun || echo none");
}

static void existing_taps_are_opened(void **state)
{
    static const unsigned n_queues[] = {1, 2, 256};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(n_queues); i++) {
        struct tap_options wish = options("t0", n_queues[i]);
        char *error = NULL;

        create_and_close(wish);
        const unsigned ifindex = if_nametoindex("t0");

        for (int vnet_hdr = 0; vnet_hdr < 2; vnet_hdr++) {
            wish.vnet_hdr = vnet_hdr;
            check_ok(tap_open(&wish, fds, &error), &error);
            check_queues("t0", n_queues[i],
                         IFF_PERSIST | (n_queues[i] > 1 ? IFF_MULTI_QUEUE : 0) |
                             (vnet_hdr ? IFF_VNET_HDR : 0));
            close_queues();
        }
        assert_int_equal(if_nametoindex("t0"), ifindex);
        host_run("ip link delete t0");
    }
}

static void taps_may_be_opened_by_an_alternative_name(void **state)
{
    const struct tap_options wish = options("t0-altname", 1);
    char *error = NULL;

    (void)state;
    host_run("ip tuntap add t0 mode tap; ip link property add dev t0 altname t0-altname");
    check_ok(tap_open(&wish, fds, &error), &error);
    check_queues("t0", 1, IFF_PERSIST);
}

static void another_multi_queue_is_explained(void **state)
{
    struct tap_options one = options("one", 1);
    struct tap_options many = options("many", 2);
    char *error = NULL;

    (void)state;
    create_and_close(one);
    create_and_close(many);
    one.n_queues = 2;
    many.n_queues = 1;
    check_error(tap_open(&one, fds, &error), -EINVAL, &error,
                "cannot open tap \"one\" with several queues: it was made without multi_queue, "
                "which takes one");
    check_error(tap_open(&many, fds, &error), -EINVAL, &error,
                "cannot open tap \"many\" with one queue: it was made with multi_queue, which "
                "takes two or more");
    check_untouched();
}

static void what_is_no_tap_is_refused(void **state)
{
    struct tap_options wish = options("br0", 1);
    char *error = NULL;

    (void)state;
    host_run("ip link add br0 type bridge; ip tuntap add t1 mode tun");
    check_error(tap_open(&wish, fds, &error), -EINVAL, &error,
                "cannot open tap \"br0\": it is no tap but a link of the kind \"bridge\"");
    wish.name = "t1";
    check_error(tap_open(&wish, fds, &error), -EINVAL, &error, "of the kind \"tun\"");
    wish.name = "lo";
    check_error(tap_open(&wish, fds, &error), -EINVAL, &error, "but a link without a kind");
    check_untouched();
}

static void taps_in_use_are_refused(void **state)
{
    struct tap_options wish = options("t0", 1);
    char *error = NULL;

    (void)state;
    create(&wish);
    check_error(host_as(0, 0, open_it, &wish, &error), -EBUSY, &error,
                "cannot open tap \"t0\": it is open already");
    close_queues();

    wish.n_queues = 255;
    create(&wish);
    wish.n_queues = 2;
    check_error(host_as(0, 0, open_it, &wish, &error), -E2BIG, &error,
                "cannot open tap \"t0\" with 2 queues");
    close_queues();

    /* The kernel would not say that the flag of a later queue is ignored. */
    create(&wish);
    wish.vnet_hdr = true;
    check_error(host_as(0, 0, open_it, &wish, &error), -EINVAL, &error,
                "tap \"t0\" is open already, without vnet_hdr");
    assert_int_equal(get("t0").tun.n_queues, 2);
}

/* Also not for a moment: other programs would hear of it. */
static void opening_never_makes_a_tap(void **state)
{
    struct tap_options wish = options("t0", 1);
    char *error = NULL;

    (void)state;
    host_run("ip monitor link >/run/events 2>&1 & echo $! >/run/monitor;"
             "until ip link set lo mtu 1234; ip link set lo mtu 4321; [ -s /run/events ];"
             "do sleep 0.01; done");
    for (wish.n_queues = 1; wish.n_queues < 3; wish.n_queues++) {
        check_error(tap_open(&wish, fds, &error), -ENODEV, &error,
                    "cannot open tap \"t0\": there is no link \"t0\"");
        check_error(host_as(NOBODY, NOBODY, open_it, &wish, &error), -ENODEV, &error,
                    "cannot open tap \"t0\": there is no link \"t0\"");
        check_untouched();
        assert_false(exists("t0"));
    }
    host_run("ip link set lo mtu 2222; until grep -q 'lo:.*mtu 2222' /run/events; do sleep 0.01; "
             "done; ip link set lo mtu 65536; kill $(cat /run/monitor); ! grep t0 /run/events");
}

static void those_that_may_not_are_told_so(void **state)
{
    struct tap_options wish = options("t0", 1);
    char *error = NULL;

    (void)state;
    check_error(host_as(NOBODY, NOBODY, make_it, &wish, &error), -EPERM, &error,
                "cannot make tap \"t0\": Operation not permitted; this needs CAP_NET_ADMIN: run "
                "as root");
    set_tun_device(0600);
    check_error(host_as(NOBODY, NOBODY, make_it, &wish, &error), -EACCES, &error,
                "cannot open /dev/net/tun: Permission denied; run as root, or give this user "
                "access to the device");
    check_error(host_as(NOBODY, NOBODY, open_it, &wish, &error), -EACCES, &error,
                "cannot open /dev/net/tun: Permission denied; run as root");
    assert_false(exists("t0"));
}

static void a_missing_module_is_guessed(void **state)
{
    const struct tap_options wish = options("t0", 1);
    char *error = NULL;

    (void)state;
    set_tun_device(0);
    check_error(tap_create(&wish, fds, &error), -ENOENT, &error,
                "cannot make tap \"t0\": cannot open /dev/net/tun: No such file or directory; is "
                "the tun module loaded?");
    /* A node without a driver. */
    assert_int_equal(mknod("/dev/net/tun", S_IFCHR | 0666, makedev(4000, 1)), 0);
    check_error(tap_open(&wish, fds, &error), -ENXIO, &error, "is the tun module loaded?");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(taps_of_1_4_and_256_queues_are_made),
        TEST(other_numbers_of_queues_are_refused),
        TEST(bad_names_are_refused),
        TEST(names_in_use_are_refused),
        TEST(the_limit_on_descriptors_leaves_nothing),
        TEST(persistent_taps_stay),
        TEST(taps_are_for_their_owner),
        TEST(taps_are_for_their_group),
        TEST(taps_are_for_an_owner_in_the_group),
        TEST(taps_are_never_for_everyone),
        TEST(vnet_hdr_is_as_asked_for),
        TEST(descriptors_do_not_reach_other_programs),
        TEST(existing_taps_are_opened),
        TEST(taps_may_be_opened_by_an_alternative_name),
        TEST(another_multi_queue_is_explained),
        TEST(what_is_no_tap_is_refused),
        TEST(taps_in_use_are_refused),
        TEST(opening_never_makes_a_tap),
        TEST(those_that_may_not_are_told_so),
        TEST(a_missing_module_is_guessed),
    };

    return cmocka_run_group_tests(tests, hide_dev_net, NULL);
}
