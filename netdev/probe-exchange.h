/* The frames of the reflective-relay probe. For the files of this room only. */
#ifndef NETDEV_PROBE_EXCHANGE_H
#define NETDEV_PROBE_EXCHANGE_H

#include <stdbool.h>

#include "netdev/mac.h"

/* IEEE 802, Local Experimental EtherType 1. */
#define PROBE_ETHERTYPE 0x88b5

/* Two stations behind one port of the switch: `a` sends to `b`. Descriptors take and give a whole
 * Ethernet frame with each write and read, and do not block; they may be one and the same. */
struct probe_stations {
    struct mac a;
    struct mac b;
    int a_fd;
    int b_fd;
    bool broadcast_only; /* `a` sends broadcasts, and there is no `b` */
};

/* What came back. */
struct probe_echo {
    bool unicast;
    bool broadcast;
    double elapsed_ms;
};

/* A random address that is locally administered and unicast: 02:xx:xx:xx:xx:xx. */
int probe_random_mac(struct mac *mac, char **errorp);

/* Makes `b` known to the switch with a broadcast from it, so that a port which does not flood
 * unknown addresses answers, too; then sends a frame from `a` to `b`. Three times, 50 ms each, or
 * until that is back: the unicast frame, or, where there is none, the broadcast.
 *
 * Returns 0; -ENETDOWN, -ENXIO or -ENODEV when the device went down or away; or another negative
 * errno value. */
int probe_exchange(const struct probe_stations *stations, struct probe_echo *echo, char **errorp);

#endif
