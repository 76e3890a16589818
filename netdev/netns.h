/* Network namespaces that nobody else has a name for: they end with the last descriptor, process or
 * link in them. */
#ifndef NETDEV_NETNS_H
#define NETDEV_NETNS_H

/* Takes this thread to a new network namespace. *home and *away are descriptors of the one before,
 * for the way back, and of the new one, which the caller closes. Returns 0; -EPERM without
 * CAP_SYS_ADMIN; or another negative errno value. Also after a failure netns_return() is due: *home
 * stays as it was where this thread never left. */
int netns_enter_new(int *home, int *away, char **errorp);

/* Takes this thread to the namespace of the descriptor `away`, and stores one of the namespace that
 * it comes from, as netns_enter_new(). */
int netns_enter(int away, int *home, char **errorp);

/* Takes it back; nothing is done for -1. */
void netns_return(int home);

#endif
