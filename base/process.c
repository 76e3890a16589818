#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Programs that may have started one another. */
#define MAX_PARENTS 8

int process_read(pid_t pid, struct process_stat *stat)
{
    char path[64];
    char text[1024];

    memset(stat, 0, sizeof *stat);
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? -ESRCH : -errno;
    }
    ssize_t length = read(fd, text, sizeof text - 1);
    if (length <= 0) {
        return length < 0 ? -errno : -ESRCH;
    }
    text[length] = '\0';
    /* The second field is the name in parentheses, which may hold blanks and parentheses itself. */
    const char *field = strrchr(text, ')');
    for (int number = 3; field && (field = strchr(field, ' ')); number++) {
        field++;
        if (number == 3) {
            stat->state = *field;
        } else if (number == 4) {
            stat->parent = (pid_t)strtol(field, NULL, 10);
        } else if (number == 22) {
            stat->start = strtoull(field, NULL, 10);
            break;
        }
    }
    return 0;
}

bool process_is_of(pid_t pid, pid_t other)
{
    struct process_stat stat;

    for (int i = 0; i < MAX_PARENTS && pid > 1 && pid != other; i++) {
        pid = process_read(pid, &stat) ? 0 : stat.parent;
    }
    return pid > 0 && pid == other;
}
