/* What a program that runs with more privileges than its caller does about what the caller hands
 * on: environment, descriptors, limits, signals. */
#ifndef HELPER_SURROUNDINGS_H
#define HELPER_SURROUNDINGS_H

/* How long the helper may take at all before the kernel ends it. Its own steps have shorter limits.
 */
#define SURROUNDINGS_SECONDS 60

/* Forgets the environment; makes sure that descriptors 0 to 2 are open, so that no file of ours
 * gets such a number; sets limits, signals, timers, umask and folder to known values; and keeps
 * other processes of the caller from looking at this one. The first thing to do. Returns 0 or
 * -errno. */
int surroundings_forget(char **errorp);

/* Closes all descriptors but 0 to 2 and `fd`, which must be a Unix stream socket above them: it
 * becomes close-on-exec. Returns 0, or -EINVAL for anything else. */
int surroundings_keep_socket(int fd, char **errorp);

/* For a process that goes on without its caller: a session of its own, nothing of the caller's in
 * descriptors 0 to 2, all others but `fd` closed, and no limit of time. */
int surroundings_leave(int fd);

#endif
