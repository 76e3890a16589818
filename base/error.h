/* Errors, the same way in every room.
 *
 * A function that can fail returns 0 on success or a negative errno value, and takes a
 * `char **errorp` as its last argument. On failure it stores there one sentence for people, without
 * a newline, that the caller frees; on success it leaves *errorp alone. A caller that wants no
 * sentence passes NULL. The sentence names the thing and, where it is known, the remedy. Control
 * characters in it, which can only come from what it quotes, are replaced by '?'. Only the
 * outermost caller prints it, once.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

/* Stores the sentence made from `format` in *errorp, if errorp is not NULL, and returns -err.
 *
 * `err` is a positive errno value; the sentence does not get its text appended by itself: where it
 * helps, the format has "%m" or strerror(err). A sentence that already stands in *errorp is
 * replaced, so that callers can add context to it: see error_wrap(). */
int error_set(char **errorp, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* An analyzer that sees one file at a time cannot know that this is never 0. */
#ifdef __clang_analyzer__
#define error_set(errorp, err, ...) (error_set((errorp), (err), __VA_ARGS__), -(err))
#endif

int error_setv(char **errorp, int err, const char *format, va_list args)
    __attribute__((format(printf, 3, 0), cold));

/* Puts the text made from `format` and ": " before the sentence in *errorp, if there is one.
 * Returns `error` as it was given (a negative errno value), for `return error_wrap(...)`. */
int error_wrap(char **errorp, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* Puts ": " and the text made from `format` after the sentence in *errorp, if there is one, for
 * what became known later, such as a remedy or a second failure met while undoing the first. */
void error_append(char **errorp, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

#endif
