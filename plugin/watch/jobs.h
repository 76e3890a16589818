/* What may take long, in processes of its own, for each interface one after the other: what is to
 * be done through libvirt (libvirt/relink.h), a few at a time; and unplugging (watch/unplug.h). */
#ifndef WATCH_JOBS_H
#define WATCH_JOBS_H

#include <stdbool.h>

#include "vif/record.h"
#include "watch/guests.h"

struct jobs;
struct vif_host;

/* `host` and `rundir` outlive them. */
struct jobs *jobs_new(struct vif_host *host, const char *rundir);

/* Waits, some seconds, for those that are under way. */
void jobs_free(struct jobs *jobs);

/* What is wished of an interface; a wish that was not begun yet gives way to a later one. */
void jobs_set_link(struct jobs *jobs, const struct vif_record *record, bool up);
void jobs_replace(struct jobs *jobs, const struct vif_record *record);
void jobs_unplug(struct jobs *jobs, const struct vif_record *record);
void jobs_forget(struct jobs *jobs, const struct vif_record *record);

/* The interface is unplugged, and what was taken from its guest is never given back. */
void jobs_unplugged(const struct jobs *jobs, const struct vif_record *record);

/* As guests_next() and guests_wait(). */
bool jobs_next(struct jobs *jobs, struct guest_event *event);
void jobs_wait(const struct jobs *jobs);

#endif
