/* What all parts of the watcher look at. */
#ifndef WATCH_WORLD_H
#define WATCH_WORLD_H

#include <stdbool.h>
#include <stdint.h>
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

    /* The lock of the records. */
    bool lock_wanted;     /* somebody was refused it in this turn */
    int64_t locked_since; /* by another process, or 0 */
    int64_t lock_again;   /* when to try again */
    bool said_locked;

    void (*log)(void *data, int level, const char *sentence);
    void *log_data;
};

/* Tells the log a sentence, made from the format; `level` is a syslog(3) priority. */
void world_log(const struct world *world, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes the lock of the records if that can be had now, until world_unlock(): what needs it is to
 * be done in between, and does not wait for it then; it may call both, too. Returns false where
 * another process has the lock: then all is to be left for the next turn, which comes as soon as it
 * is worth a try. */
bool world_lock(struct world *world);
void world_unlock(struct world *world);

/* A turn begins, in which everybody who wants the lock asks for it. */
void world_begin_turn(struct world *world);

/* When the next one is due for the lock's sake, or INT64_MAX. */
int64_t world_deadline(const struct world *world);

#endif
