/* Linux bridges. */
#ifndef NETDEV_BRIDGE_LINK_H
#define NETDEV_BRIDGE_LINK_H

struct rtnl;

/* Makes a bridge as the kernel makes it where nobody says otherwise, DOWN and without ports, and
 * stores its index in *ifindex. Returns 0; -EEXIST when the name is in use; -EOPNOTSUPP when the
 * kernel has no bridges; or another negative errno value. */
int bridge_create(struct rtnl *rtnl, const char *name, int *ifindex, char **errorp);

#endif
