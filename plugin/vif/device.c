#include "vif/device.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/brport.h"
#include "netdev/rtnl.h"
#include "netdev/tap.h"
#include "vif/plug.h"

static const struct vif_port *port_of(const struct vif_device_job *job)
{
    return &job->out->record.port;
}

bool vif_device_is_made(const struct vif_port *port)
{
    return port->device == VIF_DEVICE_TAP;
}

/* A device of somebody else's that is to be opened by yet another is not ours to open. */
static bool opens_existing(const struct vif_device_job *job)
{
    return port_of(job)->device == VIF_DEVICE_EXISTING && job->supervised;
}

int vif_device_make(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    const struct tap_options tap = {
        .name = port->name,
        .n_queues = port->n_queues,
        .vnet_hdr = port->vnet_hdr,
        .owner = port->owner,
        .group = port->group,
    };

    if (port->device != VIF_DEVICE_TAP && !opens_existing(job)) {
        return 0;
    }
    int *fds = mem_resize(NULL, port->n_queues, sizeof *fds);
    int error = opens_existing(job) ? tap_open(&tap, fds, errorp) : tap_create(&tap, fds, errorp);
    if (error) {
        free(fds);
        return error;
    }
    if (!opens_existing(job)) {
        vif_host_log(host, "made tap \"%s\"", port->name);
    }
    job->out->fds = fds;
    job->out->n_fds = port->n_queues;
    return 0;
}

int vif_device_set_up(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    auto_free char *mark = vif_device_is_made(port) ? vif_port_mark(port) : NULL;
    struct link_change change = {
        .mac = &port->host_mac,
        .mtu = port->mtu,
        .alias = mark,
        /* What goes to Open vSwitch stays down for now. */
        .state = port->attachment == VIF_ATTACH_OVS ? LINK_KEEP : LINK_UP,
    };
    struct rtnl *rtnl;

    if (port->device == VIF_DEVICE_BY_QEMU || !port->managed) {
        return 0;
    }
    int error = vif_host_rtnl(host, &rtnl, errorp);
    if (error) {
        return error;
    }
    int ifindex = (int)if_nametoindex(port->name);
    if (!ifindex) {
        return error_set(errorp, ENODEV, "device \"%s\" vanished while it was plugged", port->name);
    }
    job->out->record.ifindex = ifindex;
    if (port->attachment == VIF_ATTACH_LINUX_BRIDGE) {
        change.master = job->sight->bridge_link.ifindex;
    }
    error = link_change(rtnl, ifindex, &change, errorp);
    if (!error && port->attachment == VIF_ATTACH_LINUX_BRIDGE && port->isolated) {
        error = brport_set_isolated(rtnl, ifindex, true, errorp);
    }
    return error;
}

int vif_device_attached(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct link_change up = {.state = LINK_UP};
    struct rtnl *rtnl;

    if (port_of(job)->attachment != VIF_ATTACH_OVS) {
        return 0;
    }
    int error = vif_host_rtnl(host, &rtnl, errorp);
    return error ? error : link_change(rtnl, job->out->record.ifindex, &up, errorp);
}

/* Closes what is for someone else to open. */
static void close_queues(struct vif_plugged *out)
{
    while (out->n_fds) {
        close(out->fds[--out->n_fds]);
    }
}

int vif_device_hand_over(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);

    (void)host;
    if (port->device != VIF_DEVICE_TAP || !port->persistent) {
        return 0;
    }
    int error = tap_set_persistent(job->out->fds[0], true, errorp);
    if (!error && !job->supervised) {
        close_queues(job->out);
    }
    return error;
}

int vif_device_restore(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct link_info *before = &job->sight->link;
    const struct link_change change = {
        .mac = &before->mac,
        .mtu = before->mtu,
        .state = before->up ? LINK_KEEP : LINK_DOWN,
    };
    struct rtnl *rtnl;

    if (port_of(job)->device != VIF_DEVICE_EXISTING || !job->out->record.ifindex) {
        return 0;
    }
    int error = vif_host_rtnl(host, &rtnl, errorp);
    return error ? error : link_change(rtnl, job->out->record.ifindex, &change, errorp);
}

int vif_device_find(struct vif_host *host, const struct vif_record *record, int *ifindex,
                    char **errorp)
{
    auto_free char *mark = vif_port_mark(&record->port);
    struct link_info link;
    struct rtnl *rtnl;
    bool found;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    *ifindex = 0;
    if (!error) {
        error = link_find(rtnl, record->port.name, &found, &link, errorp);
    }
    if (error || !found) {
        return error;
    }
    if (!str_eq(link.alias, mark) || (record->ifindex && record->ifindex != link.ifindex)) {
        vif_host_log(host, "leaving device \"%s\" alone: it is not the one that was plugged",
                     record->port.name);
        return 0;
    }
    *ifindex = link.ifindex;
    return 0;
}

int vif_device_find_users(const struct link_info *links, size_t n, bool *in_use, char **errorp)
{
    (void)errorp;
    for (size_t i = 0; i < n; i++) {
        in_use[i] = links[i].carrier;
    }
    return 0;
}

int vif_device_look(struct vif_host *host, const struct vif_record *records, size_t n,
                    struct vif_device_state **statesp, char **errorp)
{
    struct vif_device_state *states = mem_zalloc(n * sizeof *states);
    struct link_info *links = mem_zalloc(n * sizeof *links);
    bool *in_use = mem_zalloc(n * sizeof *in_use);
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    for (size_t i = 0; i < n && !error; i++) {
        error = link_find(rtnl, records[i].port.name, &states[i].exists, &links[i], errorp);
    }
    if (!error) {
        error = vif_device_find_users(links, n, in_use, errorp);
    }
    for (size_t i = 0; i < n && !error; i++) {
        states[i].in_use = states[i].exists && in_use[i];
    }
    free(links);
    free(in_use);
    if (error) {
        free(states);
        return error;
    }
    *statesp = states;
    return 0;
}
