/* Programs of Open vSwitch, run for a comparison and by nobody else: they end when this process
 * does, however it ends. */
#ifndef COMPARE_PROGRAM_H
#define COMPARE_PROGRAM_H

#include <sys/types.h>

/* Where programs keep all that they write: a file system that only a descriptor leads to, which
 * they inherit. For them as for this process it is PROGRAM_FOLDER with the descriptor's number. */
#define PROGRAM_FOLDER "/proc/self/fd/%d"

/* Starts the program, looked for in $PATH and where daemons are, with the arguments up to NULL. It
 * gets `folder` as its folder for everything (OVS_RUNDIR and the like), no terminal and no signal
 * of one, and is killed when this process ends. What it says goes to the file `argv[0]`.log there.
 * Returns 0; -ENOENT when it is not installed; or another negative errno value. */
int program_start(const char *const argv[], int folder, pid_t *pid, char **errorp);

/* Starts it and waits for its end. -EIO when it failed, with the last that it said. */
int program_run(const char *const argv[], int folder, char **errorp);

/* Kills a program, if `pid` is not 0, and waits for its end. */
void program_end(pid_t pid);

/* The last line that the program of that name has said; "" for nothing; caller frees. */
char *program_last_words(const char *name, int folder);

#endif
