/* Hears what the adjacent switch announces of reflective relay by LLDP. Few switches announce
 * anything, and those that do mostly wait for a station to ask for it (lldpad(8)), so this adds to
 * what netdev/probe.h finds out, and replaces nothing. */
#ifndef NETDEV_EVB_LISTENER_H
#define NETDEV_EVB_LISTENER_H

#include <stdbool.h>

#include "netdev/lldp.h"

struct rtnl;

/* Begins to listen on the link `lower`. Returns 0 and stores a descriptor in *fd, which the caller
 * closes; -ENODEV; -EINVAL when it does not carry Ethernet frames; -EPERM without CAP_NET_RAW; or
 * another negative errno value. */
int evb_listen(struct rtnl *rtnl, const char *lower, int *fd, char **errorp);

/* Waits for an EVB TLV, `timeout_ms` at most; frames from before this call count. Sets *heard, and
 * fills *evb if so. Returns 0; -ENETDOWN when the link is, or was meanwhile, down or gone; or
 * another negative errno value. */
int evb_wait(int fd, unsigned timeout_ms, bool *heard, struct lldp_evb *evb, char **errorp);

#endif
