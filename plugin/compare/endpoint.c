#include "compare/endpoint.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

/* As QEMU asks for once the guest's driver has accepted all that it was offered. */
#define ALL_OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

/* A switch that is being flooded by others never falls silent. */
#define DRAIN_MAX_MS 1000

int endpoint_prepare(int fd, const struct mac *mac, bool offloads, struct endpoint *endpoint,
                     char **errorp)
{
    struct ifreq request = {0};
    int unlimited = INT_MAX;
    int size = ENDPOINT_HEADER;

    if (ioctl(fd, TUNGETIFF, &request)) {
        return error_set(errorp, errno, "descriptor %d is no queue of a tap or macvtap: %m", fd);
    }
    const bool has_header = request.ifr_flags & IFF_VNET_HDR;

    /* A persistent tap keeps the size that its last user chose. */
    if (has_header && ioctl(fd, TUNSETVNETHDRSZ, &size)) {
        return error_set(errorp, errno, "cannot choose the header of frames of %s: %m",
                         request.ifr_name);
    }
    /* Without a header, too: what was set before would go on, and could not be told. */
    offloads = offloads && has_header;
    if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)(offloads ? ALL_OFFLOADS : 0))) {
        return error_set(errorp, errno, "cannot switch the offloads of %s: %m", request.ifr_name);
    }
    /* As QEMU does, unless told otherwise; a macvtap would have wmem_default. */
    ioctl(fd, TUNSETSNDBUF, &unlimited);
    *endpoint = (struct endpoint){
        .fd = fd,
        .mac = *mac,
        .header = has_header ? ENDPOINT_HEADER : 0,
        .offloads = offloads,
    };
    return 0;
}

void endpoint_packet(int fd, const struct mac *mac, struct endpoint *endpoint)
{
    *endpoint = (struct endpoint){.fd = fd, .mac = *mac, .is_packet = true};
}

int endpoint_send(const struct endpoint *endpoint, unsigned char *room, size_t length)
{
    const size_t size = endpoint->header + length;
    const ssize_t n = write(endpoint->fd, room + ENDPOINT_HEADER - endpoint->header, size);

    if (n < 0) {
        /* ENOBUFS is how a packet socket says that a queue is full. */
        return errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
    }
    return (size_t)n == size ? 0 : -EIO;
}

int endpoint_receive(const struct endpoint *endpoint, unsigned char *room, size_t size,
                     size_t *length)
{
    const size_t skip = ENDPOINT_HEADER - endpoint->header;
    const ssize_t n = read(endpoint->fd, room + skip, size - skip);

    if (n < 0) {
        return errno == EINTR ? -EAGAIN : -errno;
    }
    if ((size_t)n < endpoint->header) {
        return -EIO;
    }
    *length = (size_t)n - endpoint->header;
    return 0;
}

void endpoint_drain(const struct endpoint *endpoint, int quiet_ms)
{
    const long end = clock_ms() + DRAIN_MAX_MS;
    struct pollfd ready = {.fd = endpoint->fd, .events = POLLIN};
    unsigned char some[ENDPOINT_HEADER + 1];

    while (clock_ms() < end && poll(&ready, 1, quiet_ms) > 0) {
        /* What does not fit of a frame is dropped with it. */
        if (read(endpoint->fd, some, sizeof some) < 0 && errno != EAGAIN && errno != EINTR) {
            return;
        }
    }
}
