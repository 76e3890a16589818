/* Running QEMU, or any program that takes the place of it, with descriptors it inherits. */
#ifndef QEMU_LAUNCH_H
#define QEMU_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Checks that the program can be found, along $PATH where its name has no '/', and executed.
 * Returns 0, -ENOENT or -EACCES. */
int qemu_find_program(const char *program, char **errorp);

/* How the program is started. */
struct qemu_start {
    char *const *argv; /* argv[0] is looked for along $PATH */
    const int *fds;    /* of our descriptors what it inherits besides 0, 1 and 2: they keep their
                          numbers, and stay close-on-exec here */
    size_t n_fds;
    const sigset_t *mask;
    bool bound; /* it is killed when this thread ends, however that ends */
};

/* Starts it, with SIGPIPE as by default. Returns 0 and stores the process in *pid, or a negative
 * errno value when it cannot be executed. */
int qemu_start(const struct qemu_start *start, pid_t *pid, char **errorp);

/* Whether the process has ended. Then *status is its exit status, or 128 and the number of the
 * signal that killed it, as a shell has it. */
bool qemu_has_ended(pid_t pid, int *status);

/* Passes a signal of ours, with its code (siginfo_t), on to the process. Not SIGCHLD, which is
 * about the process, and not what the terminal sends, which reaches it by itself. */
void qemu_pass_on(pid_t pid, int number, int code);

#endif
