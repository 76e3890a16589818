/* compare/result.h: a result as JSON and back, and what is not one. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

#include "support/compare.h"

/* The fixture as JSON; caller deletes it. */
static cJSON *fixture_json(void)
{
    struct compare_result result;

    fixture_result(&result);
    result.paths[0].guests.reach[REACH_UNICAST] = COMPARE_YES;
    result.paths[0].guests.reach[REACH_OTHER_VLAN] = COMPARE_NO;
    result.paths[0].guests.gbits = 1.5;
    cJSON *json = compare_result_to_json(&result);
    compare_result_clear(&result);
    return json;
}

static void it_comes_back(void **state)
{
    struct compare_result result;
    char *error = NULL;
    cJSON *json = fixture_json();
    char *text = cJSON_PrintUnformatted(json);
    cJSON *read = cJSON_Parse(text);

    (void)state;
    check_ok(compare_result_from_json(read, &result, &error), &error);
    cJSON *again = compare_result_to_json(&result);
    assert_true(cJSON_Compare(json, again, true));

    const struct compare_path *ovs = compare_find(&result, "ovs");
    assert_int_equal(result.seed, 7);
    assert_int_equal(ovs->checksum, OFFLOAD_CORRUPTED);
    assert_int_equal(ovs->segmentation, OFFLOAD_LOST);
    assert_int_equal(ovs->reach[REACH_OTHER_VLAN], COMPARE_NO);
    assert_int_equal(ovs->n_rounds, FIXTURE_ROUNDS);
    assert_null(ovs->samples[LOAD_GSO]);
    assert_int_equal(ovs->samples[LOAD_64][3].sent, 32000);
    assert_int_equal(ovs->samples[LOAD_64][3].lost, 2);
    assert_int_equal(ovs->guests.reach[REACH_UNICAST], COMPARE_YES);
    assert_int_equal(ovs->guests.reach[REACH_OTHER_VLAN], COMPARE_NO);
    assert_int_equal(ovs->guests.reach[REACH_BROADCAST], COMPARE_UNTRIED);
    assert_true(ovs->guests.gbits == 1.5);
    assert_true(compare_find(&result, "bridge")->guests.gbits == 0);
    assert_string_equal(ovs->notes[0], "ovs-vswitchd serves 3 ports");
    assert_non_null(compare_find(&result, "ovs-kernel")->skipped);
    assert_int_equal(compare_find(&result, "bridge")->reach[REACH_SAME_VLAN], COMPARE_UNTRIED);

    cJSON_Delete(json);
    cJSON_Delete(read);
    cJSON_Delete(again);
    cJSON_free(text);
    compare_result_clear(&result);
}

static void one_from_before_there_were_guests_is_read(void **state)
{
    struct compare_result result;
    char *error = NULL;
    cJSON *json = fixture_json();
    cJSON *path;

    (void)state;
    cJSON_ArrayForEach(path, cJSON_GetObjectItemCaseSensitive(json, "paths"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(path, "guests");
    }
    check_ok(compare_result_from_json(json, &result, &error), &error);
    assert_int_equal(result.paths[0].guests.reach[REACH_UNICAST], COMPARE_UNTRIED);
    compare_result_clear(&result);
    cJSON_Delete(json);
}

static void an_empty_result_comes_back(void **state)
{
    struct compare_result result;
    char *error = NULL;

    (void)state;
    fixture_of(NULL, 0, &result);
    cJSON *json = compare_result_to_json(&result);
    compare_result_clear(&result);
    check_ok(compare_result_from_json(json, &result, &error), &error);
    cJSON *again = compare_result_to_json(&result);
    assert_true(cJSON_Compare(json, again, true));
    cJSON_Delete(json);
    cJSON_Delete(again);
    compare_result_clear(&result);
}

static void text_that_is_no_utf8_is_repaired(void **state)
{
    static const struct {
        const char *title;
        const char *repaired;
    } cases[] = {
        {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x8c", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x8c"},
        {"a\xff"
         "b\x80",
         "a?b?"},
        {"\xc3", "?"},
        {"\xe2\x82", "??"},
        {"\xc0\xaf \xe0\x80\xaf", "?? ???"},           /* overlong */
        {"\xed\xa0\x80 \xf4\x90\x80\x80", "??? ????"}, /* a surrogate, and beyond the last */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compare_result result;
        char *error = NULL;
        cJSON *json = fixture_json();
        cJSON *path = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "paths"), 0);

        cJSON_ReplaceItemInObjectCaseSensitive(path, "title", cJSON_CreateString(cases[i].title));
        check_ok(compare_result_from_json(json, &result, &error), &error);
        assert_string_equal(result.paths[0].title, cases[i].repaired);
        compare_result_clear(&result);
        cJSON_Delete(json);
    }
}

