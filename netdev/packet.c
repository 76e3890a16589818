#include "netdev/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"

static int open_socket(int *fd, char **errorp)
{
    /* Protocol 0: nothing is received before bind(). */
    *fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0 && errno == EPERM) {
        return error_set(errorp, EPERM,
                         "cannot open a packet socket: %m; this needs CAP_NET_RAW: run as root");
    }
    return *fd < 0 ? error_set(errorp, errno, "cannot open a packet socket: %m") : 0;
}

int packet_open(int ifindex, const char *name, uint16_t ethertype, int *fdp, char **errorp)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ethertype),
        .sll_ifindex = ifindex,
    };
    auto_close int fd = -1;
    int on = 1;
    int error = open_socket(&fd, errorp);

    if (error) {
        return error;
    }
    /* Since Linux 4.20. Before, what goes out is shown to sockets for ETH_P_ALL only: see
     * dev_queue_xmit_nit() in net/core/dev.c. */
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    /* An index of 0 would be all links. */
    if (ifindex <= 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) {
        int failure = ifindex <= 0 ? ENODEV : errno;

        return error_set(errorp, failure, "cannot bind a packet socket to %s: %s", name,
                         strerror(failure));
    }
    *fdp = steal_fd(&fd);
    return 0;
}

int packet_join(int fd, int ifindex, const struct mac *mac, char **errorp)
{
    struct packet_mreq membership = {
        .mr_ifindex = ifindex,
        .mr_type = mac->octet[0] & 1 ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST,
        .mr_alen = sizeof mac->octet,
    };
    char text[MAC_TEXT_SIZE];

    memcpy(membership.mr_address, mac->octet, sizeof mac->octet);
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) {
        return error_set(errorp, errno, "cannot receive frames for %s: %m", mac_format(mac, text));
    }
    return 0;
}
