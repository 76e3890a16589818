/* Files that only root can have written. */
#ifndef POLICY_TRUSTED_H
#define POLICY_TRUSTED_H

#include <stddef.h>

/* Reads a regular file of at most `max` bytes into malloc'd text, with a NUL after it.
 *
 * Refused with -EPERM is one that is not root's or that its group or others may write; likewise
 * where that goes for a folder above it (also a sticky one: somebody could have put a file there
 * that root wrote for another purpose). Symbolic links are followed first, and what they lead to is
 * judged. `file` must be absolute. Other errors: -EINVAL, -EFBIG, and those of open(2) and read(2).
 * Sentences begin with the file's name. */
int trusted_read(const char *file, size_t max, char **text, size_t *length, char **errorp);

#endif
