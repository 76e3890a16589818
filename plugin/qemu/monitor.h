/* A monitor of QEMU's that is the watcher's: QEMU inherits a socket that listens already, so that
 * it is there, and nobody else's, before QEMU is. */
#ifndef QEMU_MONITOR_H
#define QEMU_MONITOR_H

#include "qemu/args.h"

/* Makes a Unix socket at `path`, for the owner alone, that listens; one that nobody listens on any
 * more is replaced. Returns 0, and the descriptor in *fd, which the caller closes, besides removing
 * the socket in the end; -EADDRINUSE where somebody does, or something else is there; or another
 * negative errno value. */
int monitor_listen(const char *path, int *fd, char **errorp);

/* The absolute path of a socket that need not be there; caller frees. */
char *monitor_absolute(const char *path);

/* Appends what makes QEMU serve QMP at that socket. */
void monitor_add_arguments(int fd, struct qemu_argv *args);

#endif
