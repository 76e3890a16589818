/* vifplug run, while its program runs: waits for the end of that, passes signals on, and attaches
 * taps again that somebody deletes under it. Nothing is polled: all that happens is told by the
 * kernel. */
#ifndef CLI_RUN_WAIT_H
#define CLI_RUN_WAIT_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "vif/plug.h"

struct run_wait;

/* Begins to listen: for the signals in `held`, which the caller has blocked, with SIGCHLD among
 * them, and for what becomes of the taps of `n` interfaces, whose records are read anew when they
 * change. On success the caller calls run_wait_free(). */
int run_wait_new(struct vif_host *host, struct vif_plugged *plugged, size_t n, const sigset_t *held,
                 struct run_wait **wait, char **errorp);
void run_wait_free(struct run_wait *wait);

/* Waits until the process, a child, has ended. Returns its exit status, as qemu_has_ended(). */
int run_wait(struct run_wait *wait, pid_t pid);

#endif
