/* netdev/probe.h against a Linux bridge, whose port p0 is the switch behind the device l0. */
#include "support/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "netdev/probe.h"
#include "netdev/rtnl.h"

static int setup(void **state)
{
    struct rtnl *rtnl = NULL;
    char *error = NULL;

    check_ok(rtnl_open(&rtnl, &error), &error);
    *state = rtnl;
    /* On a busy machine the kernel tells of a carrier late, and of what IPv6 then does later still.
     */
    host_run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1;"
             "ip link add br0 type bridge mcast_snooping 0; ip link add l0 type veth peer p0;"
             "ip link set p0 master br0; for i in br0 p0 l0; do ip link set $i up; done;"
             "for i in br0 p0 l0; do until ip link show $i | grep -q 'state UP'; do sleep 0.01; "
             "done; done");
    return 0;
}

static int teardown(void **state)
{
    rtnl_close(*state);
    host_run("ip link delete br0; ip link delete l0 2>/dev/null || true");
    return 0;
}

static struct probe_result ask(void **state, struct probe_options options)
{
    struct probe_result result = {0};
    char *error = NULL;

    options.lower = options.lower ? options.lower : "l0";
    check_ok(probe_reflection(*state, &options, &result, &error), &error);
    assert_non_null(result.reason);
    return result;
}

static void check_answer_(struct probe_result result, enum probe_answer wanted, const char *part,
                          const char *file, int line)
{
    if (result.answer != wanted || !strstr(result.reason, part)) {
        print_error("%s: %s; %.3f ms\n", probe_answer_name(result.answer), result.reason,
                    result.elapsed_ms);
        _fail(file, line);
    }
    if (wanted == PROBE_NO) {
        assert_true(result.elapsed_ms >= 140 && result.elapsed_ms < 400);
    } else if (wanted == PROBE_YES) {
        /* A machine that is busy may cost a try; see a_yes_is_quick(). */
        assert_true(result.elapsed_ms > 0 && result.elapsed_ms < 400);
    }
    probe_result_clear(&result);
    assert_null(result.reason);
}
#define check_answer(result, wanted, part) check_answer_(result, wanted, part, __FILE__, __LINE__)

/* All ways of asking, one after the other. */
static const struct probe_options ways[] = {
    {.lower = NULL},
    {.source_lower = true},
    {.end_to_end = true},

};

static void the_ports_flag_decides(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_NO, "no frame came back to l0");
        host_run("bridge link set dev p0 hairpin on");
        check_answer(ask(state, ways[i]), PROBE_YES, "the switch behind l0 sent a");
        host_run("bridge link set dev p0 hairpin off");
        check_answer(ask(state, ways[i]), PROBE_NO, "no frame came back to l0");
    }
}

static void a_yes_is_quick(void **state)
{
    host_run("bridge link set dev p0 hairpin on");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        double best = 1000;

        for (int n = 0; n < 5; n++) {
            struct probe_result result = ask(state, ways[i]);

            assert_int_equal(result.answer, PROBE_YES);
            best = result.elapsed_ms < best ? result.elapsed_ms : best;
            probe_result_clear(&result);
        }
        assert_true(best < 10);
    }
}

static void a_port_that_floods_nothing_unknown_reflects_all_the_same(void **state)
{
    host_run("bridge link set dev p0 hairpin on flood off");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_YES, "the switch behind l0 sent a");
    }
}

static void a_broadcast_alone_does_not_tell(void **state)
{
    host_run("bridge link set dev p0 hairpin on flood off learning off");
    check_answer(ask(state, ways[0]), PROBE_UNKNOWN, "a broadcast came back to l0 and a unicast");
    check_answer(ask(state, ways[1]), PROBE_YES, "sent a broadcast back");
    host_run("bridge link set dev p0 flood on bcast_flood off");
    check_answer(ask(state, ways[0]), PROBE_YES, "sent a frame back");
}

static void without_a_bridge_nothing_comes_back(void **state)
{
    host_run("ip link set p0 nomaster");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_NO, "no frame came back to l0");
    }
}

