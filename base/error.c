#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

int error_setv(char **errorp, int err, const char *format, va_list args)
{
    if (errorp) {
        char *old = *errorp;

        /* For "%m" in the format. */
        errno = err;
        *errorp = str_vprintf(format, args);
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
        free(more);
        free(first);
    }
}
