#include "netdev/new-link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "netdev/link.h"
#include "netdev/request.h"

struct nl_msg *new_link_request(const struct new_link *link, struct nlattr *open[2])
{
    struct nl_msg *request = request_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO,
                                         AF_UNSPEC, link->ifindex);

    nla_put_string(request, IFLA_IFNAME, link->name);
    if (link->lower) {
        nla_put_u32(request, IFLA_LINK, (uint32_t)link->lower);
    }
    open[0] = nla_nest_start(request, IFLA_LINKINFO);
    nla_put_string(request, IFLA_INFO_KIND, link->kind);
    open[1] = nla_nest_start(request, IFLA_INFO_DATA);
    return request;
}

void new_link_end(struct nl_msg *request, struct nlattr *open[2])
{
    nla_nest_end(request, open[1]);
    nla_nest_end(request, open[0]);
}

static void take_index(const struct nlmsghdr *reply, void *arg)
{
    int *ifindex = arg;

    if (reply && reply->nlmsg_type == RTM_NEWLINK) {
        *ifindex = ((const struct ifinfomsg *)nlmsg_data(reply))->ifi_index;
    }
}

/* Adds to the kernel's word what a look at the links tells. */
static int explain(struct rtnl *rtnl, const struct new_link *link, int error, char **errorp)
{
    struct link_info info;

    if (error == -EEXIST && link_get(rtnl, link->name, &info, NULL) == 0) {
        auto_free char *kind = link_describe_kind(&info);

        return error_set(errorp, EEXIST, "the name is in use, by a %s", kind);
    }
    if (error == -ENODEV && link->lower &&
        link_get_by_index(rtnl, link->lower, &info, NULL) == -ENODEV) {
        return error_set(errorp, ENODEV, "its lower device, the link with index %d, is gone",
                         link->lower);
    }
    return error;
}

/* The index of the link that was just made, from a kernel before 6.2, which does not echo it
 * (commit 1d997f101307, "rtnetlink: pass netlink message header and portid to
 * rtnl_configure_link()"). */
static int look_up_index(struct rtnl *rtnl, const struct new_link *link, int *ifindex,
                         char **errorp)
{
    struct link_info info;
    int error = link_get(rtnl, link->name, &info, errorp);

    if (!error && (!str_eq(info.kind, link->kind) || (link->lower && info.lower != link->lower))) {
        error = error_set(errorp, ENODEV, "it was replaced while it was made");
    }
    if (!error) {
        *ifindex = info.ifindex;
    }
    return error;
}

int new_link_send(struct rtnl *rtnl, const struct new_link *link, struct nl_msg *request,
                  int *ifindex, char **errorp)
{
    int made = 0;
    int error = ifname_check(link->name, errorp);

    if (!error) {
        error = request_send(rtnl, request, take_index, &made, errorp);
        if (error) {
            error = explain(rtnl, link, error, errorp);
        } else if (made == 0) {
            error = look_up_index(rtnl, link, &made, errorp);
        }
    }
    request_free(request);
    if (!error) {
        *ifindex = made;
    }
    return error;
}
