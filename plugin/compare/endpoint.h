/* Endpoints: the open queue of a tap or macvtap, driven as a VMM drives it. */
#ifndef COMPARE_ENDPOINT_H
#define COMPARE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/mac.h"

/* As QEMU has it once a virtio driver runs: struct virtio_net_hdr_mrg_rxbuf. */
#define ENDPOINT_HEADER 12

/* The largest frame, with its header: what TSO may hand over. */
#define ENDPOINT_FRAME_MAX (ENDPOINT_HEADER + 65535 + 14)

struct endpoint {
    int fd; /* borrowed; O_NONBLOCK */
    struct mac mac;
    size_t header;  /* bytes before each frame; 0 where the queue has none */
    bool offloads;  /* takes frames whose checksum or segmentation is still to be done */
    bool is_packet; /* a packet socket, which is a floor and not a guest's */
};

/* Makes the queue that of a guest with this MAC address, with or without offloads (TUNSETVNETHDRSZ,
 * TUNSETOFFLOAD). A queue without vnet_hdr has none. Returns 0 or a negative errno value. */
int endpoint_prepare(int fd, const struct mac *mac, bool offloads, struct endpoint *endpoint,
                     char **errorp);

/* The same of a packet socket, bound and O_NONBLOCK, as a floor: no header, no offloads. */
void endpoint_packet(int fd, const struct mac *mac, struct endpoint *endpoint);

/* Writes a frame of `length` bytes, which stands in `room` after ENDPOINT_HEADER bytes: the header,
 * used where the endpoint has one. Returns 0, -EAGAIN when the path pushes back, or another
 * negative errno value; no sentence, since this is what is measured. */
int endpoint_send(const struct endpoint *endpoint, unsigned char *room, size_t length);

/* Reads the next frame into the `size` bytes of `room`, laid out as for endpoint_send(); stores the
 * frame's own length.
 * Returns 0, -EAGAIN when there is none, or another negative errno value. */
int endpoint_receive(const struct endpoint *endpoint, unsigned char *room, size_t size,
                     size_t *length);

/* Reads and drops what is queued, until nothing came for `quiet_ms`. */
void endpoint_drain(const struct endpoint *endpoint, int quiet_ms);

#endif
