/* LLDP frames (IEEE 802.1AB), as far as they tell of reflective relay. */
#ifndef NETDEV_LLDP_H
#define NETDEV_LLDP_H

#include <stdbool.h>
#include <stddef.h>

#define LLDP_ETHERTYPE 0x88cc

/* What a bridge says of one port in the EVB TLV (edge virtual bridging; IEEE 802.1Q, annex D.2.12,
 * which came with 802.1Qbg). */
struct lldp_evb {
    bool capable; /* RRCAP: the port can do reflective relay */
    bool enabled; /* RRCTR: it does it now */
};

/* Finds the EVB TLV in a whole Ethernet frame of `size` bytes, as received. Returns false, and
 * leaves *evb alone, when there is none: not LLDP, malformed before it, or without it. */
bool lldp_find_evb(const void *frame, size_t size, struct lldp_evb *evb);

#endif
