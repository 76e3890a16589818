/* compare/advice.h: when each rule speaks, and when it does not. */
#include "support/compare.h"

#define SOUND .checksum = OFFLOAD_RIGHT, .segmentation = OFFLOAD_RIGHT, .noise = 1

/* Two sound paths, far apart, of which no rule has anything to say but which is faster. */
static const struct fixture_path fast = {"bridge",
                                         "Fast",
                                         .reach = "yyyyynyn",
                                         SOUND,
                                         .pps = {800e3, 700e3, 200e3},
                                         .cpu_us = {1, 2, 5},
                                         .trip_us = 2};
static const struct fixture_path slow = {
    "passthrough",       "Slow",      .reach = "yyyyynyn", SOUND, .pps = {600e3, 500e3, 100e3},
    .cpu_us = {2, 3, 6}, .trip_us = 4};

static struct compare_result result;

static int start(void **state)
{
    const struct fixture_path paths[] = {fast, slow};

    (void)state;
    fixture_of(paths, ARRAY_LEN(paths), &result);
    return 0;
}

static int end(void **state)
{
    (void)state;
    compare_result_clear(&result);
    return 0;
}

/* Makes the second path one that another rule is about. */
static struct compare_path *second(const char *id)
{
    str_assign(&result.paths[1].id, id);
    return &result.paths[1];
}

/* Checks that besides "fastest" just the rule of that name speaks (NULL: none), and says `part`. */
static void says(const char *rule, const char *part)
{
    for (size_t i = 0; compare_advice_rule(i); i++) {
        const char *name = compare_advice_rule(i);
        auto_free char *sentence = compare_advice_of(&result, i);

        if (rule && strcmp(name, rule) == 0) {
            assert_non_null(sentence);
            if (!strstr(sentence, part)) {
                fail_msg("no \"%s\" in: %s", part, sentence);
            }
        } else if (strcmp(name, "fastest") != 0 && sentence) {
            fail_msg("%s: %s", name, sentence);
        }
    }
}

static void nothing_to_say(void **state)
{
    (void)state;
    says("fastest", "Fastest between guests here: Fast (64 B, 1500 B, 64 KB, round trips).");
}

static void several_are_fastest(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIXTURE_ROUNDS; i++) {
        result.paths[1].samples[LOAD_GSO][i].pps *= 3;
    }
    says("fastest", "Fast (64 B, 1500 B, round trips), Slow (64 KB).");
}

static void nothing_measured(void **state)
{
    (void)state;
    result.paths[0].skipped = str_dup("no tap");
    result.paths[1].floor = true;
    says("nothing", "could be measured");
}

static void equal(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIXTURE_ROUNDS; i++) {
        result.paths[1].samples[LOAD_64][i].pps = result.paths[0].samples[LOAD_64][i].pps * 0.99;
    }
    says("equal", "between Fast and Slow");
}

static void no_reflection(void **state)
{
    (void)state;
    second("vepa")->reach[REACH_UNICAST] = COMPARE_NO;
    says("no-reflection",
         "Slow: the switch does not reflect, so VEPA isolates guests from each other");
    second("vepa-ovs");
    says("no-reflection", "Slow: ");
    second("vepanese");
    says(NULL, "");
}

static void vepa_cost(void **state)
{
    (void)state;
    second("vepa");
    says("vepa-cost", "Behind a switch that reflects, VEPA carries 0.75 of the frames of 64 B that "
                      "Fast does, at 2.0 times its round trip");
    second("vepa-host");
    says("vepa-cost", "The switch behind this device reflects: VEPA carries 0.75");
    second("passthrough");
    str_assign(&result.paths[0].id, "vepa");
    says("vepa-cost", "nothing was faster at 64 B");
}

static void private_is_no_isolation(void **state)
{
    (void)state;
    second("private");
    says("private", "Slow: behind a switch that reflects, private mode is no isolation");
    result.paths[1].reach[REACH_UNICAST] = COMPARE_NO;
    says(NULL, "");
}

static void own_broadcast(void **state)
{
    (void)state;
    result.paths[0].reach[REACH_OWN_BROADCAST] = COMPARE_YES;
    result.paths[1].reach[REACH_OWN_BROADCAST] = COMPARE_YES;
    says("own-broadcast", "Fast and Slow: a guest gets its own broadcasts back");
}

