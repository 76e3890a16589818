#include "netdev/lldp.h"

#include <stdint.h>
#include <string.h>

#define ETHERNET_HEADER 14

/* A TLV begins with 7 bits of type and 9 bits of length. */
#define TLV_HEADER                    2
#define TLV_END                       0
#define TLV_ORGANIZATIONALLY_SPECIFIC 127

/* IEEE 802.1's OUI, and its subtype for EVB. */
static const uint8_t evb_id[4] = {0x00, 0x80, 0xc2, 0x0d};

/* What follows the id in an EVB TLV: the bridge's status, the station's status, retries and role of
 * the EVB protocol, and two octets of timers. The first is what we want; shorter than this it is
 * some other TLV. */
#define EVB_SIZE  5
#define EVB_RRCAP 0x02
#define EVB_RRCTR 0x01

static bool take_evb(const uint8_t *value, size_t length, struct lldp_evb *evb)
{
    if (length < sizeof evb_id + EVB_SIZE || memcmp(value, evb_id, sizeof evb_id) != 0) {
        return false;
    }
    evb->capable = value[sizeof evb_id] & EVB_RRCAP;
    evb->enabled = value[sizeof evb_id] & EVB_RRCTR;
    return true;
}

bool lldp_find_evb(const void *frame, size_t size, struct lldp_evb *evb)
{
    const uint8_t *bytes = frame;

    if (size < ETHERNET_HEADER || bytes[12] != LLDP_ETHERTYPE >> 8 ||
        bytes[13] != (LLDP_ETHERTYPE & 0xff)) {
        return false;
    }
    for (size_t at = ETHERNET_HEADER; size - at >= TLV_HEADER;) {
        unsigned type = bytes[at] >> 1;
        size_t length = (bytes[at] & 1U) << 8 | bytes[at + 1];

        at += TLV_HEADER;
        if (type == TLV_END || length > size - at) {
            return false;
        }
        if (type == TLV_ORGANIZATIONALLY_SPECIFIC && take_evb(&bytes[at], length, evb)) {
            return true;
        }
        at += length;
    }
    return false;
}
