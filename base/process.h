/* What the kernel tells of another process: /proc/PID/stat, proc(5). */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_stat {
    char state; /* 'R', 'S', ...; 'Z', 'X' and 'x' are of what is left of one that has ended */
    pid_t parent;
    uint64_t start; /* when it started, in clock ticks since boot: process ids are used again */
};

/* Reads that. Returns 0; -ESRCH when there is no such process; or another negative errno value when
 * that cannot be told. No sentence. On failure all of *stat is 0. */
int process_read(pid_t pid, struct process_stat *stat);

/* Whether a process is that other one, or was started by it, through a few programs at most. */
bool process_is_of(pid_t pid, pid_t other);

#endif
