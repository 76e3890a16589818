#include "watch/lock.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/mem.h"

int watch_lock(const char *rundir, char **errorp)
{
    /* Of a lock of this kind the kernel tells whose it is, and processes that we start do not have
     * it. */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    auto_free char *path = str_printf("%s/watch.lock", rundir);
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return error_set(errorp, errno, "cannot open %s: %m%s", path,
                         errno == EACCES ? "; run as root, or name another folder with --rundir"
                                         : "");
    }
    if (fcntl(fd, F_SETLK, &whole) == 0) {
        return steal_fd(&fd);
    }
    if (errno != EAGAIN && errno != EACCES) {
        return error_set(errorp, errno, "cannot lock %s: %m", path);
    }
    fcntl(fd, F_GETLK, &whole);
    return error_set(errorp, EBUSY, "process %ld watches %s already", (long)whole.l_pid, rundir);
}
