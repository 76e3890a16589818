/* Memory and descriptors that give themselves back at the end of their scope.
 *
 * Running out of memory is not an error that a short-lived tool can do anything about: the
 * functions here print one line and abort, as those of libopenvswitch do. Their names keep clear of
 * that library's xmalloc() family, which ends up in the same program.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `size` bytes of zeros; caller frees. */
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
/* `p` (NULL: new) grown or shrunk to `n` elements of `size` bytes, new ones not cleared. */
void *mem_resize(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
/* A copy of `s`; caller frees. */
char *str_dup(const char *s) __attribute__((malloc, returns_nonnull, nonnull));
/* The formatted text; caller frees. */
char *str_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *str_vprintf(const char *format, va_list args)
    __attribute__((format(printf, 1, 0), malloc, returns_nonnull));

/* A copy of `s`, NULL for NULL; caller frees. */
char *str_dup_or_null(const char *s);

/* Copies `s` to the `size` bytes at `target`, ended by a NUL. Returns false, and copies nothing,
 * when it does not fit. */
bool str_copy(char *target, size_t size, const char *s);

/* Replaces the malloc'd string *target by a copy of `s`, which may be NULL. */
void str_assign(char **target, const char *s);

static inline void auto_free_(void *p)
{
    free(*(void **)p);
}

static inline void auto_close_(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* `auto_free char *s = NULL;` frees at the end of the scope. */
#define auto_free __attribute__((cleanup(auto_free_)))

/* `auto_close int fd = -1;` closes at the end of the scope what is not negative then. */
#define auto_close __attribute__((cleanup(auto_close_)))

/* Hands over what an auto_free variable points to. */
#define steal_ptr(p)                                                                               \
    __extension__({                                                                                \
        __auto_type stolen_ = (p);                                                                 \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

/* Hands over a descriptor from an auto_close variable. */
static inline int steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Same text, or both NULL. */
static inline bool str_eq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

#endif
