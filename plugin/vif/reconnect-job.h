/* What the two uses of vif/reconnect.h have in common: connecting an interface again, and moving
 * it. */
#ifndef VIF_RECONNECT_JOB_H
#define VIF_RECONNECT_JOB_H

#include <stddef.h>

#include "vif/host.h"
#include "vif/lower.h"
#include "vif/record.h"

/* An interface that is being connected again. */
struct reconnect {
    struct vif_host *host;
    struct rtnl *rtnl;
    struct vif_records *records;
    struct vif_record *record;
    struct vif_lowers lowers; /* the one that it goes on; the caller calls vif_lowers_clear() */
};

/* Begins, with the record read anew: returns a lock, which the caller closes, or a negative errno
 * value. */
int reconnect_begin(struct reconnect *job, char **errorp);

/* Looks whether the interface can go on that device, which is then in job->lowers. */
int reconnect_look_at_lower(struct reconnect *job, const char *name, char **errorp);

/* Notes that the macvtap is going to be made there. */
int reconnect_write_journal(struct reconnect *job, char **errorp);

/* Writes the record, with that ifindex. */
int reconnect_write_record(struct reconnect *job, int ifindex, char **errorp);

/* Makes the macvtap, or takes that of an earlier attempt; when that fails, nothing is left of it.
 */
int reconnect_connect(struct reconnect *job, int earlier, int **fds, size_t *n_fds, char **errorp);

/* Deletes the macvtap, if it is there, and sets back what is below; then nothing is left to. */
int reconnect_take_away(struct reconnect *job, char **errorp);

#endif
