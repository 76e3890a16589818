/* Finding what a crash, a kill or a reboot left, and taking it away. */
#ifndef VIF_GC_H
#define VIF_GC_H

#include <net/if.h>
#include <stddef.h>

#include "vif/device.h"
#include "vif/host.h"

/* Something that was undone, or would be. */
struct vif_gc_find {
    char name[IFNAMSIZ];
    const char *reason;
};

struct vif_gc_result {
    struct vif_gc_find *interfaces; /* of which there was a record */
    size_t n_interfaces;
    struct vif_gc_find *ports; /* of Open vSwitch, of which there was none */
    size_t n_ports;
    struct vif_gc_find *links; /* macvtaps and VLAN links, likewise */
    size_t n_links;
};

/* Undoes what nobody is going to finish or to use:
 *   - an interface whose plug or unplug was cut short, when its process is gone;
 *   - an interface of `vifplug run`, when that process is gone and nobody has the device open;
 *   - a plugged interface whose device is gone;
 *   - a port in Open vSwitch that bears our mark, without a record and without a device (what a
 *     reboot leaves);
 *   - a macvtap that bears our mark, without a record, that nobody has open;
 *   - a VLAN link that bears our mark and has no macvtap on it.
 * A device that somebody has open is a live guest's, and is left alone with all
 * that belongs to it. With `dry_run` it only tells the host's log what it would do. A database that
 * cannot be reached is an error only if a record needs it. */
int vif_gc(struct vif_host *host, bool dry_run, struct vif_gc_result *result, char **errorp);

/* Why an interface with such a record and device is to be undone, as a clause; NULL if it is not
 * (yet). */
const char *vif_gc_reason(const struct vif_record *record, const struct vif_device_state *device);

void vif_gc_result_clear(struct vif_gc_result *result);

#endif
