#include "cli/signals.h"

#include <stddef.h>

#include "base/mem.h"

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

void signals_hold(struct signals *signals)
{
    sigemptyset(&signals->held);
    sigaddset(&signals->held, SIGCHLD);
    for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
        sigaddset(&signals->held, ending[i]);
    }
    sigprocmask(SIG_BLOCK, &signals->held, &signals->before);
}

bool signals_pending(const struct signals *signals)
{
    sigset_t pending;

    sigpending(&pending);
    for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
        if (sigismember(&pending, ending[i]) && !sigismember(&signals->before, ending[i])) {
            return true;
        }
    }
    return false;
}

void signals_release(const struct signals *signals)
{
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}
