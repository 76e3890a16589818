#include "vif/script.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nofile.h"

/* What a script sees of our environment: nothing. */
static char *const clean_environment[] = {
    (char[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    (char[]){"LC_ALL=C"},
    NULL,
};

/* posix_spawn() with the given file actions, no signal blocked or ignored, and the limit of
 * descriptors that we were started with. */
static int spawn_clean(const char *path, char *const argv[], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    bool raised = nofile_restore();
    int error = posix_spawn(pid, path, &actions, &attributes, argv, clean_environment);
    if (raised) {
        nofile_raise();
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int vif_script_run(const char *path, const char *ifname, char **errorp)
{
    auto_free char *program = str_dup(path);
    auto_free char *argument = str_dup(ifname);
    char *argv[] = {program, argument, NULL};
    int status = 0;
    pid_t pid;

    if (path[0] != '/') {
        return error_set(errorp, EINVAL, "script \"%s\": the path must be absolute", path);
    }
    int error = spawn_clean(path, argv, &pid);
    if (error) {
        return error_set(errorp, error, "cannot run script \"%s\" for \"%s\": %s", path, ifname,
                         strerror(error));
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(errorp, errno, "cannot wait for script \"%s\": %m", path);
        }
    }
    if (WIFSIGNALED(status)) {
        return error_set(errorp, EIO, "script \"%s\" for \"%s\" was killed by signal %d", path,
                         ifname, WTERMSIG(status));
    }
    if (WEXITSTATUS(status)) {
        return error_set(errorp, EIO, "script \"%s\" for \"%s\" failed with exit status %d", path,
                         ifname, WEXITSTATUS(status));
    }
    return 0;
}
