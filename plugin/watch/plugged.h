/* What is plugged: the records as they are now, and an endpoint for each that is of one. */
#ifndef WATCH_PLUGGED_H
#define WATCH_PLUGGED_H

#include <stdbool.h>
#include <stddef.h>

#include "watch/endpoint.h"

struct plugged {
    struct world *world;
    struct vif_record *records; /* by name */
    size_t n;
    bool changed; /* for who tells others of it to reset */
    bool began;   /* what comes from now on is new */
    struct endpoint **endpoints;
    size_t n_endpoints;
    char (*bad)[IFNAMSIZ]; /* whose records cannot be read, which was said */
    size_t n_bad;
    int64_t again; /* when to try these again, or 0 */
};

void plugged_clear(struct plugged *plugged);

/* One record may be another than before, new, or gone. One that cannot be read is named once, and
 * as long as it cannot be, what was known of it before holds. */
void plugged_read(struct plugged *plugged, const char *name);

/* Tries those again that could not be read for want of descriptors, or for another reason that may
 * pass, when it is time; and when that is, or INT64_MAX. */
void plugged_read_late(struct plugged *plugged);
int64_t plugged_deadline(const struct plugged *plugged);

/* All may be. Returns 0, or a negative errno value when the folder cannot be read. */
int plugged_read_all(struct plugged *plugged, char **errorp);

#endif
