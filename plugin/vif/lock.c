#include "vif/lock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* Between two tries, at most. */
#define PAUSE_MS 8

/* Who has the lock of a file, by /proc/locks: proc(5). 0 where that is not to be found out. */
static long find_holder(int fd)
{
    FILE *locks = fopen("/proc/locks", "re");
    char *line = NULL;
    size_t size = 0;
    struct stat st;
    long found = 0;

    while (locks && !fstat(fd, &st) && !found && getline(&line, &size, locks) > 0) {
        unsigned major;
        unsigned minor;
        unsigned long inode;
        long pid;

        /* Those that wait have "->" in front of the word. */
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own */
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &major, &minor, &inode) == 4 &&
            makedev(major, minor) == st.st_dev && inode == st.st_ino) {
            found = pid;
        }
    }
    free(line);
    if (locks) {
        fclose(locks);
    }
    return found > 0 ? found : 0;
}

static int give_up(int fd, unsigned milliseconds, char **errorp)
{
    if (!errorp) {
        return -ETIME;
    }
    long holder = find_holder(fd);
    auto_free char *who = holder ? str_printf("process %ld", holder) : str_dup("another process");

    auto_free char *how_long = milliseconds ? str_printf(", and did not give it back in %g seconds",
                                                         milliseconds / 1000.0)
                                            : str_dup("");

    return error_set(errorp, ETIME,
                     "%s has it%s; if that is stopped, or in a cgroup that is frozen, let it go "
                     "on, or kill it",
                     who, how_long);
}

int vif_lock(int fd, unsigned milliseconds, char **errorp)
{
    int64_t end = clock_ms() + milliseconds;

    /* Not an alarm, since signals are the program's. */
    for (long pause_ms = 1; flock(fd, LOCK_EX | LOCK_NB);
         pause_ms = pause_ms < PAUSE_MS ? 2 * pause_ms : PAUSE_MS) {
        const struct timespec pause = {.tv_nsec = pause_ms * 1000000};

        if (errno != EWOULDBLOCK && errno != EINTR) {
            return error_set(errorp, errno, "%m");
        }
        if (clock_ms() >= end) {
            return give_up(fd, milliseconds, errorp);
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}
