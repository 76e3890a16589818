/* Links that send back what they receive. */
#ifndef NETDEV_ECHO_H
#define NETDEV_ECHO_H

struct rtnl;

/* Makes the kernel send each frame that comes in on the link back out of it, as early as it can,
 * and to nobody else (a "mirred" action of tc(8) at its ingress). Returns 0; -EOPNOTSUPP when the
 * kernel lacks a part of that, which the sentence names; or another negative errno value. */
int link_echo(struct rtnl *rtnl, int ifindex, char **errorp);

#endif