static void a_device_that_cannot_be_asked_is_unknown(void **state)
{
    host_run("bridge link set dev p0 hairpin on; ip link set p0 down");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_UNKNOWN, "l0 has no carrier");
    }
    host_run("ip link set p0 up; ip link set l0 down");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_UNKNOWN, "l0 is down: ip link set l0 up");
    }
    host_run("ip link set l0 up");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct probe_options options = ways[i];

        options.lower = "p0";
        check_answer(ask(state, options), PROBE_UNKNOWN, "p0 is a port of the bridge br0");
    }
    host_run("ip link add m0 link l0 type macvtap mode passthru; ip link set m0 up");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_UNKNOWN, "passthrough macvtap m0 has l0 to itself");
    }
    host_run("ip link delete m0");
    check_answer(ask(state, ways[0]), PROBE_YES, "");
}

static void other_macvtaps_may_run_meanwhile(void **state)
{
    host_run("for m in vepa bridge private; do"
             " ip link add m-$m link l0 type macvtap mode $m; ip link set m-$m up; done");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        check_answer(ask(state, ways[i]), PROBE_NO, "no frame came back to l0");
        host_run("bridge link set dev p0 hairpin on");
        check_answer(ask(state, ways[i]), PROBE_YES, "the switch behind l0 sent a");
        host_run("bridge link set dev p0 hairpin off");
    }
    host_run("for m in vepa bridge private; do ip link delete m-$m; done");
}

static void a_bridge_does_not_reflect_to_itself(void **state)
{
    host_run("bridge link set dev p0 hairpin on");
    check_answer(ask(state, (struct probe_options){.lower = "br0"}), PROBE_NO, "");
}

static void some_devices_have_no_switch(void **state)
{
    static const struct {
        const char *lower;
        int error;
        const char *part;
    } bad[] = {
        {"lo", -EINVAL, "lo is a loopback device"},
        {"nosuch", -ENODEV, "there is no link \"nosuch\""},
        {"", -ENODEV, "there is no link \"\""},
        {"m0", -EINVAL, "m0 is itself a macvtap: ask about l0"},
        {"v0", -EINVAL, "v0 is itself a macvlan: ask about l0"},
        {"tun0", -EINVAL, "tun0 does not carry Ethernet frames"},
    };

    host_run("ip link add m0 link l0 type macvtap; ip link add v0 link l0 type macvlan;"
             "ip tuntap add tun0 mode tun; ip link set tun0 up");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct probe_result result;
        char *error = NULL;

        check_error(probe_reflection(*state, &(struct probe_options){.lower = bad[i].lower},
                                     &result, &error),
                    bad[i].error, &error, bad[i].part);
        assert_null(result.reason);
    }
    host_run("ip link delete m0; ip link delete v0; ip link delete tun0");
}

static int ask_alone(void *arg, char **errorp)
{
    struct probe_result result;
    struct rtnl *rtnl = NULL;
    int error = rtnl_open(&rtnl, errorp);

    if (!error) {
        error = probe_reflection(rtnl, arg, &result, errorp);
    }
    rtnl_close(rtnl);
    return error;
}

static void only_root_may_ask(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct probe_options options = ways[i];
        char *error = NULL;

        options.lower = "l0";
        check_error(host_as(65534, 65534, ask_alone, &options, &error), -EPERM, &error,
                    "run as root");
    }
}

static void a_passthrough_macvtap_out_of_sight_leaves_it_open(void **state)
{
    host_run("bridge link set dev p0 hairpin on; ip netns add other;"
             "ip link add m0 link l0 netns other type macvtap mode passthru;"
             "ip -n other link set m0 up");
    check_answer(ask(state, ways[0]), PROBE_UNKNOWN, "a passthrough macvtap of another network");
    check_answer(ask(state, ways[2]), PROBE_UNKNOWN, "no macvtap can be put on l0");
    host_run("ip -n other link delete m0; ip netns delete other");
}

