#include "netdev/addressless.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/request.h"

int link_take_no_address(struct rtnl *rtnl, int ifindex, char **errorp)
{
    struct nl_msg *request = request_new(RTM_SETLINK, 0, AF_UNSPEC, ifindex);
    struct nlattr *families = nla_nest_start(request, IFLA_AF_SPEC);
    struct nlattr *ipv6 = nla_nest_start(request, AF_INET6);
    auto_free char *words = NULL;

    nla_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    nla_nest_end(request, ipv6);
    nla_nest_end(request, families);
    int error = request_send(rtnl, request, NULL, NULL, &words);

    request_free(request);
    /* No IPv6 in the kernel, or not on this link, as with an MTU below 1280
     * (inet6_validate_link_af() in net/ipv6/addrconf.c). */
    return error && error != -EAFNOSUPPORT
               ? error_set(errorp, -error, "cannot keep link %d without an IPv6 address: %s",
                           ifindex, words)
               : 0;
}
