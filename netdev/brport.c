#include "netdev/brport.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "netdev/request.h"
#include "netdev/rtnl.h"

/* Adds to the sentence what is behind the commonest error. */
static int explain(int error, int ifindex, char **errorp)
{
    if (error == -EOPNOTSUPP) {
        return error_set(errorp, EOPNOTSUPP, "link %d is no port of a Linux bridge", ifindex);
    }
    return error;
}

int brport_set_isolated(struct rtnl *rtnl, int ifindex, bool isolated, char **errorp)
{
    struct nl_msg *request = request_new(RTM_SETLINK, 0, AF_BRIDGE, ifindex);
    /* The flag is what tells this form from an old one with the bare state of a port. */
    struct nlattr *port = nla_nest_start(request, IFLA_PROTINFO | NLA_F_NESTED);

    nla_put_u8(request, IFLA_BRPORT_ISOLATED, isolated);
    nla_nest_end(request, port);
    int error = request_send(rtnl, request, NULL, NULL, errorp);

    request_free(request);
    error_wrap(errorp, error, "cannot set the isolated flag of link %d", ifindex);
    return explain(error, ifindex, errorp);
}

/* What was found out about a port's flag. */
struct isolation {
    bool is_port;
    bool isolated;
};

static void take_isolation(const struct nlmsghdr *reply, void *arg)
{
    struct nlmsghdr *m = (struct nlmsghdr *)(uintptr_t)reply;
    struct isolation *found = arg;
    struct nlattr *attrs[IFLA_MAX + 1];
    struct nlattr *info[IFLA_INFO_MAX + 1];
    struct nlattr *port[IFLA_BRPORT_MAX + 1];

    if (!m || nlmsg_parse(m, sizeof(struct ifinfomsg), attrs, IFLA_MAX, NULL) ||
        !attrs[IFLA_LINKINFO] ||
        nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) ||
        !info[IFLA_INFO_SLAVE_KIND] || nla_strcmp(info[IFLA_INFO_SLAVE_KIND], "bridge") ||
        !info[IFLA_INFO_SLAVE_DATA] ||
        nla_parse_nested(port, IFLA_BRPORT_MAX, info[IFLA_INFO_SLAVE_DATA], NULL)) {
        return;
    }
    found->is_port = true;
    found->isolated = port[IFLA_BRPORT_ISOLATED] && nla_get_u8(port[IFLA_BRPORT_ISOLATED]);
}

int brport_get_isolated(struct rtnl *rtnl, int ifindex, bool *isolated, char **errorp)
{
    struct isolation found = {0};
    struct nl_msg *request = request_new(RTM_GETLINK, 0, AF_UNSPEC, ifindex);
    /* The kernel takes an index of 0 for "by name". */
    int error = ifindex > 0 ? request_send(rtnl, request, take_isolation, &found, errorp)
                            : error_set(errorp, ENODEV, "%m");

    request_free(request);
    if (error) {
        return error_wrap(errorp, error, "cannot read the isolated flag of link %d", ifindex);
    }
    if (!found.is_port) {
        return explain(-EOPNOTSUPP, ifindex, errorp);
    }
    *isolated = found.isolated;
    return 0;
}
