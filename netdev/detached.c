#include "netdev/detached.h"

#include <errno.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/mem.h"

static int refuse(int err, const char *type, char **errorp)
{
    switch (err) {
    case EPERM:
        return error_set(errorp, err,
                         "cannot mount a private %s: %m; this needs CAP_SYS_ADMIN: run as root",
                         type);
    case ENOSYS:
        return error_set(errorp, err, "cannot mount a private %s: %m; this needs Linux 5.2", type);
    default:
        return error_set(errorp, err, "cannot mount a private %s: %m", type);
    }
}

int detached_mount(const char *type, int *fdp, char **errorp)
{
    auto_close int context = fsopen(type, FSOPEN_CLOEXEC);

    if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
        return refuse(errno, type, errorp);
    }
    int fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

    if (fd < 0) {
        return refuse(errno, type, errorp);
    }
    *fdp = fd;
    return 0;
}
