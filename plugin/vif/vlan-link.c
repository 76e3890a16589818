#include "vif/vlan-link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/rtnl.h"
#include "netdev/vlan.h"
#include "vif/host.h"
#include "vif/lower.h"

void vif_vlan_link_name(const char *lower, int vlan, char name[IFNAMSIZ])
{
    auto_free char *whole = str_printf("%s.%d", lower, vlan);
    size_t length = strlen(whole);
    size_t skip = length < IFNAMSIZ ? 0 : length - (IFNAMSIZ - 1);

    str_copy(name, IFNAMSIZ, whole + skip);
}

int vif_vlan_link_make(struct vif_host *host, const struct link_info *lower, int vlan,
                       struct link_info *link, char **errorp)
{
    const struct link_change mark = {.alias = VIF_VLAN_MARK};
    char name[IFNAMSIZ];
    struct rtnl *rtnl;
    int ifindex;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (error) {
        return error;
    }
    vif_vlan_link_name(lower->name, vlan, name);
    error = vlan_create(rtnl, name, lower->ifindex, vlan, &ifindex, errorp);
    if (error) {
        return error;
    }
    error = link_change(rtnl, ifindex, &mark, errorp);
    if (!error) {
        error = link_get_by_index(rtnl, ifindex, link, errorp);
    }
    if (error) {
        link_delete(rtnl, ifindex, NULL);
        return error;
    }
    vif_host_log(host, "made VLAN link \"%s\" on \"%s\"", name, lower->name);
    return 0;
}
