/* The reaper: a process of the helper's own that outlives it, and takes a port away when its use
 * ends, since nobody tells the helper when QEMU does.
 *
 * A tap goes when its last descriptor is closed, and the kernel tells of that. A macvtap stays; but
 * that its node, which nobody else can open, was closed for the last time is told by inotify(7).
 *
 * It waits without looking again and again, and has no more than it needs: no files of the
 * caller's, a session of its own, one capability or two. It is the process that the port's record
 * names, so that gc leaves the port to it. Should the helper end before it has told of a port, the
 * reaper undoes what that had begun.
 */
#ifndef HELPER_REAPER_H
#define HELPER_REAPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "vif/host.h"
#include "vif/record.h"

struct reaper {
    pid_t pid;
    int socket; /* to it; closed to dismiss it */
};

/* Starts one, for a macvtap or a tap, in the state "plugging" and before a host is used. When this
 * returns 0 it listens; the caller calls reaper_close() in the end, after reaper_tell() or without.
 */
int reaper_start(const struct vif_host_options *options, bool macvtap, struct reaper *reaper,
                 char **errorp);

/* Tells it which port is its; `fd` is the descriptor that is handed over. */
int reaper_tell(const struct reaper *reaper, const struct vif_record *record, int fd,
                char **errorp);

void reaper_close(struct reaper *reaper);

#endif
