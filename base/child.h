/* Work that may take long, or never end, in a process of its own, so that whoever wants it does not
 * stand still: its end is an event.
 *
 * The process is a copy of this one, and ends with it. It has its own copies of 0 to 2 and of pipes
 * open (libopenvswitch waits on one of its own), and nothing else: neither connections, which it
 * would keep open, nor locks. Signals are as by default. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: there is none */
    int pidfd; /* readable when it has ended */
    int text_fd;
};

/* What the process does: returns 0 or a negative errno value, and stores what it has to say in
 * *text: a sentence on failure, what it found out or nothing on success. */
typedef int (*child_run)(void *data, char **text);

/* Starts a process that calls run(data) and ends; one that is not done after `limit_s` seconds is
 * killed. Returns 0 and fills *child, to be ended with child_take() or child_end(); or a negative
 * errno value, and there is no process. Call with one thread alone. */
int child_start(struct child *child, child_run run, void *data, unsigned limit_s, char **errorp);

bool child_has_ended(const struct child *child);

/* Takes what came of one that has ended: whether run() returned 0. *text is what it said, NULL for
 * nothing (one that was killed has said nothing); the caller frees it. */
bool child_take(struct child *child, char **text);

/* Waits until that time (clock_ms()) for its end, and kills it then. Nothing where there is none.
 */
void child_end(struct child *child, int64_t deadline);

#endif
