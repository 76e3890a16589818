/* What every test program includes: cmocka, in the order that it wants, and a few checks of ours.
 */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* It does not return, which cmocka's own declaration does not say. */
/* NOLINTNEXTLINE(readability-redundant-declaration) */
void _fail(const char *file, int line) __attribute__((noreturn));

/* Checks that `result` is `expected` (a negative errno value) and that the sentence in *text holds
 * `part`; frees *text. A pointer, since the call that sets it is an argument beside it. */
static inline void check_error_(int result, int expected, char **text, const char *part,
                                const char *file, int line)
{
    if (result != expected) {
        print_error("result is %d (%s) instead of %d; sentence: %s\n", result,
                    strerror(abs(result)), expected, *text ? *text : "none");
        _fail(file, line);
    }
    if (!*text || !strstr(*text, part)) {
        print_error("no \"%s\" in: %s\n", part, *text ? *text : "no sentence");
        _fail(file, line);
    }
    free(*text);
    *text = NULL;
}
#define check_error(result, expected, text, part)                                                  \
    check_error_(result, expected, text, part, __FILE__, __LINE__)

/* Checks that `result` is 0; else shows the sentence. */
static inline void check_ok_(int result, char **text, const char *file, int line)
{
    if (result) {
        print_error("result is %d (%s): %s\n", result, strerror(abs(result)),
                    *text ? *text : "no sentence");
        free(*text);
        _fail(file, line);
    }
}
#define check_ok(result, text) check_ok_(result, text, __FILE__, __LINE__)

#endif
