/* What is read from a sysfs, given as a descriptor of its root (see netdev/detached.h). For the
 * files of this room only, and their tests. */
#ifndef NETDEV_SYSFS_H
#define NETDEV_SYSFS_H

#include <stdbool.h>
#include <sys/types.h>

/* The device number of the character device of the macvtap `ifindex`. Returns 0; -ENODEV when there
 * is no such macvtap; or another negative errno value. */
int sysfs_macvtap_number(int sysfs, int ifindex, dev_t *number, char **errorp);

/* As link_is_wireless(). */
int sysfs_is_wireless(int sysfs, const char *name, bool *wireless, char **errorp);

#endif
