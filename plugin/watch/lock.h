/* One watcher for each run-time folder. */
#ifndef WATCH_LOCK_H
#define WATCH_LOCK_H

/* Takes the lock RUNDIR/watch.lock, which goes with the process. Returns a descriptor that keeps
 * it, to be closed by the caller; -EBUSY when another process has it, which the sentence names; or
 * another negative errno value. */
int watch_lock(const char *rundir, char **errorp);

#endif
