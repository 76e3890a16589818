#include "netdev/wireless.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/detached.h"
#include "netdev/sysfs.h"

/* Who may not mount looks at /sys, as best he can. */
static int open_sysfs(int *fdp, char **errorp)
{
    int error = detached_mount("sysfs", fdp, errorp);

    if (error != -EPERM) {
        return error;
    }
    int fd = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return error_set(errorp, errno, "cannot open /sys: %m");
    }
    *fdp = fd;
    return 0;
}

int link_is_wireless(const char *name, bool *wireless, char **errorp)
{
    auto_close int sysfs = -1;
    auto_free char *sentence = NULL;
    int error = open_sysfs(&sysfs, &sentence);

    if (!error) {
        error = sysfs_is_wireless(sysfs, name, wireless, &sentence);
    }
    return error ? error_set(errorp, -error, "%s", sentence) : 0;
}
