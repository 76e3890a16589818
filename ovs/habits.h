/* What libopenvswitch does to the process it lives in, and how that is kept from the process.
 *
 * - Its first poll_block() installs handlers for TERM, INT, HUP, ALRM and SEGV wherever the action
 *   is the default one (fatal_signal_init()); they only note the signal, and the process dies at
 *   the next call into the library, or never. We let it install them once, with these signals
 *   blocked, and put the former actions back at once.
 * - It writes to sockets without MSG_NOSIGNAL. SIGPIPE is blocked in this thread while the library
 *   writes, and one that came meanwhile is taken off again. The action for SIGPIPE never changes,
 *   so programs that the process starts do not inherit an ignored one.
 * - It logs to stderr and to syslog. All of that is switched off before its first line. The log
 *   file is the one destination that a program may name, and it works with a static library as with
 *   a shared one (replacing the function vlog() does not: calls within a shared library do not see
 *   the replacement). So the log file is a memfd, read out after each call.
 * - Its descriptors are not close-on-exec, and it does not tell their numbers. They are found by
 *   comparing /proc/self/fd before and after; a thread that starts a program in between may still
 *   pass one on.
 *
 * Every call that may write, wait, log or open stands between habits_enter() and habits_leave().
 */
#ifndef OVS_HABITS_H
#define OVS_HABITS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct habits {
    sigset_t mask;        /* of the thread, as it was */
    bool sigpipe_pending; /* already before */
};

void habits_enter(struct habits *habits);
void habits_leave(const struct habits *habits);

/* Around what opens descriptors, inside enter and leave: makes them close-on-exec. */
struct habits_fds {
    int *fds;
    size_t n;
};

void habits_open_begin(struct habits_fds *before);
void habits_open_end(struct habits_fds *before);

#endif
