#include "netdev/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

static int open_namespace(int *fd, char **errorp)
{
    *fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return *fd < 0 ? error_set(errorp, errno, "cannot open /proc/thread-self/ns/net: %m") : 0;
}

int netns_enter_new(int *home, int *away, char **errorp)
{
    auto_close int here = -1;
    int error = open_namespace(&here, errorp);

    if (error) {
        return error;
    }
    if (unshare(CLONE_NEWNET)) {
        return error_set(errorp, errno, "cannot make a network namespace: %m%s",
                         errno == EPERM ? "; this needs CAP_SYS_ADMIN: run as root" : "");
    }
    *home = steal_fd(&here);
    return open_namespace(away, errorp);
}

int netns_enter(int away, int *home, char **errorp)
{
    auto_close int here = -1;
    int error = open_namespace(&here, errorp);

    if (!error && setns(away, CLONE_NEWNET)) {
        error = error_set(errorp, errno, "cannot enter a network namespace: %m");
    }
    if (!error) {
        *home = steal_fd(&here);
    }
    return error;
}

void netns_return(int home)
{
    /* Who could leave can also return. If not: whatever else this thread did, it would do in the
     * wrong place. */
    if (home >= 0 && setns(home, CLONE_NEWNET)) {
        perror("cannot return to the network namespace");
        abort();
    }
}
