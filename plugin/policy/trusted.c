#include "policy/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

static int check(const char *what, const struct stat *st, char **errorp)
{
    if (st->st_uid != 0) {
        return error_set(errorp, EPERM, "%s belongs to user %ld; it must be root's: chown root",
                         what, (long)st->st_uid);
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        return error_set(errorp, EPERM, "%s can be written by %s; only root may: chmod go-w", what,
                         st->st_mode & S_IWOTH ? "everybody" : "its group");
    }
    return 0;
}

/* Checks all folders above a path that has no links in it, from the nearest to the root. */
static int check_folders(const char *path, char **errorp)
{
    auto_free char *folder = str_dup(path);
    char *slash;

    while ((slash = strrchr(folder, '/'))) {
        struct stat st;

        slash[slash == folder] = '\0';
        if (lstat(folder, &st)) {
            return error_set(errorp, errno, "cannot look at the folder %s: %m", folder);
        }
        auto_free char *what = str_printf("the folder %s", folder);
        int error = check(what, &st, errorp);
        if (error || slash == folder) {
            return error;
        }
    }
    return 0;
}

static int open_checked(const char *path, int *fdp, size_t max, char **errorp)
{
    /* Whatever it is, opening it must not wait for anything. */
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        return error_set(errorp, errno, "cannot be opened: %m");
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(errorp, EINVAL, "is not a regular file");
    }
    if ((uintmax_t)st.st_size > max) {
        return error_set(errorp, EFBIG, "is larger than %zu KiB", max >> 10);
    }
    int error = check("the file", &st, errorp);
    if (!error) {
        *fdp = steal_fd(&fd);
    }
    return error;
}

static int read_checked(const char *file, size_t max, char **text, size_t *length, char **errorp)
{
    auto_free char *path = *file == '/' ? realpath(file, NULL) : NULL;
    auto_free char *buffer = NULL;
    auto_close int fd = -1;
    size_t used = 0;
    ssize_t n;

    if (*file != '/') {
        return error_set(errorp, EINVAL, "is not an absolute path");
    }
    if (!path) {
        return error_set(errorp, errno, "cannot be opened: %m");
    }
    int error = check_folders(path, errorp);
    if (!error) {
        error = open_checked(path, &fd, max, errorp);
    }
    if (error) {
        return error;
    }
    /* One byte more than is allowed, to see whether it has grown; and one for the NUL. */
    buffer = mem_zalloc(max + 2);
    while ((n = read(fd, buffer + used, max + 1 - used)) > 0) {
        used += (size_t)n;
    }
    if (n < 0 || used > max) {
        return error_set(errorp, n < 0 ? errno : EFBIG, "cannot be read as a whole");
    }
    buffer[used] = '\0';
    *text = steal_ptr(buffer);
    *length = used;
    return 0;
}

int trusted_read(const char *file, size_t max, char **text, size_t *length, char **errorp)
{
    int error = read_checked(file, max, text, length, errorp);

    return error ? error_wrap(errorp, error, "%s", file) : 0;
}
