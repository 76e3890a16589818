/* compare/stats.h and compare/figures.h: known answers. */
#include "compare/figures.h"
#include "compare/stats.h"
#include "support/compare.h"

#define check_near(a, b) assert_true((a) - (b) < 1e-9 && (b) - (a) < 1e-9)

static void quartiles(void **state)
{
    static const struct {
        double values[5];
        size_t n;
        struct spread spread;
    } cases[] = {
        {{0}, 0, {0, 0, 0, 0}},
        {{7}, 1, {7, 7, 7, 1}},
        {{3, 1}, 2, {2, 1.5, 2.5, 2}},
        {{3, 1, 2}, 3, {2, 1.5, 2.5, 3}},
        {{4, 1, 3, 2}, 4, {2.5, 1.75, 3.25, 4}},
        {{5, 1, 1000, 2, 3}, 5, {3, 2, 5, 5}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct spread spread = spread_of(cases[i].values, cases[i].n);

        check_near(spread.median, cases[i].spread.median);
        check_near(spread.low, cases[i].spread.low);
        check_near(spread.high, cases[i].spread.high);
        assert_int_equal(spread.n, cases[i].spread.n);
    }
}

static void figures_of_a_path(void **state)
{
    struct compare_result result;

    (void)state;
    fixture_result(&result);
    const struct compare_path *bridge = compare_find(&result, "bridge");
    const struct compare_path *ovs = compare_find(&result, "ovs");
    check_near(path_pps(bridge, LOAD_64).median, 756e3);
    check_near(path_pps(bridge, LOAD_64).low, 756e3 * 0.99);
    check_near(path_pps(bridge, LOAD_64).high, 756e3 * 1.01);
    check_near(path_cpu_us(bridge, LOAD_GSO).median, 5.1);
    check_near(path_trip_us(bridge, 50).median, 2.5);
    check_near(path_trip_us(bridge, 90).median, 3);
    check_near(path_trip_us(bridge, 99).median, 7.5);
    assert_int_equal(path_pps(ovs, LOAD_GSO).n, 0);
    assert_null(compare_find(&result, "nonsense"));
    compare_result_clear(&result);
}

static void the_best_is_a_sound_way_between_guests(void **state)
{
    struct compare_result result;

    (void)state;
    fixture_result(&result);
    /* bare tap has more of all, but is a floor */
    assert_string_equal(best_by_pps(&result, LOAD_64)->id, "bridge");
    assert_string_equal(best_by_pps(&result, LOAD_GSO)->id, "macvtap-bridge");
    assert_string_equal(best_by_trip(&result)->id, "bridge");
    check_near(ratio_by_pps(&result, compare_find(&result, "vepa"), LOAD_64), 575.0 / 756);
    check_near(ratio_by_trip(&result, compare_find(&result, "vepa")), 3.2 / 2.5);

    /* the other ways of having no figure: bridge spoils frames, macvtap-bridge is not there */
    result.paths[2].checksum = OFFLOAD_CORRUPTED;
    assert_string_equal(best_by_pps(&result, LOAD_64)->id, "macvtap-bridge");
    result.paths[2].checksum = OFFLOAD_RIGHT;
    result.paths[2].segmentation = OFFLOAD_LOST;
    result.paths[3].skipped = str_dup("for a test");
    assert_string_equal(best_by_pps(&result, LOAD_64)->id, "passthrough");
    assert_string_equal(best_by_trip(&result)->id, "vepa");
    compare_result_clear(&result);

    fixture_of(NULL, 0, &result);
    assert_null(best_by_pps(&result, LOAD_64));
    assert_null(best_by_trip(&result));
    compare_result_clear(&result);
}

static void noise_is_where_quartiles_overlap(void **state)
{
    const struct spread before = {.median = 100, .low = 95, .high = 105, .n = 5};
    const struct spread touching = {.median = 110, .low = 105, .high = 112, .n = 5};
    const struct spread above = {.median = 110, .low = 105.1, .high = 112, .n = 5};
    const struct spread below = {.median = 90, .low = 80, .high = 94.9, .n = 5};
    const struct spread inside = {.median = 101, .low = 100, .high = 102, .n = 5};

    (void)state;
    assert_true(within_noise(&before, &before));
    assert_true(within_noise(&before, &touching));
    assert_true(within_noise(&touching, &before));
    assert_true(within_noise(&before, &inside));
    assert_false(within_noise(&before, &above));
    assert_false(within_noise(&above, &before));
    assert_false(within_noise(&before, &below));
    check_near(spread_percent(&before), 5);
    check_near(spread_percent(&(struct spread){}), 0);
}

static void figures_have_three_digits(void **state)
{
    static const struct {
        double value;
        const char *count;
        const char *plain;
    } cases[] = {
        {0, "0", "0.00"},
        {1.234, "1", "1.23"},
        {9.994, "10", "9.99"},
        {9.996, "10", "10.0"},
        {99.96, "100", "100"},
        {999.4, "999", "999"},
        {999.6, "1.00 k", "1000"},
        {9999.4, "10.0 k", "9999"},
        {9999.6, "10.0 k", "10.0 k"},
        {12345, "12.3 k", "12.3 k"},
        {756499, "756 k", "756 k"},
        {999600, "1.00 M", "1.00 M"},
        {1.5e10, "15.0 G", "15.0 G"},
    };
    char text[FIGURE_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(figure_count(cases[i].value, text), cases[i].count);
        assert_string_equal(figure_plain(cases[i].value, text), cases[i].plain);
    }
    assert_string_equal(figure_speed(LOAD_64, 756e3, text), "756 k");
    assert_string_equal(figure_speed(LOAD_GSO, 197e3, text), "103");
    assert_string_equal(figure_ratio(0.756, text), "0.76");
    assert_string_equal(figure_ratio(0, text), "-");
    figure_plain(1e300, text);
    figure_count(1e300, text);
    assert_string_equal(
        figure_change(&(struct spread){.median = 100}, &(struct spread){.median = 104}, text),
        "+4 %");
    assert_string_equal(
        figure_change(&(struct spread){.median = 100}, &(struct spread){.median = 99.7}, text),
        "0 %");
    assert_string_equal(
        figure_change(&(struct spread){.median = 1}, &(struct spread){.median = 10.99}, text),
        "+999 %");
    assert_string_equal(
        figure_change(&(struct spread){.median = 1}, &(struct spread){.median = 1e9}, text),
        ">+999 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quartiles),
        cmocka_unit_test(figures_of_a_path),
        cmocka_unit_test(the_best_is_a_sound_way_between_guests),
        cmocka_unit_test(noise_is_where_quartiles_overlap),
        cmocka_unit_test(figures_have_three_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
