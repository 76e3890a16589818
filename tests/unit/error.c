/* base/error.h: sentences are set, wrapped and extended, and NULL is fine everywhere. */
#include "support/test.h"

#include <errno.h>

#include "base/error.h"

static void set_stores_a_sentence(void **state)
{
    char *error = NULL;

    (void)state;
    check_error(error_set(&error, ENOENT, "no bridge \"%s\": %m", "br9"), -ENOENT, &error,
                "no bridge \"br9\": No such file or directory");
}

static void set_may_quote_the_old_sentence(void **state)
{
    char *error = NULL;

    (void)state;
    error_set(&error, EIO, "inner");
    check_error(error_set(&error, EBUSY, "outer (%s)", error), -EBUSY, &error, "outer (inner)");
}

static void wrap_and_append_add_context(void **state)
{
    char *error = NULL;

    (void)state;
    error_set(&error, EIO, "refused");
    assert_int_equal(error_wrap(&error, -EIO, "interface %d", 2), -EIO);
    error_append(&error, "do %s", "this");
    assert_string_equal(error, "interface 2: refused: do this");
    free(error);
}

static void what_is_quoted_cannot_break_the_line(void **state)
{
    char *error = NULL;

    (void)state;
    error_set(&error, EINVAL, "name \"%s\"", "a\nb\033[2J\177\302\233\303\251");
    assert_string_equal(error, "name \"a?b?[2J???\303\251\"");
    error_wrap(&error, -EINVAL, "\r");
    error_append(&error, "\t\302");
    assert_string_equal(error, "?: name \"a?b?[2J???\303\251\": ?\302");
    free(error);
}

static void no_place_for_a_sentence_is_fine(void **state)
{
    char *none = NULL;

    (void)state;
    assert_int_equal(error_set(NULL, EIO, "x"), -EIO);
    assert_int_equal(error_wrap(NULL, -EIO, "x"), -EIO);
    error_append(NULL, "x");
    error_append(&none, "x");
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_stores_a_sentence),
        cmocka_unit_test(set_may_quote_the_old_sentence),
        cmocka_unit_test(wrap_and_append_add_context),
        cmocka_unit_test(what_is_quoted_cannot_break_the_line),
        cmocka_unit_test(no_place_for_a_sentence_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
