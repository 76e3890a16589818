#include "helper/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* Sets a limit, also where the caller had set a smaller one; or else what the caller left. */
static void limit(__rlimit_resource_t resource, rlim_t value)
{
    const struct rlimit wanted = {.rlim_cur = value, .rlim_max = value};
    struct rlimit now;

    if (setrlimit(resource, &wanted) && getrlimit(resource, &now) == 0) {
        now.rlim_cur = value < now.rlim_max ? value : now.rlim_max;
        setrlimit(resource, &now);
    }
}

static void set_limits(void)
{
    const rlim_t MiB = (rlim_t)1024 * 1024;

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, SURROUNDINGS_SECONDS);
    limit(RLIMIT_FSIZE, MiB);
    limit(RLIMIT_NOFILE, 64);
    limit(RLIMIT_STACK, 8 * MiB);
#ifndef __SANITIZE_ADDRESS__ /* which takes terabytes of addresses */
    limit(RLIMIT_AS, 512 * MiB);
#endif
}

/* The caller may have left signals ignored or blocked, and timers running. What a terminal sends
 * reaches even a process that is root's, so it must not do anything, least of all stop one that
 * holds a lock. */
static void reset_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGHUP,  SIGINT,
                                  SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct itimerval never = {0};
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &usual, NULL); /* those that cannot be set cannot be ignored either */
    }
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++) {
        sigaction(ignored[i], &ignore, NULL);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    setitimer(ITIMER_PROF, &never, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int fill_standard(void)
{
    int fd;

    do {
        /* The one descriptor that may be inherited: there is nobody to inherit it. */
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            return -errno;
        }
    } while (fd <= STDERR_FILENO);
    close(fd);
    return 0;
}

int surroundings_forget(char **errorp)
{
    clearenv();
    prctl(PR_SET_DUMPABLE, 0);
    reset_signals();
    set_limits();
    umask(S_IWGRP | S_IWOTH);
    alarm(SURROUNDINGS_SECONDS);
    int error = fill_standard();
    if (error) {
        return error_set(errorp, -error, "cannot open /dev/null");
    }
    return chdir("/") ? error_set(errorp, errno, "cannot leave the current folder: %m") : 0;
}

/* Closes the descriptors `first` to `last`, both included. */
static int close_between(unsigned first, unsigned last)
{
    return first <= last && close_range(first, last, 0) ? -errno : 0;
}

/* Closes all but 0 to 2 and `fd`. */
static int close_others(int fd)
{
    int error = close_between(STDERR_FILENO + 1, (unsigned)fd - 1);

    return error ? error : close_between((unsigned)fd + 1, UINT_MAX);
}

int surroundings_keep_socket(int fd, char **errorp)
{
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof domain;

    if (fd <= STDERR_FILENO || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) || domain != AF_UNIX ||
        type != SOCK_STREAM) {
        return error_set(errorp, EINVAL,
                         "--fd=%d is no Unix stream socket; the helper is run by QEMU or libvirt, "
                         "not by hand",
                         fd);
    }
    int error = fcntl(fd, F_SETFD, FD_CLOEXEC) ? -errno : close_others(fd);
    return error ? error_set(errorp, -error, "cannot close the caller's files") : 0;
}

int surroundings_leave(int fd)
{
    auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    alarm(0);
    if (null < 0 || setsid() < 0) {
        return -errno;
    }
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        if (dup2(null, i) < 0) {
            return -errno;
        }
    }
    return close_others(fd);
}
