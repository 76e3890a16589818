/* Pairs of virtual Ethernet devices: what goes into one comes out of the other. */
#ifndef NETDEV_VETH_H
#define NETDEV_VETH_H

struct rtnl;

/* Makes a pair, both DOWN (neither can be brought up before the other exists), and stores the
 * indexes of `name` and `peer` in ifindexes[0] and [1]. Returns 0; -EEXIST when a name is in use;
 * -EOPNOTSUPP when the kernel has no such devices; or another negative errno value. */
int veth_create(struct rtnl *rtnl, const char *name, const char *peer, int ifindexes[2],
                char **errorp);

#endif
