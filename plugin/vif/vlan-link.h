/* VLAN links that macvtaps are on: LOWER.100 for VLAN 100 of the device LOWER.
 *
 * The macvtaps of a lower device and VLAN share one link. One that is there already is used as it
 * is, whatever its name. One that is made here bears VIF_VLAN_MARK as its alias, and goes with the
 * last of its users: links on it, and interfaces that are to be on it by their records.
 */
#ifndef VIF_VLAN_LINK_H
#define VIF_VLAN_LINK_H

#include "netdev/link.h"

struct vif_host;

/* The name that the link of a VLAN gets: LOWER.VLAN, without the first bytes of LOWER where that is
 * too long for a name, since devices of one card differ at the end. */
void vif_vlan_link_name(const char *lower, int vlan, char name[IFNAMSIZ]);

/* Makes the link, down and marked, and stores what it is in *link. Returns 0; -EEXIST when its name
 * is in use; -EOPNOTSUPP when the kernel has no 802.1Q; or another negative errno value. On failure
 * nothing is left. */
int vif_vlan_link_make(struct vif_host *host, const struct link_info *lower, int vlan,
                       struct link_info *link, char **errorp);

#endif
