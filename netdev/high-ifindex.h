/* Indexes for links whose device node would otherwise be taken for another's: devtmpfs has one
 * /dev/tapN, but indexes repeat over network namespaces. For the files of this room only. */
#ifndef NETDEV_HIGH_IFINDEX_H
#define NETDEV_HIGH_IFINDEX_H

/* How often to try, the first time with the index that the kernel gives. */
#define HIGH_IFINDEX_TRIES 8

/* Picks a random index, far above what the kernel counts up to. Returns 0 or -EIO. */
int high_ifindex_pick(int *ifindex, char **errorp);

#endif
