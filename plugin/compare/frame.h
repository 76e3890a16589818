/* The frames that are sent to measure, and how they are known again. */
#ifndef COMPARE_FRAME_H
#define COMPARE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netdev/mac.h"

/* Headers of Ethernet, IPv4 and TCP, as all TCP frames here have them. */
#define FRAME_TCP_HEADERS (14 + 20 + 20)

/* The payload of each segment that a FRAME_GSO is to be cut into: what TCP with its timestamps puts
 * into 1500 bytes. */
#define FRAME_SEGMENT 1448

enum frame_kind {
    FRAME_PLAIN,    /* of the EtherType for local experiments, 0x88b5, which no host answers */
    FRAME_TCP,      /* TCP in IPv4 between addresses kept for benchmarks (RFC 2544), finished */
    FRAME_CHECKSUM, /* the same with its checksum left to be done, as a guest with offloads does */
    FRAME_GSO,      /* and to be cut into segments besides */
};

struct frame {
    enum frame_kind kind;
    struct mac source;
    struct mac target;
    size_t length;   /* bytes from the Ethernet header on; at least 60, or FRAME_TCP_HEADERS */
    uint32_t seed;   /* tells this run from others on the same network */
    uint32_t number; /* tells its frames apart */
};

/* Lays the frame out in `room`, after the ENDPOINT_HEADER bytes of its virtio_net_hdr, which are
 * filled in. */
void frame_build(const struct frame *frame, unsigned char *room);

/* Gives another number to what frame_build() laid out; of a FRAME_TCP the checksum is not mended.
 */
void frame_renumber(unsigned char *room, enum frame_kind kind, uint32_t number);

/* What is found in a frame that has arrived. */
struct frame_seen {
    uint32_t number;
    bool tcp;
    size_t amount; /* bytes of TCP payload, which may be a segment's; 1 for a plain frame */
};

/* Whether the `length` bytes that follow a header's room are a frame of this run. Made to be quick:
 * no checksum is looked at. */
bool frame_recognise(const unsigned char *room, size_t length, uint32_t seed,
                     struct frame_seen *seen);

/* Whether a frame that frame_recognise() has found to be TCP is as it was sent: its part of the
 * payload, and its checksums. Where `has_header`, a TCP checksum may still have to be done, or have
 * been verified before, and the header say so. */
bool frame_is_right(const unsigned char *room, bool has_header);

/* The Internet checksum of RFC 1071 over these bytes, not yet inverted, added to `sum`, which is 0
 * or what this returned for an even number of bytes before them. */
uint16_t frame_sum(const unsigned char *bytes, size_t n, uint16_t sum);

/* Makes of a plain frame that has arrived, with whatever header, one that goes back to where it
 * came from and has another number. */
void frame_return(unsigned char *room, uint32_t number);

#endif
