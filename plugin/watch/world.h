/* What all parts of the watcher look at. */
#ifndef WATCH_WORLD_H
#define WATCH_WORLD_H

#include <syslog.h>

#include "vif/host.h"
#include "vif/network.h"
#include "watch/guests.h"
#include "watch/links.h"

struct world {
    struct vif_host *host;
    struct vif_records *records; /* the host's */
    struct rtnl *rtnl;           /* likewise */
    struct vif_networks *networks;
    struct links links;
    struct guests *guests;
    int owners_fd; /* of epoll(7): pidfds of processes that look after endpoints */

    void (*log)(void *data, int level, const char *sentence);
    void *log_data;
};

/* Tells the log a sentence, made from the format; `level` is a syslog(3) priority. */
void world_log(const struct world *world, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
