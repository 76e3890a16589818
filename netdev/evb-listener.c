#include "netdev/evb-listener.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/packet.h"

/* Larger than any frame of an Ethernet that is not jumbo; LLDP is never longer (802.1AB, 9.1). */
#define FRAME_SIZE 2048

/* Whom LLDP frames are sent to: the nearest customer bridge, the nearest bridge that is no
 * two-port relay, the nearest bridge (IEEE 802.1AB, table 7-1). EVB uses the first. */
static const struct mac groups[] = {
    {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}},
    {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x03}},
    {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}},
};

int evb_listen(struct rtnl *rtnl, const char *lower, int *fdp, char **errorp)
{
    auto_close int fd = -1;
    struct link_info link;
    int error = link_get(rtnl, lower, &link, errorp);

    if (!error && !link.ethernet) {
        error = error_set(errorp, EINVAL, "%s does not carry Ethernet frames", link.name);
    }
    if (!error) {
        error = packet_open(link.ifindex, link.name, LLDP_ETHERTYPE, &fd, errorp);
    }
    for (size_t i = 0; !error && i < ARRAY_LEN(groups); i++) {
        error = packet_join(fd, link.ifindex, &groups[i], errorp);
    }
    if (!error) {
        *fdp = steal_fd(&fd);
    }
    return error_wrap(errorp, error, "cannot listen for LLDP");
}

int evb_wait(int fd, unsigned timeout_ms, bool *heard, struct lldp_evb *evb, char **errorp)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    long long end = clock_ms() + timeout_ms;
    long long left = timeout_ms;
    unsigned char frame[FRAME_SIZE];

    for (*heard = false; !*heard && left >= 0; left = end - clock_ms()) {
        if (poll(&poll_fd, 1, (int)left) <= 0) {
            continue;
        }
        ssize_t n = read(fd, frame, sizeof frame);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return error_set(errorp, errno, "cannot listen for LLDP: %m");
        }
        *heard = n > 0 && lldp_find_evb(frame, (size_t)n, evb);
    }
    return 0;
}
