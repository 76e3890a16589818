#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* Sentences quote what came from files, databases and other programs: that must not break the line
 * or drive the terminal. Neither must the controls of ISO 8859, in UTF-8 c2 80 to c2 9f. */
static void tame(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < ' ' || *c == 0x7f) {
            *c = '?';
        } else if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) {
            c[0] = c[1] = '?';
        }
    }
}

int error_setv(char **errorp, int err, const char *format, va_list args)
{
    if (errorp) {
        char *old = *errorp;

        /* For "%m" in the format. */
        errno = err;
        *errorp = str_vprintf(format, args);
        tame(*errorp);
        free(old);
    }
    return -err;
}

#undef error_set
int error_set(char **errorp, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error_setv(errorp, err, format, args);
    va_end(args);
    return -err;
}

int error_wrap(char **errorp, int error, const char *format, ...)
{
    if (errorp && *errorp) {
        char *inner = *errorp;
        va_list args;

        va_start(args, format);
        char *context = str_vprintf(format, args);
        va_end(args);
        *errorp = str_printf("%s: %s", context, inner);
        tame(*errorp);
        free(context);
        free(inner);
    }
    return error;
}

void error_append(char **errorp, const char *format, ...)
{
    if (errorp && *errorp) {
        char *first = *errorp;
        va_list args;

        va_start(args, format);
        char *more = str_vprintf(format, args);
        va_end(args);
        *errorp = str_printf("%s: %s", first, more);
        tame(*errorp);
        free(more);
        free(first);
    }
}
