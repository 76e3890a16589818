/* Taps: made or opened through /dev/net/tun.
 *
 * linux/Documentation/networking/tuntap.rst has the ioctls. A tap lives as long as a descriptor of
 * it is open, unless it is made persistent.
 */
#ifndef NETDEV_TAP_H
#define NETDEV_TAP_H

#include <stdbool.h>
#include <sys/types.h>

/* The kernel's limit, MAX_TAP_QUEUES in drivers/net/tun.c. */
#define TAP_MAX_QUEUES 256

/* What the kernel lets a tap have, in bytes: ETH_MIN_MTU of linux/if_ether.h, and MAX_MTU of
 * drivers/net/tun.c less the Ethernet header. */
#define TAP_MIN_MTU 68
#define TAP_MAX_MTU 65521

struct tap_options {
    const char *name;
    unsigned n_queues; /* 1 to TAP_MAX_QUEUES; above 1 the tap is made with IFF_MULTI_QUEUE */
    bool vnet_hdr;     /* frames carry a struct virtio_net_hdr; its size is left at the kernel's 10
                          bytes */
    uid_t owner; /* who may open it without CAP_NET_ADMIN; (uid_t)-1 for nobody in particular */
    gid_t group; /* likewise, (gid_t)-1; with both, only that user when in that group */

    /* A new one will be opened by others, by its name. libvirt takes a link N for a macvtap where
     * there is a /dev/tapN, be it a macvtap's of another network namespace, and then gives the
     * guest that one: so N is an index for which there is none. */
    bool by_name;
};

/* Makes a new tap, DOWN and not persistent, and opens its `n_queues` queues. All or nothing.
 *
 * With neither owner nor group it is given to the caller (geteuid()): a tap of nobody in particular
 * can be opened by everyone who can open /dev/net/tun.
 *
 * On success fds[0] to fds[n_queues - 1] are O_RDWR, O_NONBLOCK and O_CLOEXEC, and the caller
 * closes them; on failure `fds` is untouched and no tap is left. Returns 0; -EEXIST when a link of
 * that name exists, of whatever kind (IFF_TUN_EXCL: nothing is ever taken over by accident); -EPERM
 * without CAP_NET_ADMIN; or another negative errno value. */
int tap_create(const struct tap_options *options, int *fds, char **errorp);

/* Opens the queues of a tap that exists already, and never makes one. It changes nothing of it but
 * vnet_hdr, which the kernel takes from each opening: `owner` and `group` are ignored,
 * and the size of the vnet header, which a persistent tap keeps from whoever set it last, is left
 * for the VMM to set.
 *
 * The tap's own multi_queue flag must agree with n_queues > 1, or the kernel answers EINVAL, which
 * the sentence explains. Returns 0; -ENODEV when there is no such link; -EINVAL when it is not a
 * tap or its flags differ; -EBUSY when it is open already; -EPERM when it is another user's; -E2BIG
 * when others have so many of its queues that too few are left; or another negative errno value. On
 * failure `fds` is untouched. */
int tap_open(const struct tap_options *options, int *fds, char **errorp);

/* Makes the tap of an open queue outlive its descriptors, or not. Best done as the last step of
 * making one: until then it goes by itself when the process that makes it does. */
int tap_set_persistent(int fd, bool persistent, char **errorp);

/* What whoever uses the queues of a tap has set since it was made, which another tap that takes its
 * place does not have. */
struct tap_settings {
    unsigned vnet_hdr_size; /* bytes */
    unsigned offloads;      /* what the guest takes of: TUN_F_* of linux/if_tun.h */
    bool disabled[TAP_MAX_QUEUES];
};

/* Reads them. -EBADFD when the tap is gone; then *settings is untouched. */
int tap_read_settings(const int *fds, unsigned n, struct tap_settings *settings, char **errorp);

/* Makes a tap that somebody has deleted anew, DOWN, on its queues, the open files `fds`: whoever
 * shares them, as a QEMU that inherited them does, goes on with it. (A queue whose tap is gone is
 * always readable, and reading fails, so QEMU is kept busy with nothing.) With the settings that
 * were read before, but neither its address nor anything else of a link.
 *
 * Returns as tap_create(); -EEXIST when the name is somebody else's by now. On failure no tap is
 * left. */
int tap_attach_again(const struct tap_options *options, const int *fds,
                     const struct tap_settings *settings, char **errorp);

#endif
