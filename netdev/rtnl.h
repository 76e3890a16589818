/* A session with the kernel's routing netlink (rtnetlink(7)) in the network namespace of the
 * caller. */
#ifndef NETDEV_RTNL_H
#define NETDEV_RTNL_H

struct rtnl;

/* Opens a session. Returns 0 and stores it in *rtnl, which the caller closes with rtnl_close(), or
 * a negative errno value. One thread at a time may use it. */
int rtnl_open(struct rtnl **rtnl, char **errorp);

/* Closes the session; NULL is fine. */
void rtnl_close(struct rtnl *rtnl);

#endif
