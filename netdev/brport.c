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
#include "base/mem.h"
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

static int set_flag(struct rtnl *rtnl, int ifindex, int attribute, const char *flag, bool value,
                    char **errorp)
{
    struct nl_msg *request = request_new(RTM_SETLINK, 0, AF_BRIDGE, ifindex);
    /* The flag is what tells this form from an old one with the bare state of a port. */
    struct nlattr *port = nla_nest_start(request, IFLA_PROTINFO | NLA_F_NESTED);

    nla_put_u8(request, attribute, value);
    nla_nest_end(request, port);
    int error = request_send(rtnl, request, NULL, NULL, errorp);

    request_free(request);
    error_wrap(errorp, error, "cannot set the %s flag of link %d", flag, ifindex);
    return explain(error, ifindex, errorp);
}

int brport_set_isolated(struct rtnl *rtnl, int ifindex, bool isolated, char **errorp)
{
    return set_flag(rtnl, ifindex, IFLA_BRPORT_ISOLATED, "isolated", isolated, errorp);
}

int brport_set_hairpin(struct rtnl *rtnl, int ifindex, bool hairpin, char **errorp)
{
    return set_flag(rtnl, ifindex, IFLA_BRPORT_MODE, "hairpin", hairpin, errorp);
}

static bool get_flag(struct nlattr *attr)
{
    return attr && nla_get_u8(attr);
}

/* Fills *port from an RTM_NEWLINK message. Returns false when that is about no port of a Linux
 * bridge. */
static bool parse_port(const struct nlmsghdr *message, struct brport *port)
{
    /* libnl's parser takes messages that can be changed, and does not change them. */
    struct nlmsghdr *m = (struct nlmsghdr *)(uintptr_t)message;
    struct nlattr *attrs[IFLA_MAX + 1];
    struct nlattr *info[IFLA_INFO_MAX + 1];
    struct nlattr *flags[IFLA_BRPORT_MAX + 1];

    if (nlmsg_parse(m, sizeof(struct ifinfomsg), attrs, IFLA_MAX, NULL) || !attrs[IFLA_IFNAME] ||
        !attrs[IFLA_MASTER] || !attrs[IFLA_LINKINFO] ||
        nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) ||
        !info[IFLA_INFO_SLAVE_KIND] || nla_strcmp(info[IFLA_INFO_SLAVE_KIND], "bridge") ||
        !info[IFLA_INFO_SLAVE_DATA] ||
        nla_parse_nested(flags, IFLA_BRPORT_MAX, info[IFLA_INFO_SLAVE_DATA], NULL)) {
        return false;
    }
    const struct ifinfomsg *header = nlmsg_data(m);

    memset(port, 0, sizeof *port);
    port->ifindex = header->ifi_index;
    nla_strlcpy(port->name, attrs[IFLA_IFNAME], sizeof port->name);
    port->bridge = (int)nla_get_u32(attrs[IFLA_MASTER]);
    port->isolated = get_flag(flags[IFLA_BRPORT_ISOLATED]);
    port->hairpin = get_flag(flags[IFLA_BRPORT_MODE]);
    return true;
}

/* A growing array of ports. */
struct port_array {
    int bridge; /* only its ports; 0: of any */
    struct brport *ports;
    size_t n;
};

static void take_port(const struct nlmsghdr *reply, void *arg)
{
    struct port_array *array = arg;
    struct brport port;

    if (!reply) {
        array->n = 0;
    } else if (parse_port(reply, &port) && (!array->bridge || port.bridge == array->bridge)) {
        array->ports = mem_resize(array->ports, array->n + 1, sizeof *array->ports);
        array->ports[array->n++] = port;
    }
}

int brport_get(struct rtnl *rtnl, int ifindex, struct brport *port, char **errorp)
{
    struct port_array found = {0};
    struct nl_msg *request = request_new(RTM_GETLINK, 0, AF_UNSPEC, ifindex);
    /* The kernel takes an index of 0 for "by name". */
    int error = ifindex > 0 ? request_send(rtnl, request, take_port, &found, errorp)
                            : error_set(errorp, ENODEV, "%m");

    request_free(request);
    if (error) {
        error_wrap(errorp, error, "cannot read the flags of link %d", ifindex);
    } else if (!found.n) {
        error = explain(-EOPNOTSUPP, ifindex, errorp);
    } else {
        *port = found.ports[0];
    }
    free(found.ports);
    return error;
}

int brport_list(struct rtnl *rtnl, int bridge, struct brport **ports, size_t *n, char **errorp)
{
    struct port_array found = {.bridge = bridge};
    struct nl_msg *request = request_new(RTM_GETLINK, NLM_F_DUMP, AF_UNSPEC, 0);

    nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    /* Saves most of a long list; kernels before 4.4 send it whole. */
    nla_put_u32(request, IFLA_MASTER, (uint32_t)bridge);
    int error = request_send(rtnl, request, take_port, &found, errorp);

    request_free(request);
    if (error) {
        free(found.ports);
        return error_wrap(errorp, error, "cannot list the ports of link %d", bridge);
    }
    *ports = found.ports;
    *n = found.n;
    return 0;
}
