/* Macvtaps: links with an address of their own on a lower device, whose frames are read and written
 * through a character device.
 *
 * Unlike a tap, a macvtap outlives its descriptors and must be deleted. And there is no name by
 * which its character device could safely be opened: devtmpfs calls it /dev/tapN after the link's
 * index, but indexes repeat over network namespaces while there is one devtmpfs, so /dev/tapN can
 * be another namespace's device. Here it is found by its number, in a sysfs of the caller's
 * namespace, whatever is mounted on /sys, and opened through a node that nobody else can reach.
 * That needs CAP_SYS_ADMIN and CAP_MKNOD besides CAP_NET_ADMIN; to give nodes away or find users,
 * CAP_SYS_ADMIN.
 */
#ifndef NETDEV_MACVTAP_H
#define NETDEV_MACVTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netdev/mac.h"
#include "netdev/macvtap-mode.h"

struct rtnl;

/* The kernel's limit, MAX_TAP_QUEUES of include/linux/if_tap.h. */
#define MACVTAP_MAX_QUEUES 256

/* In bytes: ETH_MAX_MTU of linux/if_ether.h, which drivers/net/macvlan.c takes where the lower
 * device has as much. The least is that of a tap. */
#define MACVTAP_MAX_MTU 65535

struct macvtap_options {
    const char *name;
    int lower; /* ifindex of the lower device */
    enum macvtap_mode mode;
    struct mac mac; /* with MACVTAP_PASSTHROUGH the lower device gets it, too */
    unsigned mtu;   /* bytes; 0: the lower device's */

    /* Its node /dev/tapN will be opened by others: make sure that it is this macvtap's, by another
     * index where /dev/tapN is already taken by one of another namespace. */
    bool public_node;
};

/* Makes a macvtap, DOWN, that receives all multicast (IFF_ALLMULTI; otherwise it would pass only
 * groups that the host joined, and IPv6 in the guest would fail) and gets no IPv6 address of the
 * host's own (it would be the guest's, and announced while that still runs elsewhere), and stores
 * its index in *ifindex.
 *
 * Returns 0; -EEXIST when the name is in use; -ENODEV when the lower device is gone; -EBUSY when
 * that is a port of a bridge or the like, or in use by a passthrough macvtap; -EINVAL where the
 * kernel refuses the combination, such as passthrough on a device that has macvtaps; -EPERM; or
 * another negative errno value. On failure nothing is left. */
int macvtap_create(struct rtnl *rtnl, const struct macvtap_options *options, int *ifindex,
                   char **errorp);

/* Opens `n_queues` queues (1 to MACVTAP_MAX_QUEUES) of the macvtap `ifindex`, with or without
 * virtio_net_hdr, whose size is left at the kernel's 10 bytes. The kernel lets anyone open it any
 * number of times, and then splits the frames: that nobody else has it open is the caller's to see
 * to.
 *
 * On success fds[0] to fds[n_queues - 1] are O_RDWR, O_NONBLOCK and O_CLOEXEC, checked to be those
 * of the link `ifindex`, and the caller closes them; on failure `fds` is untouched. Returns 0;
 * -ENODEV when the link is gone; -EINVAL when it is no macvtap; or another negative errno value. */
int macvtap_open(struct rtnl *rtnl, int ifindex, unsigned n_queues, bool vnet_hdr, int *fds,
                 char **errorp);

/* The path of the node that others open: "/dev/tapN"; caller frees. */
char *macvtap_node(int ifindex);

/* Lets a user, or a group ((uid_t)-1, (gid_t)-1: nobody in particular), open that node: sets its
 * owner, its group, and its mode to 0600, or 0660 with a group. It is checked to be this macvtap's,
 * and udev, where it runs, is waited for (2 s at most), since it would set them back. Returns 0;
 * -ENODEV where the node is missing or another device's; or another negative errno value. */
int macvtap_give_node(int ifindex, uid_t owner, gid_t group, char **errorp);

/* Of macvtap_find_users(): somebody may have it open whom we are not allowed to look at. */
#define MACVTAP_USER_HIDDEN ((pid_t)-1)

/* Who has macvtaps open: users[i], for ifindexes[i], is one such process, or 0 when there is none,
 * or when the link is gone or is no macvtap. The kernel does not tell, so this looks through /proc,
 * once for all. What is in another PID namespace, or on its way through a socket, is not seen.
 * Returns 0 or a negative errno value. */
int macvtap_find_users(const int *ifindexes, size_t n, pid_t *users, char **errorp);

#endif
