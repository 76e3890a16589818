#include "vif/script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/spawn.h"

int vif_script_run(const char *path, const char *ifname, char **errorp)
{
    auto_free char *what = str_printf("script \"%s\" for \"%s\"", path, ifname);
    auto_free char *program = str_dup(path);
    auto_free char *argument = str_dup(ifname);
    char *argv[] = {program, argument, NULL};
    pid_t pid;

    if (path[0] != '/') {
        return error_set(errorp, EINVAL, "script \"%s\": the path must be absolute", path);
    }
    auto_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) {
        return error_set(errorp, errno, "cannot run %s: cannot open \"/dev/null\": %m", what);
    }
    const int fds[] = {null, STDOUT_FILENO, STDOUT_FILENO};
    int error = spawn_program(path, argv, fds, &pid);
    if (error) {
        return error_set(errorp, -error, "cannot run %s: %s", what, strerror(-error));
    }
    return spawn_wait(pid, what, errorp);
}