/* What is read, as where it is: every member that matters, some of each kind. */
static const char *const members[] = {
    "version",
    "started",
    "command",
    "machine",
    "machine.kernel",
    "machine.cpu",
    "machine.cpus",
    "machine.ovs",
    "machine.qemu",
    "machine.load_before",
    "machine.load_after",
    "seconds",
    "seed",
    "rounds",
    "round_ms",
    "interrupted",
    "paths",
    "advice",
    "paths[0].id",
    "paths[0].title",
    "paths[0].skipped",
    "paths[0].floor",
    "paths[0].reach",
    "paths[0].reach.unicast",
    "paths[0].reach.other-vlan",
    "paths[0].checksum",
    "paths[0].segmentation",
    "paths[0].rounds",
    "paths[0].loads",
    "paths[0].loads.64",
    "paths[0].loads.64.rounds",
    "paths[0].trips",
    "paths[0].trips.rounds",
    "paths[0].guests.unicast",
    "paths[0].guests.gbits",
    "paths[0].notes",
};

/* Finds the object that has the last part of `path`, and that part. */
static cJSON *holder(cJSON *json, const char *path, const char **last)
{
    for (const char *dot = strchr(path, '.'); dot; path = dot + 1, dot = strchr(path, '.')) {
        char key[64];

        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        json = strcmp(key, "paths[0]") == 0
                   ? cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "paths"), 0)
                   : cJSON_GetObjectItemCaseSensitive(json, key);
        assert_non_null(json);
    }
    *last = path;
    return json;
}

static void refused(const cJSON *json, const char *member)
{
    struct compare_result result;
    char *error = NULL;
    char quoted[128];

    snprintf(quoted, sizeof quoted, "\"%s\"", member);
    check_error(compare_result_from_json(json, &result, &error), -EINVAL, &error, quoted);
    assert_null(result.paths);
}

static void a_member_that_is_missing_or_of_another_type_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *key;
        cJSON *json = fixture_json();
        cJSON *object = holder(json, members[i], &key);

        cJSON_DeleteItemFromObjectCaseSensitive(object, key);
        refused(json, members[i]);
        cJSON_AddItemToObject(object, key, cJSON_CreateRaw("x"));
        refused(json, members[i]);
        cJSON_Delete(json);
    }
}

static void set_number(cJSON *json, const char *path, double number)
{
    const char *key;
    cJSON *object = holder(json, path, &key);

    cJSON_ReplaceItemInObjectCaseSensitive(object, key, cJSON_CreateNumber(number));
}

static void figures_that_cannot_be_are_refused(void **state)
{
    static const struct {
        const char *member;
        double number;
    } cases[] = {
        {"seed", -1},    {"seed", 0.5},   {"seed", 4294967296},
        {"seconds", -1}, {"rounds", 1e9}, {"machine.cpus", 1e300},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *json = fixture_json();

        set_number(json, cases[i].member, cases[i].number);
        refused(json, cases[i].member);
        cJSON_Delete(json);
    }
    /* More or fewer rounds than the path says it has. */
    for (int rounds = 4; rounds <= 6; rounds += 2) {
        cJSON *json = fixture_json();

        set_number(json, "paths[0].rounds", rounds);
        refused(json, "paths[0].loads.64.rounds");
        cJSON_Delete(json);
    }
    cJSON *json = cJSON_CreateArray();
    refused(json, "version");
    cJSON_Delete(json);
    refused(NULL, "version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back),
        cmocka_unit_test(one_from_before_there_were_guests_is_read),
        cmocka_unit_test(an_empty_result_comes_back),
        cmocka_unit_test(a_member_that_is_missing_or_of_another_type_is_named),
        cmocka_unit_test(text_that_is_no_utf8_is_repaired),
        cmocka_unit_test(figures_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
