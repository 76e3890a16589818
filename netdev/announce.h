/* Tells a network where a guest is. */
#ifndef NETDEV_ANNOUNCE_H
#define NETDEV_ANNOUNCE_H

#include <stdint.h>

/* Sends, as if the guest had, a broadcast from the address of a tap or macvtap through an open
 * queue of it: switches learn by it where that address is now. A reverse ARP request (RFC 903), as
 * QEMU sends, too: hosts take no notice of it, having no server for it.
 *
 * Returns 0, or a negative errno value where that is none, or its device is gone or down. */
int announce_behind(int fd, char **errorp);

/* How many frames were sent by the device of an open queue, through whichever queue of it. Returns
 * 0, or a negative errno value where that cannot be told, such as in another network namespace than
 * the device is in. */
int announce_count(int fd, uint64_t *sent, char **errorp);

#endif