static void userspace_offloads(void **state)
{
    (void)state;
    second("ovs")->checksum = OFFLOAD_CORRUPTED;
    says("userspace-offloads", "Slow: frames whose checksum or segmentation");
    result.paths[1].checksum = OFFLOAD_UNTRIED;
    says(NULL, "");
    result.paths[1].segmentation = OFFLOAD_LOST;
    says("userspace-offloads", "userspace-tso-enable=true");
    second("ovs-offloads");
    says("userspace-offloads", "Slow: ");
    second("ovs-tso");
    says("offloads", "Slow: ");
}

static void offloads(void **state)
{
    (void)state;
    second("ovs-kernel")->segmentation = OFFLOAD_CORRUPTED;
    says("offloads", "Slow: frames whose checksum or segmentation");
}

static void vlans(void **state)
{
    (void)state;
    result.paths[1].reach[REACH_OTHER_VLAN] = COMPARE_YES;
    says("vlan-leak", "Slow: frames reach a guest on another VLAN");
    result.paths[1].reach[REACH_OTHER_VLAN] = COMPARE_NO;
    result.paths[1].reach[REACH_SAME_VLAN] = COMPARE_NO;
    says("vlan-cut", "Slow: guests on the same VLAN");
}

static void multicast(void **state)
{
    (void)state;
    result.paths[1].reach[REACH_MULTICAST] = COMPARE_NO;
    says("multicast", "Slow: multicast arrives only");
    /* Where nothing for several arrives, it is not for want of allmulticast. */
    result.paths[1].reach[REACH_BROADCAST] = COMPARE_NO;
    says(NULL, "");
}

static void one_address(void **state)
{
    (void)state;
    result.paths[1].reach[REACH_UNKNOWN_UNICAST] = COMPARE_NO;
    says("one-address", "Slow: a guest hears frames to its own MAC address only");
}

static void userspace_cost(void **state)
{
    (void)state;
    second("ovs");
    says(NULL, "");
    for (size_t i = 0; i < FIXTURE_ROUNDS; i++) {
        result.paths[1].samples[LOAD_64][i].pps /= 3;
    }
    says("userspace-cost", "Slow carries 0.25 of the frames of 64 B that Fast does, for 2.0 times");
}

static void busy(void **state)
{
    (void)state;
    result.load_before = 0.99;
    says(NULL, "");
    result.load_before = 1;
    says("busy", "(load 1.00 on 2 CPUs)");
}

static void noisy(void **state)
{
    (void)state;
    result.paths[1].samples[LOAD_1500][0].pps *= 1.25;
    says(NULL, "");
    result.paths[1].samples[LOAD_1500][1].pps *= 1.25;
    says("noisy", "Slow: rounds differ by more than a tenth");
}

static void few_rounds(void **state)
{
    (void)state;
    result.interrupted = true;
    result.paths[1].n_rounds = 3;
    says("few-rounds", "after 3 of 5 rounds");
    result.interrupted = false;
    says("few-rounds", "fewer than 5 rounds");
}

static void floors_are_no_advice(void **state)
{
    (void)state;
    for (size_t i = 0; i < REACH_N; i++) {
        result.paths[1].reach[i] = COMPARE_NO;
    }
    result.paths[1].floor = true;
    says(NULL, "");
}

static void all_of_it_is_in_the_result(void **state)
{
    (void)state;
    second("vepa")->reach[REACH_UNICAST] = COMPARE_NO;
    compare_advise(&result);
    compare_advise(&result);
    assert_int_equal(result.n_advice, 2);
    assert_non_null(strstr(result.advice[0], "Fastest"));
    assert_non_null(strstr(result.advice[1], "does not reflect"));
}

#define rule_test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rule_test(nothing_to_say),
        rule_test(several_are_fastest),
        rule_test(nothing_measured),
        rule_test(equal),
        rule_test(no_reflection),
        rule_test(vepa_cost),
        rule_test(private_is_no_isolation),
        rule_test(own_broadcast),
        rule_test(userspace_offloads),
        rule_test(offloads),
        rule_test(vlans),
        rule_test(multicast),
        rule_test(one_address),
        rule_test(userspace_cost),
        rule_test(busy),
        rule_test(noisy),
        rule_test(few_rounds),
        rule_test(floors_are_no_advice),
        rule_test(all_of_it_is_in_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
