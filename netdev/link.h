/* Links: the kernel's network interfaces, whatever their kind. */
#ifndef NETDEV_LINK_H
#define NETDEV_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netdev/mac.h"
#include "netdev/macvtap-mode.h"

struct rtnl;

/* The longest alias the kernel takes, with its NUL: IFALIASZ of linux/if.h, which cannot be
 * included together with net/if.h. */
#define LINK_ALIAS_SIZE 256

/* What only links of the kind "tun" have: IFLA_TUN_* of linux/if_link.h, since Linux 4.17. All
 * zeros for others. */
struct link_tun {
    bool tap; /* Ethernet frames; false for a tun, which carries IP packets */
    bool vnet_hdr;
    bool multi_queue;
    bool persist;
    uid_t owner;       /* (uid_t)-1 for none */
    gid_t group;       /* (gid_t)-1 for none */
    unsigned n_queues; /* how many are open or disabled; only known with multi_queue, else 0 */
};

/* A link as the kernel shows it at one moment.
 *
 * It does not say whether a link is wireless: see netdev/wireless.h. */
struct link_info {
    int ifindex;
    char name[IFNAMSIZ];
    char kind[16];               /* "tun", "bridge", "macvtap", "veth", ...; "" where it has none */
    char alias[LINK_ALIAS_SIZE]; /* "" where it has none */
    struct mac mac;
    struct mac permanent_mac; /* that it was made with, where the kernel says; else zeros */
    unsigned mtu;             /* bytes */
    unsigned max_mtu;         /* bytes; 0 where the kernel does not say */
    bool up;                  /* administratively: IFF_UP */
    bool carrier;             /* IFLA_CARRIER; for a tap: someone has it open, be it up or down */
    bool ethernet;            /* ARPHRD_ETHER: it carries Ethernet frames */
    bool loopback;
    bool allmulticast; /* IFF_ALLMULTI: receives all multicast */
    int master;        /* ifindex of the bridge or the like that it is a port of, or 0 */
    int lower; /* ifindex of the link that it is stacked upon, or 0; the peer of a veth; 0 where
                  that is in another namespace */
    unsigned promiscuity; /* how many want all frames that arrive (IFLA_PROMISCUITY): sniffers, the
                             bridge or switch that it is a port of */
    struct link_tun tun;
    enum macvtap_mode macvtap_mode; /* of a macvtap or macvlan; none for their mode "source" */
    int vlan_id;                    /* of the kind "vlan" and 802.1Q; else -1 */
};

/* Reads one link by name, which may be an alternative name of it. Returns 0; -ENODEV when there is
 * none; or another negative errno value. */
int link_get(struct rtnl *rtnl, const char *name, struct link_info *info, char **errorp);

/* As link_get(), for a link that may well not be there: that is no error, but *found is then false.
 */
int link_find(struct rtnl *rtnl, const char *name, bool *found, struct link_info *info,
              char **errorp);

/* As link_get(), by index. */
int link_get_by_index(struct rtnl *rtnl, int ifindex, struct link_info *info, char **errorp);

/* Reads all links of the namespace in one dump, in the kernel's order. On success the caller frees
 * *links. */
int link_list(struct rtnl *rtnl, struct link_info **links, size_t *n, char **errorp);

/* Whether it is a macvtap or a macvlan, which share their lower device with each other only. */
bool link_is_macvlan(const struct link_info *info);

/* `link of the kind "bridge"` and the like, for sentences; caller frees. */
char *link_describe_kind(const struct link_info *info);

/* What to change of a link. Zero-initialize it; what is left so stays as it is. */
struct link_change {
    const struct mac *mac;
    unsigned mtu;      /* bytes */
    const char *alias; /* "" removes it */
    int master;        /* ifindex to become a port of; LINK_NO_MASTER to leave it */
    enum { LINK_KEEP, LINK_UP, LINK_DOWN } state;
};
#define LINK_NO_MASTER (-1)

/* Changes all that is asked for in such a way that listeners on the host (ovs-vswitchd, which
 * reconfigures itself at every link event) are woken as seldom as can be: with one request, but for
 * the alias of a link that is to come up. That goes ahead in a request of its own, which the kernel
 * keeps to itself while the link is down; in the same request it would announce the link once more.
 * A new address, a new MTU and the new state are an event each, whatever we do, but come together.
 *
 * The kernel goes through the parts in an order of its own (do_setlink() in net/core/rtnetlink.c:
 * address, MTU and alias, then master, then state; before Linux 6.0 state, then master), and does
 * not undo the earlier ones when a later one fails.
 *
 * Returns 0, -ENODEV when the link is gone, or another negative errno value, with the kernel's own
 * words where it has some. `ifindex` and not a name, since a name may by now be another link's. */
int link_change(struct rtnl *rtnl, int ifindex, const struct link_change *wish, char **errorp);

/* Gives a link another name; -EEXIST when that is in use. Kernels before 6.2 rename none that is
 * up: there it is down for a moment. */
int link_rename(struct rtnl *rtnl, int ifindex, const char *name, char **errorp);

/* Deletes a link. One that is gone already is success. */
int link_delete(struct rtnl *rtnl, int ifindex, char **errorp);

/* Deletes links, all in the time that one takes. Those that are gone already are fine. On an error
 * the others are deleted all the same. */
int link_delete_many(struct rtnl *rtnl, const int *ifindexes, size_t n, char **errorp);

#endif
