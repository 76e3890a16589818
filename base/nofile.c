#include "base/nofile.h"

#include <sys/resource.h>

static struct rlimit before;
static bool raised;

void nofile_raise(void)
{
    struct rlimit all;

    if (raised || getrlimit(RLIMIT_NOFILE, &before)) {
        return;
    }
    all = before;
    all.rlim_cur = all.rlim_max;
    raised = setrlimit(RLIMIT_NOFILE, &all) == 0;
}

bool nofile_restore(void)
{
    bool was = raised;

    if (raised) {
        setrlimit(RLIMIT_NOFILE, &before);
        raised = false;
    }
    return was;
}
