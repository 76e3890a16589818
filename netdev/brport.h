/* Flags of a port of a Linux bridge. */
#ifndef NETDEV_BRPORT_H
#define NETDEV_BRPORT_H

#include <stdbool.h>

struct rtnl;

/* Sets a bridge port's "isolated" flag (IFLA_BRPORT_ISOLATED): isolated ports reach only those that
 * are not. Returns 0; -ENODEV when the link is gone; -EOPNOTSUPP when it is no port of a Linux
 * bridge; or another negative errno value. */
int brport_set_isolated(struct rtnl *rtnl, int ifindex, bool isolated, char **errorp);

/* Reads that flag. Returns as brport_set_isolated(), and -ENODEV when the link is gone. */
int brport_get_isolated(struct rtnl *rtnl, int ifindex, bool *isolated, char **errorp);

#endif
