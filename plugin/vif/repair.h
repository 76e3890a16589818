/* Putting back what others took from interfaces that are in use. */
#ifndef VIF_REPAIR_H
#define VIF_REPAIR_H

#include <stddef.h>

#include "vif/host.h"

/* Of those records that are plugged and whose device is there, puts back what is missing: the
 * device's MAC address, MTU and state, its place on a Linux bridge, and its port in Open vSwitch,
 * all ports in one transaction. The device itself stays, with whoever has it open. A port that is
 * there but differs, or is somebody else's, is left as it is: that was somebody's wish.
 *
 * All is tried; returns 0, or the first error with its sentence. Records that change are written.
 */
int vif_repair(struct vif_host *host, struct vif_record *records, size_t n, char **errorp);

#endif
