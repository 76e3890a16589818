/* Theory of operation. How the descriptors are known to be those of the link `ifindex`, though
 * device numbers are used again over all namespaces as macvtaps come and go:
 *
 * 1. sysfs says which number the macvtap has, and it is opened by that number.
 * 2. sysfs is asked again, and must say the same: now the number is this macvtap's.
 * 3. TUNGETIFF works, so what was opened still lives. It has kept its number all the time, as of 2,
 *    too; so it is this macvtap.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/detached.h"
#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/queues.h"
#include "netdev/sysfs.h"

/* The name of the private node in its folder. */
#define NODE "macvtap"

static int refuse(const struct link_info *link, int err, const char *what, char **errorp)
{
    switch (err) {
    case EPERM:
    case EACCES:
        return error_set(errorp, err,
                         "cannot %s of macvtap \"%s\": %m; this needs CAP_MKNOD, outside of user "
                         "namespaces and device filters: run as root",
                         what, link->name);
    case EMFILE:
        return error_set(errorp, err,
                         "cannot %s of macvtap \"%s\": %m; each queue takes a descriptor: raise "
                         "the limit (ulimit -n)",
                         what, link->name);
    case EBUSY:
        return error_set(errorp, err,
                         "cannot %s of macvtap \"%s\": it has no queue left of the %d that are "
                         "possible",
                         what, link->name, MACVTAP_MAX_QUEUES);
    default:
        return error_set(errorp, err, "cannot %s of macvtap \"%s\": %m", what, link->name);
    }
}

static int refuse_deleted(const struct link_info *link, char **errorp)
{
    return error_set(errorp, ENODEV, "macvtap \"%s\" was deleted while it was opened", link->name);
}

/* Makes a node of that number in a folder that only the descriptor *fdp reaches. */
static int make_node(const struct link_info *link, dev_t number, int *fdp, char **errorp)
{
    auto_close int folder = -1;
    int error = detached_mount("tmpfs", &folder, errorp);

    if (error) {
        return error_wrap(errorp, error, "cannot open macvtap \"%s\"", link->name);
    }
    if (mknodat(folder, NODE, S_IFCHR | 0600, number)) {
        return refuse(link, errno, "make a node for the device", errorp);
    }
    *fdp = steal_fd(&folder);
    return 0;
}

/* Without IFF_VNET_HDR the kernel cuts and checksums what it hands out by itself, whatever offloads
 * the device has (tap_handle_frame() in drivers/net/tap.c), so there is no TUNSETOFFLOAD here. */
static int open_queue(const struct link_info *link, int folder, int flags, int *fdp, char **errorp)
{
    auto_close int fd = openat(folder, NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = (short)flags};

    if (fd < 0 && (errno == ENODEV || errno == ENXIO)) {
        return refuse_deleted(link, errorp);
    }
    if (fd < 0) {
        return refuse(link, errno, "open a queue", errorp);
    }
    if (ioctl(fd, TUNSETIFF, &request)) {
        return refuse(link, errno, "set the flags", errorp);
    }
    *fdp = steal_fd(&fd);
    return 0;
}

static int open_queues(const struct link_info *link, dev_t number, unsigned n_queues, bool vnet_hdr,
                       struct queues *queues, char **errorp)
{
    const int flags = IFF_TAP | IFF_NO_PI | (vnet_hdr ? IFF_VNET_HDR : 0) |
                      (n_queues > 1 ? IFF_MULTI_QUEUE : 0);
    auto_close int folder = -1;
    int error = make_node(link, number, &folder, errorp);

    while (!error && queues->n < n_queues) {
        error = open_queue(link, folder, flags, &queues->fds[queues->n], errorp);
        queues->n += !error;
    }
    return error;
}

/* Steps 2 and 3 of the theory of operation. The name is looked at for good measure. */
static int check_queues(const struct link_info *link, int sysfs, const struct queues *queues,
                        char **errorp)
{
    dev_t number = 0;
    int error = sysfs_macvtap_number(sysfs, link->ifindex, &number, errorp);

    if (error == -ENODEV) {
        error = refuse_deleted(link, errorp);
    }
    for (unsigned i = 0; !error && i < queues->n; i++) {
        struct stat st;
        struct ifreq request = {0};

        if (fstat(queues->fds[i], &st) || !S_ISCHR(st.st_mode) || st.st_rdev != number ||
            ioctl(queues->fds[i], TUNGETIFF, &request)) {
            error = refuse_deleted(link, errorp);
        } else if (!str_eq(request.ifr_name, link->name)) {
            error = error_set(errorp, ENODEV, "macvtap \"%s\" was renamed while it was opened",
                              link->name);
        }
    }
    return error;
}

static int look_up(struct rtnl *rtnl, int ifindex, struct link_info *link, char **errorp)
{
    int error = link_get_by_index(rtnl, ifindex, link, errorp);

    if (error) {
        return error_wrap(errorp, error, "cannot open a macvtap");
    }
    if (!str_eq(link->kind, "macvtap")) {
        auto_free char *kind = link_describe_kind(link);

        return error_set(errorp, EINVAL, "cannot open macvtap \"%s\": it is no macvtap but a %s",
                         link->name, kind);
    }
    return 0;
}

int macvtap_open(struct rtnl *rtnl, int ifindex, unsigned n_queues, bool vnet_hdr, int *fds,
                 char **errorp)
{
    auto_close int sysfs = -1;
    struct link_info link;
    dev_t number = 0;
    int error = look_up(rtnl, ifindex, &link, errorp);

    if (error) {
        return error;
    }
    if (n_queues < 1 || n_queues > MACVTAP_MAX_QUEUES) {
        return error_set(errorp, EINVAL,
                         "cannot open macvtap \"%s\" with %u queues: 1 to %d are possible",
                         link.name, n_queues, MACVTAP_MAX_QUEUES);
    }
    error = detached_mount("sysfs", &sysfs, errorp);
    if (!error) {
        error = sysfs_macvtap_number(sysfs, ifindex, &number, errorp);
    }
    if (error) {
        return error_wrap(errorp, error, "cannot open macvtap \"%s\"", link.name);
    }
    struct queues queues = queues_new(n_queues);

    error = open_queues(&link, number, n_queues, vnet_hdr, &queues, errorp);
    if (!error) {
        error = check_queues(&link, sysfs, &queues, errorp);
    }
    return queues_finish(&queues, error, fds);
}
