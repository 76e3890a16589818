/* Lower devices: what macvtaps are put on, what is known of them, and which one to take.
 *
 * How much a device is used is counted from what exists on the host, and from the records of what
 * is being plugged at this moment; vif_records_lock() keeps the two together while one is chosen.
 */
#ifndef VIF_LOWER_H
#define VIF_LOWER_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/link.h"
#include "netdev/probe.h"
#include "vif/port.h"

/* The alias of a VLAN link that was made for macvtaps, and goes with the last of them. */
#define VIF_VLAN_MARK VIF_MARK_PREFIX "vlan"

/* A device that a port of a plan may go to. */
struct vif_lower {
    char *name;
    bool has_link;
    struct link_info link;
    bool wireless;
    char *master;      /* the name of the bridge or the like that it is a port of, or NULL */
    char *master_kind; /* "bridge", "openvswitch", ...; or NULL */

    /* The macvtaps and macvlans on it and on its VLAN links. */
    struct link_info *uppers;
    size_t n_uppers;
    struct link_info *vlans; /* its VLAN links */
    size_t n_vlans;
    size_t n_pending;         /* interfaces that are being plugged to it, and not made yet */
    bool pending_passthrough; /* one of them will have it to itself */

    /* What the switch answered, where a port's mode depends on it. */
    bool was_asked;
    struct probe_result reflection;
};

/* The lower devices of a plan, each once. */
struct vif_lowers {
    struct vif_lower *list;
    size_t n;
};

void vif_lowers_clear(struct vif_lowers *lowers);

/* Chooses the lower device and, where that is left to us, the mode of a drafted macvtap: of those
 * that can take it the one that is least used, in the order of the network's list among equals. A
 * note says what was found out. What it chose counts as used for the next call.
 *
 * Returns 0; -ENOENT for a device that is missing; -EBUSY for one that cannot take it (a port of a
 * bridge, in exclusive use); -EADDRINUSE where another interface has the MAC address; -EINVAL for
 * one that never can (loopback, wireless, itself a macvtap, an MTU too small); of a network's list,
 * -EBUSY when none is left, with the reason of each. */
int vif_lower_choose(struct vif_port *port, struct vif_lowers *lowers, char **errorp);

#endif
