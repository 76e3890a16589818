/* Lower devices: what macvtaps are put on, what is known of them, and which one to take.
 *
 * How much a device is used is counted from what exists on the host, and from the records of what
 * is being plugged at this moment; vif_records_lock() keeps the two together while one is chosen.
 * So a plan is made without the lock, and plug counts and chooses anew when it has it:
 *
 *      vif_lowers_look()  ->  vif_lowers_ask()  ->  vif_lower_choose()      plan
 *      vif_records_lock() ->  vif_lowers_count() ->  vif_lower_choose()     plug
 */
#ifndef VIF_LOWER_H
#define VIF_LOWER_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/link.h"
#include "netdev/probe.h"
#include "vif/port.h"

struct rtnl;
struct vif_records;

/* The alias of a VLAN link that was made for macvtaps, and goes with the last of them. */
#define VIF_VLAN_MARK VIF_MARK_PREFIX "vlan"

/* A macvtap or macvlan on a lower device, or on a VLAN link of it. */
struct vif_lower_user {
    enum {
        VIF_USER_IS_THERE,
        VIF_USER_PENDING, /* somebody is plugging it, and has not made it yet */
        VIF_USER_CHOSEN,  /* of this plan: vif_lower_choose() put it here */
    } state;
    char name[IFNAMSIZ];
    struct mac mac;
    enum macvtap_mode mode;
    int vlan; /* of the VLAN link that it is on; -1: on the device itself */
};

/* A device that a port of a plan may go to. */
struct vif_lower {
    char *name;
    bool has_link;
    struct link_info link;
    bool wireless;
    struct link_info *vlans; /* its VLAN links */
    size_t n_vlans;
    struct vif_lower_user *users;
    size_t n_users;

    /* What the switch answered, where a port's mode depends on it. */
    bool was_asked;
    struct probe_result reflection;
};

/* The lower devices of a plan, each once. */
struct vif_lowers {
    struct vif_lower *list;
    size_t n;
    struct link_info *links; /* all links of the host, for sentences */
    size_t n_links;
};

void vif_lowers_clear(struct vif_lowers *lowers);

/* The device of that name in `lowers`, or NULL. */
struct vif_lower *vif_lowers_find(const struct vif_lowers *lowers, const char *name);

/* Looks at the devices that the macvtaps among `n` ports may go to: one dump of links and one of
 * records for all. `lowers` is empty, or holds what an earlier look found; what the switch answered
 * then is kept. Returns 0 or a negative errno value; the caller calls vif_lowers_clear() in either
 * case. */
int vif_lowers_look(struct rtnl *rtnl, struct vif_records *records, const struct vif_port *ports,
                    size_t n, struct vif_lowers *lowers, char **errorp);

/* Looks at the same devices again: all is as it is now but for what the switch answered. As
 * vif_lowers_look(). */
int vif_lowers_count(struct rtnl *rtnl, struct vif_records *records, struct vif_lowers *lowers,
                     char **errorp);

/* Asks the switch behind each device that a macvtap may go to, and could, whether it reflects;
 * where the port depends on that, and each switch once. What cannot be asked is PROBE_UNKNOWN, with
 * the reason: there is always an answer. Takes up to 150 ms for each. */
void vif_lowers_ask(struct rtnl *rtnl, const struct vif_port *port, struct vif_lowers *lowers);

/* Chooses port->lower out of port->lowers and, where that is left to us, port->mode: of those that
 * can take the macvtap the one that is least used, in the order of the list among equals. Notes
 * say what was found out. What it chose counts as used for the next call. Called again for the same
 * port, it takes the earlier choice and its notes back first.
 *
 * Returns 0; -ENOENT for a device that is missing; -EBUSY for one that cannot take it (a port of a
 * bridge, in exclusive use); -EADDRINUSE where another interface has the MAC address; -EINVAL for
 * one that never can (loopback, wireless, itself a macvtap, an MTU too small); -EHOSTUNREACH where
 * the switch had to reflect and does not; of a list of several, -EBUSY when none is left, with the
 * reason of each. */
int vif_lower_choose(struct vif_port *port, struct vif_lowers *lowers, char **errorp);

/* The VLAN that a macvtap is on, or -1: then it is on the lower device itself. */
int vif_lower_vlan(const struct vif_port *port);

/* The VLAN link for that VLAN on a lower device, or NULL when there is none. */
const struct link_info *vif_lower_vlan_link(const struct vif_lower *lower, int vlan);

/* Whether nothing keeps a macvtap off this device; else as vif_lower_choose(). */
int vif_lower_check(const struct vif_port *port, const struct vif_lower *lower,
                    const struct vif_lowers *lowers, char **errorp);

#endif
