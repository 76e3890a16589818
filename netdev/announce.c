#include "netdev/announce.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/mac.h"

/* Ethernet's least, which nothing below pads to. */
struct frame {
    struct ether_header ethernet;
    struct ether_arp question;
    char padding[ETH_ZLEN - sizeof(struct ether_header) - sizeof(struct ether_arp)];
};

static void fill(struct frame *frame, const struct mac *mac)
{
    *frame = (struct frame){
        .ethernet.ether_type = htons(ETHERTYPE_REVARP),
        .question.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
                            .ar_pro = htons(ETHERTYPE_IP),
                            .ar_hln = sizeof mac->octet,
                            .ar_pln = sizeof frame->question.arp_spa,
                            .ar_op = htons(ARPOP_RREQUEST)},
    };
    memset(frame->ethernet.ether_dhost, 0xff, sizeof frame->ethernet.ether_dhost);
    memcpy(frame->ethernet.ether_shost, mac->octet, sizeof mac->octet);
    memcpy(frame->question.arp_sha, mac->octet, sizeof mac->octet);
    memcpy(frame->question.arp_tha, mac->octet, sizeof mac->octet);
}

/* The size of what comes before each frame, a virtio_net_hdr, of which all zeros say nothing. */
static int read_header_size(int fd, size_t *size)
{
    struct ifreq request = {0};
    int header = 0;

    if (ioctl(fd, TUNGETIFF, &request)) {
        return -errno;
    }
    if (request.ifr_flags & IFF_VNET_HDR && ioctl(fd, TUNGETVNETHDRSZ, &header)) {
        return -errno;
    }
    *size = (size_t)header;
    return 0;
}

int announce_behind(int fd, char **errorp)
{
    struct ifreq address = {0};
    char header[64] = {0};
    struct iovec parts[2] = {{.iov_base = header}};
    struct frame frame;
    struct mac mac;
    int error = read_header_size(fd, &parts[0].iov_len);

    if (!error && parts[0].iov_len > sizeof header) {
        error = -EOVERFLOW;
    }
    if (!error && ioctl(fd, SIOCGIFHWADDR, &address)) {
        error = -errno;
    }
    if (!error) {
        memcpy(mac.octet, address.ifr_hwaddr.sa_data, sizeof mac.octet);
        fill(&frame, &mac);
        parts[1] = (struct iovec){.iov_base = &frame, .iov_len = sizeof frame};
        error = writev(fd, parts, 2) < 0 ? -errno : 0;
    }
    return error ? error_set(errorp, -error, "cannot announce the address of a tap: %s",
                             strerror(-error))
                 : 0;
}

int announce_count(int fd, uint64_t *sent, char **errorp)
{
    struct ifreq request = {0};
    char text[32];

    if (ioctl(fd, TUNGETIFF, &request)) {
        return error_set(errorp, errno, "cannot look at a queue: %m");
    }
    auto_free char *path = str_printf("/sys/class/net/%s/statistics/tx_packets", request.ifr_name);
    auto_close int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = file < 0 ? -1 : read(file, text, sizeof text - 1);

    if (n < 0) {
        return error_set(errorp, errno, "cannot read \"%s\": %m", path);
    }
    text[n] = '\0';
    *sent = strtoull(text, NULL, 10);
    return 0;
}
