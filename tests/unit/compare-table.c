/* compare_table(): the text on a terminal. */
#include "compare/report.h"
#include "support/compare.h"
#include "support/golden.h"

static size_t widest_line(const char *text)
{
    size_t widest = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");

        widest = length > widest ? length : widest;
        text += length + (text[length] == '\n');
    }
    return widest;
}

static void table_of_all(void **state)
{
    struct compare_result result;

    (void)state;
    fixture_result(&result);
    auto_free char *text = compare_table(&result, NULL, 80);
    assert_true(widest_line(text) <= 80);
    check_golden("compare-table.txt", text);
    compare_result_clear(&result);
}

/* A change beyond the noise, some within it, a path that was not there, another machine. */
static void change_since_a_baseline(void **state)
{
    struct compare_result result;
    struct compare_result before;

    (void)state;
    fixture_result(&result);
    fixture_of(&fixture_paths[1], 5, &before);
    str_assign(&before.kernel, "Linux 5.10.0");
    str_assign(&before.started, "2026-01-02T03:04:05Z");
    for (size_t i = 0; i < FIXTURE_ROUNDS; i++) {
        before.paths[1].samples[LOAD_64][i].pps /= 1.04;
        before.paths[1].trips[i].p50_us *= 1.01;
        before.paths[3].trips[i].p50_us *= 0.5;
    }
    auto_free char *text = compare_table(&result, &before, 80);
    assert_true(widest_line(text) <= 80);
    char *change = strstr(text, "\nChange since");
    assert_non_null(change);
    check_golden("compare-change.txt", change);
    compare_result_clear(&before);
    compare_result_clear(&result);
}

/* Wide enough for titles, and so narrow that ids must do. */
static void names_that_do_not_fit(void **state)
{
    struct compare_result result;

    (void)state;
    fixture_result(&result);
    auto_free char *wide = compare_table(&result, NULL, 0);
    assert_non_null(strstr(wide, "\nOpen vSwitch userspace  yes"));
    str_assign(&result.paths[2].title, "A Linux bridge between two taps");
    auto_free char *narrow = compare_table(&result, NULL, 80);
    assert_non_null(strstr(narrow, "\nmacvtap-bridge  yes"));
    assert_non_null(strstr(narrow, "\n(floor-tap)"));
    assert_true(widest_line(narrow) <= 80);
    compare_result_clear(&result);
}

/* A result may come from somebody else's file. */
static void no_control_character_reaches_the_terminal(void **state)
{
    struct compare_result result;

    (void)state;
    fixture_result(&result);
    str_assign(&result.paths[2].title, "a\x1b[2Jb\n");
    str_assign(&result.paths[1].skipped, "c\x1b[2Jd\a");
    str_assign(&result.paths[0].notes[0], "e\x1b]0;f");
    str_assign(&result.advice[0], "g\x7fh");
    str_assign(&result.cpu, "i\x1bj");
    auto_free char *text = compare_table(&result, &result, 0);
    for (const char *c = text; *c; c++) {
        assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7f));
    }
    assert_non_null(strstr(text, "\na?[2Jb? "));
    compare_result_clear(&result);
}

static void nothing_measured(void **state)
{
    struct compare_result result;

    (void)state;
    fixture_of(&fixture_paths[1], 1, &result);
    compare_advise(&result);
    auto_free char *text = compare_table(&result, &result, 80);
    assert_non_null(strstr(text, "not here: the kernel has no module"));
    assert_non_null(strstr(text, "No path between guests could be measured"));
    compare_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_all),
        cmocka_unit_test(change_since_a_baseline),
        cmocka_unit_test(names_that_do_not_fit),
        cmocka_unit_test(no_control_character_reaches_the_terminal),
        cmocka_unit_test(nothing_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
