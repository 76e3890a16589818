/* Putting back what others took from interfaces that are in use. */
#ifndef VIF_REPAIR_H
#define VIF_REPAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/host.h"

/* What became of one record. */
struct vif_repaired {
    enum {
        VIF_REPAIR_STANDS,    /* its port was there, or it has none */
        VIF_REPAIR_NO_DEVICE, /* there is no device to repair anything of */
        VIF_REPAIR_PUT_BACK,  /* its port was put back */
        VIF_REPAIR_FAILED,
    } result;
    int error; /* VIF_REPAIR_FAILED */
    char *why; /* likewise; the caller frees */
};

struct vif_repair_options {
    bool no_wait;                 /* until ovs-vswitchd has realised the ports */
    struct vif_repaired *results; /* of each record, or NULL */
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

#endif
