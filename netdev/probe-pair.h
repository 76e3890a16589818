/* The stations of an end-to-end probe: two temporary macvtaps. For the files of this room only. */
#ifndef NETDEV_PROBE_PAIR_H
#define NETDEV_PROBE_PAIR_H

#include "netdev/probe-exchange.h"

struct rtnl;

/* Two macvtaps in VEPA mode, up, in a network namespace of their own: there nobody on the host
 * takes them for something to configure, and however this process ends, they end with it. */
struct probe_pair {
    struct probe_stations stations;
    struct rtnl *rtnl; /* of their namespace, which lives as long as this */
    int ifindexes[2];  /* 0: not made */
};

/* Makes the pair on the link `lower`. Returns 0; -EBUSY or -EINVAL when the kernel puts no macvtap
 * on that; -EPERM without CAP_SYS_ADMIN, CAP_NET_ADMIN and
 * CAP_MKNOD; or another negative errno value. The
 * caller calls probe_pair_close() either way. */
int probe_pair_open(struct rtnl *rtnl, int lower, struct probe_pair *pair, char **errorp);

/* Removes the pair, at once: the lower device is free again when this returns. */
int probe_pair_close(struct probe_pair *pair, char **errorp);

#endif
