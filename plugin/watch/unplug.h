/* Unplugging, in a process of its own: it waits for OVSDB servers, for the lock of the records, and
 * for downscripts, as long as it takes. */
#ifndef WATCH_UNPLUG_H
#define WATCH_UNPLUG_H

#include <stddef.h>

struct child;
struct vif_host;
struct vif_record;

/* Starts a process (base/child.h) that does vif_unplug_known() with these records, and has the
 * sentence of that to say where it fails. One that is killed leaves what gc, and the next watcher,
 * finish: records of a process that is gone. Returns 0 or a negative errno value. */
int unplug_start(struct vif_host *host, const struct vif_record *records, size_t n,
                 struct child *child, char **errorp);

#endif
