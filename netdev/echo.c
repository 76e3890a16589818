#include "netdev/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "netdev/request.h"

/* A request about traffic control. These have another header than those about links. */
static struct nl_msg *new_request(int type, const struct tcmsg *header, const char *kind)
{
    struct nl_msg *request = nlmsg_alloc_simple(type, NLM_F_CREATE | NLM_F_EXCL);

    if (!request ||
        nlmsg_append(request, (void *)(uintptr_t)header, sizeof *header, NLMSG_ALIGNTO)) {
        abort(); /* no memory: see base/mem.h */
    }
    nla_put_string(request, TCA_KIND, kind);
    return request;
}

static int send_request(struct rtnl *rtnl, struct nl_msg *request, const char *module,
                        char **errorp)
{
    int error = request_send(rtnl, request, NULL, NULL, errorp);

    request_free(request);
    /* What the kernel has no kind of, it calls ENOENT. */
    if (error == -ENOENT || error == -EOPNOTSUPP) {
        return error_set(errorp, EOPNOTSUPP,
                         "the kernel lacks a part of traffic control; for the module: modprobe %s",
                         module);
    }
    return error;
}

/* Takes each frame: a selector of u32 with one key that is always true. */
static void put_selector(struct nl_msg *request)
{
    const struct tc_u32_sel selector = {.flags = TC_U32_TERMINAL, .nkeys = 1};
    unsigned char all[sizeof selector + sizeof(struct tc_u32_key)] = {0};

    memcpy(all, &selector, sizeof selector);
    nla_put(request, TCA_U32_SEL, sizeof all, all);
}

static void put_redirect(struct nl_msg *request, int ifindex)
{
    const struct tc_mirred redirect = {
        .action = TC_ACT_STOLEN,
        .eaction = TCA_EGRESS_REDIR,
        .ifindex = (uint32_t)ifindex,
    };
    struct nlattr *actions = nla_nest_start(request, TCA_U32_ACT);
    struct nlattr *first = nla_nest_start(request, 1);

    nla_put_string(request, TCA_ACT_KIND, "mirred");
    struct nlattr *options = nla_nest_start(request, TCA_ACT_OPTIONS);

    nla_put(request, TCA_MIRRED_PARMS, sizeof redirect, &redirect);
    nla_nest_end(request, options);
    nla_nest_end(request, first);
    nla_nest_end(request, actions);
}

static int add_filter(struct rtnl *rtnl, int ifindex, char **errorp)
{
    const struct tcmsg header = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_parent = TC_H_MAJ(TC_H_INGRESS),
        .tcm_info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL)),
    };
    struct nl_msg *request = new_request(RTM_NEWTFILTER, &header, "u32");
    struct nlattr *options = nla_nest_start(request, TCA_OPTIONS);

    put_selector(request);
    put_redirect(request, ifindex);
    nla_nest_end(request, options);
    return send_request(rtnl, request, "cls_u32 act_mirred", errorp);
}

int link_echo(struct rtnl *rtnl, int ifindex, char **errorp)
{
    const struct tcmsg header = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_handle = TC_H_MAJ(TC_H_INGRESS),
        .tcm_parent = TC_H_INGRESS,
    };
    int error = send_request(rtnl, new_request(RTM_NEWQDISC, &header, "ingress"), "sch_ingress",
                             errorp);

    if (!error) {
        error = add_filter(rtnl, ifindex, errorp);
    }
    return error_wrap(errorp, error, "cannot make link %d send back what it receives", ifindex);
}
