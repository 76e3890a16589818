/* The lock of a file, for as long as a process has it open, and not for ever where it is not given
 * back: who holds one may be stopped, or frozen with its cgroup by the user that it works for. */
#ifndef VIF_LOCK_H
#define VIF_LOCK_H

/* Takes the lock of the open file `fd`, flock(2), for this process alone, and waits for it for
 * `milliseconds` at most, 0 for not at all. Returns 0; -ETIME with a sentence that names who has
 * it, as far as that can be found out; or another negative errno value with a sentence. */
int vif_lock(int fd, unsigned milliseconds, char **errorp);

#endif
