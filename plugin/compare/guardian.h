/* A process that does what this one cannot once it was killed: unplug what it had plugged on the
 * host. */
#ifndef COMPARE_GUARDIAN_H
#define COMPARE_GUARDIAN_H

#include <sys/types.h>

#include "vif/host.h"

struct guardian {
    int pipe; /* held open by this process as long as it lives; -1 */
    pid_t pid;
};

/* Starts it, before anything is plugged; `options` are those of the host. */
int guardian_start(struct guardian *guardian, const struct vif_host_options *options,
                   char **errorp);

/* Sends it home; nothing is done where there is none. To be called when all is unplugged. */
void guardian_end(struct guardian *guardian);

#endif
