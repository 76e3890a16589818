#include "netdev/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/mem.h"

int sysfs_macvtap_number(int sysfs, int ifindex, dev_t *number, char **errorp)
{
    /* The class has the devices of one network namespace only (macvtap_net_namespace() in
     * drivers/net/macvtap.c), so that no name, which may change, is needed. */
    auto_free char *path = str_printf("class/macvtap/tap%d/dev", ifindex);
    auto_close int fd = openat(sysfs, path, O_RDONLY | O_CLOEXEC);
    char text[32] = "";
    unsigned major = 0;
    unsigned minor = 0;

    /* ENODEV: gone between open and read */
    if (fd < 0 || read(fd, text, sizeof text - 1) < 0) {
        if (errno == ENOENT || errno == ENODEV) {
            return error_set(errorp, ENODEV, "there is no macvtap with index %d", ifindex);
        }
        return error_set(errorp, errno, "cannot read \"%s\" in sysfs: %m", path);
    }
    if (sscanf(text, "%u:%u", &major, &minor) != 2) { /* NOLINT(cert-err34-c): the kernel's own */
        return error_set(errorp, EPROTO, "\"%s\" in sysfs holds no device number", path);
    }
    *number = makedev(major, minor);
    return 0;
}

/* A name of a link is one component of a path (dev_valid_name() in net/core/dev.c). */
static bool is_component(const char *name)
{
    return name[0] && !str_eq(name, ".") && !str_eq(name, "..") && !strchr(name, '/');
}

static bool exists(int folder, const char *path)
{
    struct stat st;

    return fstatat(folder, path, &st, 0) == 0;
}

int sysfs_is_wireless(int sysfs, const char *name, bool *wireless, char **errorp)
{
    auto_free char *folder = str_printf("class/net/%s", name);
    auto_free char *phy = str_printf("%s/phy80211", folder);

    if (!is_component(name) || !exists(sysfs, folder)) {
        return error_set(errorp, ENODEV, "there is no link \"%s\"", name);
    }
    *wireless = exists(sysfs, phy);
    return 0;
}
