#include "netdev/vlan.h"

#include <errno.h>
#include <linux/if_link.h>
#include <netlink/attr.h>

#include "base/error.h"
#include "netdev/new-link.h"
#include "netdev/rtnl.h"

/* IEEE 802.1Q: 0 is for frames that are in no VLAN, 4095 is reserved. */
#define VLAN_ID_MIN 1
#define VLAN_ID_MAX 4094

int vlan_create(struct rtnl *rtnl, const char *name, int lower, int id, int *ifindex, char **errorp)
{
    const struct new_link link = {.kind = "vlan", .name = name, .lower = lower};
    struct nlattr *open[2];

    if (id < VLAN_ID_MIN || id > VLAN_ID_MAX) {
        return error_set(errorp, EINVAL,
                         "cannot make VLAN link \"%s\": VLAN %d is not from %d to %d", name, id,
                         VLAN_ID_MIN, VLAN_ID_MAX);
    }
    struct nl_msg *request = new_link_request(&link, open);

    nla_put_u16(request, IFLA_VLAN_ID, (uint16_t)id);
    new_link_end(request, open);
    int error = new_link_send(rtnl, &link, request, ifindex, errorp);

    if (error == -EOPNOTSUPP) {
        error_set(errorp, EOPNOTSUPP,
                  "the kernel has no 802.1Q VLANs, or not on this device; for the module: "
                  "modprobe 8021q");
    }
    return error_wrap(errorp, error, "cannot make VLAN link \"%s\"", name);
}
