/* What a tap's user has set. There is no TUNGETOFFLOAD: what TUNSETOFFLOAD has set is seen in the
 * features of the link (set_offload() in drivers/net/tun.c). */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/tap.h"

/* Of linux/if_tun.h since Linux 6.2. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static const struct offload {
    const char *feature; /* netdev_features_strings of net/ethtool/common.c */
    unsigned flags;
} offloads[] = {
    {"tx-checksum-ip-generic", TUN_F_CSUM},
    {"tx-tcp-segmentation", TUN_F_TSO4},
    {"tx-tcp6-segmentation", TUN_F_TSO6},
    {"tx-tcp-ecn-segmentation", TUN_F_TSO_ECN},
    {"tx-udp-segmentation", TUN_F_USO4 | TUN_F_USO6},
};

static int ethtool(int fd, const char *name, void *command)
{
    struct ifreq request = {.ifr_data = command};

    str_copy(request.ifr_name, sizeof request.ifr_name, name);
    return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

/* How many features the kernel knows. */
static int count_features(int fd, const char *name, unsigned *n)
{
    auto_free struct ethtool_sset_info *info = mem_zalloc(sizeof *info + sizeof info->data[0]);

    info->cmd = ETHTOOL_GSSET_INFO;
    info->sset_mask = 1U << ETH_SS_FEATURES;
    int error = ethtool(fd, name, info);

    *n = info->data[0];
    return error;
}

static unsigned flags_of(const char *feature)
{
    for (size_t i = 0; i < ARRAY_LEN(offloads); i++) {
        if (str_eq(offloads[i].feature, feature)) {
            return offloads[i].flags;
        }
    }
    return 0;
}

static int read_offloads(int fd, const char *name, unsigned *result)
{
    unsigned n = 0;
    int error = count_features(fd, name, &n);

    if (error) {
        return error;
    }
    auto_free struct ethtool_gstrings *names = mem_zalloc(sizeof *names +
                                                          (size_t)n * ETH_GSTRING_LEN);
    auto_free struct ethtool_gfeatures *features = mem_zalloc(
        sizeof *features + (n + 31) / 32 * sizeof features->features[0]);

    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_FEATURES;
    names->len = n;
    features->cmd = ETHTOOL_GFEATURES;
    features->size = (n + 31) / 32;
    error = ethtool(fd, name, names);
    if (!error) {
        error = ethtool(fd, name, features);
    }
    *result = 0;
    for (unsigned i = 0; i < n && !error; i++) {
        char feature[ETH_GSTRING_LEN + 1] = "";

        memcpy(feature, &names->data[(size_t)i * ETH_GSTRING_LEN], ETH_GSTRING_LEN);
        if (features->features[i / 32].active & (1U << (i % 32))) {
            *result |= flags_of(feature);
        }
    }
    return error;
}

int tap_read_settings(const int *fds, unsigned n, struct tap_settings *settings, char **errorp)
{
    struct tap_settings found = {0};
    struct ifreq request = {0};
    int size = 0;

    for (unsigned i = 0; i < n; i++) {
        if (ioctl(fds[i], TUNGETIFF, &request)) {
            return error_set(errorp, errno, "cannot look at a queue: %m");
        }
        found.disabled[i] = request.ifr_flags & IFF_DETACH_QUEUE;
    }
    if (ioctl(fds[0], TUNGETVNETHDRSZ, &size)) {
        return error_set(errorp, errno, "cannot look at tap \"%s\": %m", request.ifr_name);
    }
    found.vnet_hdr_size = (unsigned)size;

    auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = fd < 0 ? -errno : read_offloads(fd, request.ifr_name, &found.offloads);

    if (error) {
        return error_set(errorp, -error, "cannot read the features of tap \"%s\": %m",
                         request.ifr_name);
    }
    *settings = found;
    return 0;
}
