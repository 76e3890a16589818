#include "netdev/probe-pair.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/addressless.h"
#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/netns.h"
#include "netdev/request.h"
#include "netdev/rtnl.h"

static const char *const names[2] = {"vifprobe-a", "vifprobe-b"};

/* Makes a macvtap in another namespace, so that it is never seen in this one. */
static int create(struct rtnl *rtnl, int lower, int namespace, const char *name, int ifindex,
                  const struct mac *mac, char **errorp)
{
    struct nl_msg *request = request_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC,
                                         ifindex);

    nla_put_string(request, IFLA_IFNAME, name);
    nla_put_u32(request, IFLA_LINK, (uint32_t)lower);
    nla_put_u32(request, IFLA_NET_NS_FD, (uint32_t) namespace);
    nla_put(request, IFLA_ADDRESS, sizeof mac->octet, mac->octet);
    struct nlattr *info = nla_nest_start(request, IFLA_LINKINFO);

    nla_put_string(request, IFLA_INFO_KIND, "macvtap");
    struct nlattr *data = nla_nest_start(request, IFLA_INFO_DATA);

    nla_put_u32(request, IFLA_MACVLAN_MODE, MACVLAN_MODE_VEPA);
    nla_nest_end(request, data);
    nla_nest_end(request, info);
    int error = request_send(rtnl, request, NULL, NULL, errorp);

    request_free(request);
    return error_wrap(errorp, error, "cannot make a temporary macvtap");
}

/* An index that no link is likely to have, in any namespace: devtmpfs names the macvtap's node
 * after it, for all of them, and makes none for a second link of the same index. */
static int random_ifindex(int *ifindex, char **errorp)
{
    unsigned bits;

    if (getrandom(&bits, sizeof bits, 0) != sizeof bits) {
        return error_set(errorp, EIO, "cannot get random bytes: %m");
    }
    *ifindex = (int)(0x40000000 | (bits & 0x3ffffffe));
    return 0;
}

/* Brings up one of the pair and opens it, in the namespace that it is in. */
static int open_station(struct probe_pair *pair, int i, int *fd, char **errorp)
{
    const struct link_change up = {.state = LINK_UP};
    /* So that nothing but the probe's own frames is sent. */
    int error = link_take_no_address(pair->rtnl, pair->ifindexes[i], errorp);

    if (!error) {
        error = link_change(pair->rtnl, pair->ifindexes[i], &up, errorp);
    }
    return error ? error : macvtap_open(pair->rtnl, pair->ifindexes[i], 1, false, fd, errorp);
}

/* Fills the pair while this thread is in the new namespace, `away`. */
static int fill(struct rtnl *rtnl, int lower, int away, struct probe_pair *pair, char **errorp)
{
    const struct mac *macs[2] = {&pair->stations.a, &pair->stations.b};
    int first = 0;
    int error = random_ifindex(&first, errorp);

    if (!error) {
        error = rtnl_open(&pair->rtnl, errorp);
    }
    for (int i = 0; !error && i < 2; i++) {
        error = create(rtnl, lower, away, names[i], first + i, macs[i], errorp);
        pair->ifindexes[i] = error ? 0 : first + i;
    }
    if (!error) {
        error = open_station(pair, 0, &pair->stations.a_fd, errorp);
    }
    if (!error) {
        error = open_station(pair, 1, &pair->stations.b_fd, errorp);
    }
    return error;
}

int probe_pair_open(struct rtnl *rtnl, int lower, struct probe_pair *pair, char **errorp)
{
    auto_close int home = -1;
    auto_close int away = -1;

    *pair = (struct probe_pair){.stations = {.a_fd = -1, .b_fd = -1}};
    int error = probe_random_mac(&pair->stations.a, errorp);

    if (!error) {
        error = probe_random_mac(&pair->stations.b, errorp);
    }
    if (!error) {
        error = netns_enter_new(&home, &away, errorp);
    }
    if (!error) {
        error = fill(rtnl, lower, away, pair, errorp);
    }
    netns_return(home);
    return error;
}

int probe_pair_close(struct probe_pair *pair, char **errorp)
{
    int error = pair->rtnl ? link_delete_many(pair->rtnl, pair->ifindexes, 2, errorp) : 0;

    rtnl_close(pair->rtnl);
    if (pair->stations.a_fd >= 0) {
        close(pair->stations.a_fd);
    }
    if (pair->stations.b_fd >= 0) {
        close(pair->stations.b_fd);
    }
    return error;
}
