#include "netdev/bridge-link.h"

#include <errno.h>

#include "base/error.h"
#include "netdev/new-link.h"

int bridge_create(struct rtnl *rtnl, const char *name, int *ifindex, char **errorp)
{
    const struct new_link link = {.kind = "bridge", .name = name};
    struct nlattr *open[2];
    struct nl_msg *request = new_link_request(&link, open);

    new_link_end(request, open);
    int error = new_link_send(rtnl, &link, request, ifindex, errorp);

    if (error == -EOPNOTSUPP) {
        error_set(errorp, EOPNOTSUPP, "the kernel has no bridges; for the module: modprobe bridge");
    }
    return error_wrap(errorp, error, "cannot make bridge \"%s\"", name);
}
