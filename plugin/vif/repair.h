/* Putting back what others took from interfaces that are in use. */
#ifndef VIF_REPAIR_H
#define VIF_REPAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/host.h"

struct vif_repair_options {
    bool no_wait; /* until ovs-vswitchd has realised the ports */
};

/* Of those records that are plugged and whose device is there, puts back what is missing: the
 * device's MAC address, MTU and state, if these are ours to set, its place on a Linux bridge, and
 * its port in Open vSwitch, as it was, all ports of a server in one transaction. The device itself
 * stays, with whoever has it open. A port that is there but differs, or is somebody else's, is left
 * as it is: that was somebody's wish.
 *
 * All is tried; returns 0, or the first error with its sentence. Records that change are written.
 */
int vif_repair(struct vif_host *host, struct vif_record *records, size_t n,
               const struct vif_repair_options *options, char **errorp);

/* The first part of that, for one record: its device, if that is there, which *found says. Waits
 * for nobody. */
int vif_repair_device(struct vif_host *host, const struct vif_record *record, bool *found,
                      char **errorp);

#endif
