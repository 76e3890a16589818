/* netdev/probe.h against a Linux bridge, whose port p0 is the switch behind the device l0. */
#include "support/host.h"

#include <errno.h>

#include "netdev/probe.h"
#include "netdev/rtnl.h"

static int setup(void **state)
{
    struct rtnl *rtnl = NULL;
    char *error = NULL;

    check_ok(rtnl_open(&rtnl, &error), &error);
    *state = rtnl;
    host_run("ip link add br0 type bridge mcast_snooping 0; ip link add l0 type veth peer p0;"
             "ip link set p0 master br0; for i in br0 p0 l0; do ip link set $i up; done");
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
        assert_true(result.elapsed_ms > 0 && result.elapsed_ms < 45);
    }
    probe_result_clear(&result);
    assert_null(result.reason);
}
#define check_answer(result, wanted, part) check_answer_(result, wanted, part, __FILE__, __LINE__)

/* All ways of asking, one after the other. */
static const struct probe_options ways[] = {
    {.lower = NULL},
    {.source_lower = true},

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

/* The links, and what addresses the lower device listens to besides its own. */
static char *traces(void)
{
    return host_output("ip -o link | sed 's/state.*//'; bridge fdb show dev l0 | grep self; "
                       "ip maddr show dev l0");
}

static void nothing_is_left(void **state)
{
    auto_free char *before = traces();

    for (int hairpin = 0; hairpin < 2; hairpin++) {
        for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
            struct probe_result result = ask(state, ways[i]);
            auto_free char *after = traces();

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
        TEST(a_port_that_floods_nothing_unknown_reflects_all_the_same),
        TEST(a_broadcast_alone_does_not_tell),
        TEST(without_a_bridge_nothing_comes_back),
        TEST(a_device_that_cannot_be_asked_is_unknown),
        TEST(other_macvtaps_may_run_meanwhile),
        TEST(a_bridge_does_not_reflect_to_itself),
        TEST(some_devices_have_no_switch),
        TEST(only_root_may_ask),
        TEST(nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
