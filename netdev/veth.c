#include "netdev/veth.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>

#include "base/error.h"
#include "netdev/ifname.h"
#include "netdev/link.h"
#include "netdev/new-link.h"

static struct nl_msg *new_request(const struct new_link *link, const char *peer)
{
    const struct ifinfomsg header = {0};
    struct nlattr *open[2];
    struct nl_msg *request = new_link_request(link, open);
    struct nlattr *nest = nla_nest_start(request, VETH_INFO_PEER);

    /* A whole message about the peer, without the header of one. */
    if (nlmsg_append(request, (void *)(uintptr_t)&header, sizeof header, NLMSG_ALIGNTO)) {
        abort(); /* no memory: see base/mem.h */
    }
    nla_put_string(request, IFLA_IFNAME, peer);
    nla_nest_end(request, nest);
    new_link_end(request, open);
    return request;
}

int veth_create(struct rtnl *rtnl, const char *name, const char *peer, int ifindexes[2],
                char **errorp)
{
    const struct new_link link = {.kind = "veth", .name = name};
    struct link_info other;
    int error = ifname_check(peer, errorp);

    if (!error) {
        error = new_link_send(rtnl, &link, new_request(&link, peer), &ifindexes[0], errorp);
    }
    if (error == -EOPNOTSUPP) {
        error_set(errorp, EOPNOTSUPP, "the kernel has none; for the module: modprobe veth");
    }
    if (!error) {
        error = link_get(rtnl, peer, &other, errorp);
        ifindexes[1] = error ? 0 : other.ifindex;
    }
    return error_wrap(errorp, error, "cannot make the pair of veth devices \"%s\" and \"%s\"", name,
                      peer);
}
