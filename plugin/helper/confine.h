/* The system calls that the helper and its reaper make, and no others: seccomp(2). */
#ifndef HELPER_CONFINE_H
#define HELPER_CONFINE_H

/* From here on running a program ends the process, and any other system call that is not on the
 * list fails with ENOSYS: a C library that is newer than the list then does without it. Returns 0
 * or -errno. */
int confine(char **errorp);

#endif
