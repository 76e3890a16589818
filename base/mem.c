#include "base/mem.h"

#include <stdio.h>

static void out_of_memory(void) __attribute__((noreturn, cold));

static void out_of_memory(void)
{
    fputs("vifplug: out of memory\n", stderr);
    abort();
}

void *mem_zalloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (!p) {
        out_of_memory();
    }
    return p;
}

void *mem_resize(void *p, size_t n, size_t size)
{
    p = reallocarray(p, n ? n : 1, size ? size : 1);
    if (!p) {
        out_of_memory();
    }
    return p;
}

char *str_dup(const char *s)
{
    char *copy = strdup(s);

    if (!copy) {
        out_of_memory();
    }
    return copy;
}

char *str_vprintf(const char *format, va_list args)
{
    char *s;

    if (vasprintf(&s, format, args) < 0) {
        out_of_memory();
    }
    return s;
}

char *str_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *s = str_vprintf(format, args);
    va_end(args);
    return s;
}

char *str_dup_or_null(const char *s)
{
    return s ? str_dup(s) : NULL;
}

bool str_copy(char *target, size_t size, const char *s)
{
    size_t length = strlen(s);

    if (length >= size) {
        return false;
    }
    memcpy(target, s, length + 1);
    return true;
}

void str_assign(char **target, const char *s)
{
    char *copy = str_dup_or_null(s);

    free(*target);
    *target = copy;
}
