/* Theory of operation. For each link that it deletes the kernel waits until every CPU has forgotten
 * it (synchronize_net() in unregister_netdevice_many(), net/core/dev.c), which takes tens of
 * milliseconds. Deleted as a group, all wait together. So the links are put into a group that no
 * other link is in, and the group is deleted. That there is no other is made sure twice: the number
 * of the group is random, and the group's members are counted before the end. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/request.h"

/* Below that it is not worth the two rounds. */
#define WORTH_A_GROUP 3

static int send_group(struct rtnl *rtnl, int type, int ifindex, uint32_t group)
{
    struct nl_msg *request = request_new(type, 0, AF_UNSPEC, ifindex);
    int error = -EMSGSIZE;

    if (nla_put_u32(request, IFLA_GROUP, group) == 0) {
        error = request_send(rtnl, request, NULL, NULL, NULL);
    }
    request_free(request);
    return error;
}

struct census {
    uint32_t group;
    size_t members;
};

static void count_member(const struct nlmsghdr *reply, void *arg)
{
    struct census *census = arg;

    if (!reply) {
        census->members = 0;
        return;
    }
    const struct nlattr *group = nla_find(nlmsg_attrdata(reply, sizeof(struct ifinfomsg)),
                                          nlmsg_attrlen(reply, sizeof(struct ifinfomsg)),
                                          IFLA_GROUP);
    if (group && nla_get_u32(group) == census->group) {
        census->members++;
    }
}

/* Puts the links into a group of their own; false when that did not work out. */
static bool make_group(struct rtnl *rtnl, const int *ifindexes, size_t n, uint32_t *group)
{
    struct census census = {0};
    size_t assigned = 0;

    if (getrandom(&census.group, sizeof census.group, 0) != sizeof census.group) {
        return false;
    }
    census.group |= 1; /* 0 is the group of every new link */
    for (size_t i = 0; i < n; i++) {
        int error = send_group(rtnl, RTM_SETLINK, ifindexes[i], census.group);

        if (error && error != -ENODEV) {
            return false;
        }
        assigned += error == 0;
    }
    struct nl_msg *request = request_new(RTM_GETLINK, NLM_F_DUMP, AF_UNSPEC, 0);
    int error = request_send(rtnl, request, count_member, &census, NULL);
    request_free(request);
    *group = census.group;
    return !error && assigned && census.members == assigned;
}

int link_delete_many(struct rtnl *rtnl, const int *ifindexes, size_t n, char **errorp)
{
    uint32_t group;
    int result = 0;

    if (n >= WORTH_A_GROUP && make_group(rtnl, ifindexes, n, &group) &&
        send_group(rtnl, RTM_DELLINK, 0, group) == 0) {
        return 0;
    }
    /* One by one; the first error is the one that is told. */
    for (size_t i = 0; i < n; i++) {
        int error = link_delete(rtnl, ifindexes[i], result ? NULL : errorp);

        result = result ? result : error;
    }
    return result;
}
