/* Packet sockets (packet(7)): whole Ethernet frames of one EtherType on one link. They need
 * CAP_NET_RAW. */
#ifndef NETDEV_PACKET_H
#define NETDEV_PACKET_H

#include <stdint.h>

#include "netdev/mac.h"

/* Opens a socket, non-blocking and O_CLOEXEC, that receives the frames of this EtherType that come
 * in on the link `ifindex`, not those that go out, and sends on that link what is written to it.
 *
 * Returns 0 and stores it in *fd, which the caller closes; -ENODEV; -EPERM; or another
 * negative errno value.
 * Where sentences name the link, they call it `name`. */
int packet_open(int ifindex, const char *name, uint16_t ethertype, int *fd, char **errorp);

/* Lets the link receive frames for one more address, unicast or multicast, for as long as the
 * socket is open: cards filter by address. Returns 0 or a negative errno value. */
int packet_join(int fd, int ifindex, const struct mac *mac, char **errorp);

#endif