static void the_switch_learns_random_addresses_or_only_the_lower_devices(void **state)
{
    host_run("ip link set l0 address 52:54:00:00:00:01");
    check_answer(ask(state, ways[1]), PROBE_NO, "");
    check_output("52:54:00:00:00:01", "bridge fdb show brport p0 dynamic");
    check_output("none other", "bridge fdb show brport p0 dynamic | grep ^02: || echo none other");
    check_answer(ask(state, ways[0]), PROBE_NO, "");
    check_output("2", "bridge fdb show brport p0 dynamic | grep -c ^02:");
}

static void macvtaps_have_addresses_of_their_own(void **state)
{
    const struct probe_options both = {.lower = "l0", .source_lower = true, .end_to_end = true};
    struct probe_result result;
    char *error = NULL;

    check_error(probe_reflection(*state, &both, &result, &error), -EINVAL, &error,
                "macvtaps have addresses of their own");
}

/* The links, and what addresses the lower device listens to besides its own. */
static char *traces(void)
{
    return host_output("ip -o link | sed 's/state.*//'; bridge fdb show dev l0 | grep self; "
                       "ip maddr show dev l0");
}

/* Killed at any instant of an end-to-end probe, it leaves nothing; the kernel takes a moment for
 * what lies in a namespace that is on its way out. */
static void a_killed_probe_leaves_nothing(void **state)
{
    auto_free char *before = traces();

    (void)state;
    for (int delay_ms = 0; delay_ms < 200; delay_ms += 20) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            struct probe_options options = {.lower = "l0", .end_to_end = true};

            ask_alone(&options, NULL);
            _exit(0);
        }
        usleep((useconds_t)delay_ms * 1000);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        check_output("no macvtap", "ip link | grep vifprobe || echo no macvtap");
    }
    auto_free char *after = traces();

    for (int i = 0; i < 250 && !str_eq(before, after); i++) {
        usleep(20000);
        free(after);
        after = traces();
    }
    assert_string_equal(before, after);
    host_run("ip link add m0 link l0 type macvtap mode passthru; ip link delete m0");
}

/* The multicast addresses that all devices listen to, those of the macvtaps on them included; read
 * with one call, before the kernel has time for anything. */
static char *groups(void)
{
    const size_t size = 16384;
    char *text = mem_zalloc(size);
    auto_close int fd = open("/proc/net/dev_mcast", O_RDONLY | O_CLOEXEC);

    assert_in_range(read(fd, text, size), 1, size - 1);
    return text;
}

static void nothing_is_left(void **state)
{
    auto_free char *before = traces();

    for (int hairpin = 0; hairpin < 2; hairpin++) {
        for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
            auto_free char *groups_before = groups();
            struct probe_result result = ask(state, ways[i]);
            auto_free char *groups_after = groups();
            auto_free char *after = traces();

            assert_string_equal(groups_before, groups_after);
            assert_string_equal(before, after);
            probe_result_clear(&result);
        }
        host_run("bridge link set dev p0 hairpin on");
    }
    /* Not even for a moment: this needs the device to itself. */
    host_run("ip link add m0 link l0 type macvtap mode passthru; ip link delete m0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_ports_flag_decides),
        TEST(a_yes_is_quick),
        TEST(a_port_that_floods_nothing_unknown_reflects_all_the_same),
        TEST(a_broadcast_alone_does_not_tell),
        TEST(without_a_bridge_nothing_comes_back),
        TEST(a_device_that_cannot_be_asked_is_unknown),
        TEST(other_macvtaps_may_run_meanwhile),
        TEST(a_bridge_does_not_reflect_to_itself),
        TEST(some_devices_have_no_switch),
        TEST(only_root_may_ask),
        TEST(a_passthrough_macvtap_out_of_sight_leaves_it_open),
        TEST(the_switch_learns_random_addresses_or_only_the_lower_devices),
        TEST(macvtaps_have_addresses_of_their_own),
        TEST(nothing_is_left),
        TEST(a_killed_probe_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
