/* Flags of a port of a Linux bridge. */
#ifndef NETDEV_BRPORT_H
#define NETDEV_BRPORT_H

#include <stdbool.h>

struct rtnl;

/* Sets a bridge port's "isolated" flag: isolated ports reach only those that are not. Returns 0;
 * -EOPNOTSUPP when the link is no port of a Linux bridge; or another negative errno value. */
int brport_set_isolated(struct rtnl *rtnl, int ifindex, bool isolated, char **errorp);

#endif
