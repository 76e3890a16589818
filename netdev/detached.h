/* Mounts that have no place in the tree of folders. */
#ifndef NETDEV_DETACHED_H
#define NETDEV_DETACHED_H

/* Mounts a new file system of that type ("sysfs", "tmpfs") so that only the descriptor *fdp, for
 * openat() and the like, reaches it: nobody else can, and it ends with the descriptor, also when
 * this process is killed. A sysfs shows the caller's network namespace, whatever is mounted on
 * /sys. Needs CAP_SYS_ADMIN and Linux 5.2 (fsopen(2)). Returns 0 or a negative errno value; the
 * caller closes *fdp. */
int detached_mount(const char *type, int *fdp, char **errorp);

#endif
