/* Holding back the signals that would end this process, while there is something to be undone. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
    sigset_t held;
    sigset_t before; /* the mask that was in force, which children get */
};

/* Blocks HUP, INT, QUIT, TERM, USR1, USR2 and CHLD. */
void signals_hold(struct signals *signals);

/* Whether one of those that end a process has come meanwhile. */
bool signals_pending(const struct signals *signals);

/* Restores the mask; a signal that was held back then takes its course. */
void signals_release(const struct signals *signals);

#endif
