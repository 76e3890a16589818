#include "compare/cpu.h"

#include <time.h>

static double clock_us(clockid_t clock)
{
    struct timespec time;

    if (clock_gettime(clock, &time)) {
        return 0;
    }
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

double cpu_of_thread_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

/* The clock has nanoseconds where /proc/PID/stat has ticks, and threads that have ended, which
 * /proc/PID/task has no more. */
double cpu_of_processes_us(const pid_t *pids, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        clockid_t clock;

        sum += clock_getcpuclockid(pids[i], &clock) ? 0 : clock_us(clock);
    }
    return sum;
}
