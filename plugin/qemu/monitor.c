#include "qemu/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp-wire.h"

/* Removes what an earlier QEMU has left. */
static int remove_stale(const char *path, char **errorp)
{
    auto_close int fd = -1;
    struct stat st;

    if (lstat(path, &st)) {
        return errno == ENOENT ? 0 : error_set(errorp, errno, "%s: %m", path);
    }
    if (!S_ISSOCK(st.st_mode) || qmp_socket(path, 0, &fd, NULL) != -ECONNREFUSED) {
        return error_set(errorp, EADDRINUSE, "\"%s\" is there already%s", path,
                         S_ISSOCK(st.st_mode) ? ", and somebody listens on it" : "");
    }
    return unlink(path) ? error_set(errorp, errno, "cannot remove %s: %m", path) : 0;
}

int monitor_listen(const char *path, int *fdp, char **errorp)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return error_set(errorp, errno, "cannot make a socket: %m");
    }
    if (!str_copy(address.sun_path, sizeof address.sun_path, path)) {
        return error_set(errorp, ENAMETOOLONG,
                         "\"%s\" is too long for the path of a socket; name a shorter one with "
                         "--qmp",
                         path);
    }
    int error = remove_stale(path, errorp);
    if (error) {
        return error;
    }
    mode_t before = umask(0177);
    int failed = bind(fd, (const struct sockaddr *)&address, sizeof address) ? errno : 0;
    umask(before);
    if (!failed && listen(fd, 1)) {
        failed = errno;
        unlink(path);
    }
    if (failed) {
        errno = failed;
        return error_set(errorp, failed, "cannot make the socket %s: %m", path);
    }
    *fdp = steal_fd(&fd);
    return 0;
}

char *monitor_absolute(const char *path)
{
    auto_free char *copy = str_dup(path);
    char *slash = strrchr(copy, '/');
    auto_free char *folder = NULL;

    if (slash) {
        *slash = '\0';
    }
    folder = realpath(!slash ? "." : slash == copy ? "/" : copy, NULL);
    return folder ? str_printf("%s/%s", str_eq(folder, "/") ? "" : folder, slash ? slash + 1 : copy)
                  : str_dup(path);
}

void monitor_add_arguments(int fd, struct qemu_argv *args)
{
    qemu_argv_add(args, "-chardev");
    qemu_argv_add(args, "socket,id=vifplug-watch,fd=%d,server=on,wait=off", fd);
    qemu_argv_add(args, "-mon");
    qemu_argv_add(args, "chardev=vifplug-watch,mode=control");
}
