#include "netdev/macvtap-node.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/detached.h"
#include "netdev/macvtap.h"
#include "netdev/sysfs.h"

/* How long udev may take with a new device before we go on without it. */
#define UDEV_POLLS   200
#define UDEV_POLL_NS 10000000L

static int find_number(int ifindex, dev_t *number, char **errorp)
{
    auto_close int sysfs = -1;
    int error = detached_mount("sysfs", &sysfs, errorp);

    return error ? error : sysfs_macvtap_number(sysfs, ifindex, number, errorp);
}

char *macvtap_node(int ifindex)
{
    return str_printf("/dev/tap%d", ifindex);
}

/* Opens the node without opening the device, so that what is checked is what is changed. */
static int open_node(const char *path, dev_t number, int *fdp, struct stat *st, char **errorp)
{
    auto_close int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        return error_set(errorp, ENODEV, "there is no %s; is /dev a devtmpfs?", path);
    }
    if (fd < 0) {
        return error_set(errorp, errno, "cannot look at %s: %m", path);
    }
    if (fstat(fd, st)) {
        return error_set(errorp, errno, "cannot look at %s: %m", path);
    }
    if (!S_ISCHR(st->st_mode) || st->st_rdev != number) {
        return error_set(errorp, EEXIST,
                         "%s is another device's, such as a macvtap's of another network namespace",
                         path);
    }
    *fdp = steal_fd(&fd);
    return 0;
}

int macvtap_check_node(int ifindex, char **errorp)
{
    auto_free char *path = macvtap_node(ifindex);
    auto_close int fd = -1;
    struct stat st;
    dev_t number = 0;
    int error = find_number(ifindex, &number, errorp);

    return error ? error : open_node(path, number, &fd, &st, errorp);
}

/* Whether a udev runs that hears of devices in this network namespace: it is told of those in its
 * own only (kobject_uevent_net_broadcast() in lib/kobject_uevent.c), which is that of process 1. */
static bool udev_listens(void)
{
    struct stat its;
    struct stat ours;

    return access("/run/udev/control", F_OK) == 0 &&
           (stat("/proc/1/ns/net", &its) || stat("/proc/self/ns/net", &ours) ||
            its.st_ino == ours.st_ino);
}

/* Whether udev is done with the device whose node this is: it then has a record of it. An older one
 * is of an earlier device with that number. A node's time of modification is that of its making. */
static bool udev_is_done(const struct stat *node)
{
    auto_free char *record = str_printf("/run/udev/data/c%u:%u", major(node->st_rdev),
                                        minor(node->st_rdev));
    struct stat st;

    return stat(record, &st) == 0 && (st.st_mtim.tv_sec > node->st_mtim.tv_sec ||
                                      (st.st_mtim.tv_sec == node->st_mtim.tv_sec &&
                                       st.st_mtim.tv_nsec >= node->st_mtim.tv_nsec));
}

static void wait_for_udev(const struct stat *node)
{
    static const struct timespec pause = {.tv_nsec = UDEV_POLL_NS};

    for (int i = 0; i < UDEV_POLLS && udev_listens() && !udev_is_done(node); i++) {
        nanosleep(&pause, NULL);
    }
}

static int set_owner(const char *path, int fd, uid_t owner, gid_t group, char **errorp)
{
    /* chmod() has no form of its own for a descriptor with O_PATH before Linux 6.6. */
    auto_free char *self = str_printf("/proc/self/fd/%d", fd);

    if (fchownat(fd, "", owner, group, AT_EMPTY_PATH)) {
        return error_set(errorp, errno, "cannot change the owner of %s: %m", path);
    }
    if (chmod(self, group == (gid_t)-1 ? 0600 : 0660)) {
        return error_set(errorp, errno, "cannot change the mode of %s: %m", path);
    }
    return 0;
}

int macvtap_give_node(int ifindex, uid_t owner, gid_t group, char **errorp)
{
    auto_free char *path = macvtap_node(ifindex);
    auto_close int fd = -1;
    struct stat st = {0};
    dev_t number = 0;
    int error = find_number(ifindex, &number, errorp);

    if (!error) {
        error = open_node(path, number, &fd, &st, errorp);
    }
    if (!error) {
        wait_for_udev(&st);
        error = set_owner(path, fd, owner, group, errorp);
    }
    return error == -EEXIST ? -ENODEV : error;
}
