/* VLAN links: the kernel's 802.1Q interfaces on top of a device. */
#ifndef NETDEV_VLAN_H
#define NETDEV_VLAN_H

struct rtnl;

/* Makes the VLAN link `name` for VLAN `id` (1 to 4094) on the device `lower`, DOWN, and stores its
 * index in *ifindex. Returns 0; -EEXIST when the name is in use or that VLAN has a link on the
 * device already; -EOPNOTSUPP when the kernel has no 802.1Q, which the sentence explains; or
 * another negative errno value. */
int vlan_create(struct rtnl *rtnl, const char *name, int lower, int id, int *ifindex,
                char **errorp);

#endif
