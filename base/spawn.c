#include "base/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/nofile.h"

static char *const clean_environment[] = {
    (char[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    (char[]){"LC_ALL=C"},
    NULL,
};

int spawn_program(const char *program, char *const argv[], const int fds[3], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int i = 0; i < 3; i++) {
        posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    bool raised = nofile_restore();
    int error = posix_spawnp(pid, program, &actions, &attributes, argv, clean_environment);
    if (raised) {
        nofile_raise();
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int spawn_wait(pid_t pid, const char *what, char **errorp)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(errorp, errno, "cannot wait for %s: %m", what);
        }
    }
    if (WIFSIGNALED(status)) {
        return error_set(errorp, EIO, "%s was killed by signal %d", what, WTERMSIG(status));
    }
    if (WEXITSTATUS(status)) {
        return error_set(errorp, EIO, "%s failed with exit status %d", what, WEXITSTATUS(status));
    }
    return 0;
}
