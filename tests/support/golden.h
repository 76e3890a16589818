/* Golden files: a text that was looked at once, and has to stay as it is. With VIFPLUG_REGENERATE=1
 * in the environment they are written anew; "git diff" then shows what has changed.
 */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <stdio.h>

#include "support/test.h"

/* The whole file, or NULL; caller frees. */
static inline char *read_file_(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (file) {
        if (getdelim(&text, &size, '\0', file) < 0) {
            free(text);
            text = NULL;
        }
        fclose(file);
    }
    return text;
}

static inline void write_file_(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file)) {
        fail_msg("cannot write %s", path);
    }
}

/* Checks that `text` is the content of tests/unit/golden/NAME. */
static inline void check_golden_(const char *name, const char *text, const char *file, int line)
{
    const char *source = getenv("VIFPLUG_SOURCE");
    const char *regenerate = getenv("VIFPLUG_REGENERATE");
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/unit/golden/%s", source ? source : ".", name);
    if (regenerate && !strcmp(regenerate, "1")) {
        write_file_(path, text);
        return;
    }
    char *golden = read_file_(path);

    if (!golden || strcmp(golden, text) != 0) {
        print_error("%s %s; the text is now:\n%s\n", path, golden ? "differs" : "is missing", text);
        free(golden);
        _fail(file, line);
    }
    free(golden);
}
#define check_golden(name, text) check_golden_(name, text, __FILE__, __LINE__)

#endif
