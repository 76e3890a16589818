/* CPU time. */
#ifndef COMPARE_CPU_H
#define COMPARE_CPU_H

#include <stddef.h>
#include <sys/types.h>

/* What the calling thread has taken so far, in microseconds. What the kernel does while it takes a
 * frame from a tap, all the way to the other's queue, counts as its own. */
double cpu_of_thread_us(void);

/* What these processes have taken, all their threads together. The kernel brings it up to date as
 * often as its scheduler ticks, and whenever a thread goes to sleep. Processes that have ended
 * count nothing. */
double cpu_of_processes_us(const pid_t *pids, size_t n);

#endif
