#include "netdev/offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"

int link_finish_checksums(const char *name, char **errorp)
{
    struct ethtool_value value = {.cmd = ETHTOOL_STXCSUM, .data = 0};
    struct ifreq request = {.ifr_data = (char *)&value};
    auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (!str_copy(request.ifr_name, sizeof request.ifr_name, name)) {
        errno = ENODEV;
    } else if (fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0) {
        return 0;
    }
    return error_set(errorp, errno, "cannot turn off checksum offload of \"%s\": %m", name);
}
