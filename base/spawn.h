/* Starting a program that is somebody else's, and waiting for its end. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

/* Starts a program: a path, or a name that is looked for in our PATH. It sees nothing of our
 * environment, no signal is blocked or ignored, and the limit of descriptors is what we were
 * started with. fds[i] becomes its descriptor i, one after the other, so that fds[2] may be 1, but
 * not the other way round. Returns 0 or a negative errno value, without a sentence. */
int spawn_program(const char *program, char *const argv[], const int fds[3], pid_t *pid);

/* Waits for its end; `what` is what sentences call it. Returns 0 when it succeeded; -EIO when it
 * failed or was killed; or another negative errno value. */
int spawn_wait(pid_t pid, const char *what, char **errorp);

#endif
