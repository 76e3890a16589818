#include "vif/device.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/brport.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"
#include "netdev/tap.h"
#include "vif/lower-use.h"
#include "vif/plug.h"

static const struct vif_port *port_of(const struct vif_device_job *job)
{
    return &job->out->record.port;
}

bool vif_device_is_made(const struct vif_port *port)
{
    return port->device == VIF_DEVICE_TAP || port->device == VIF_DEVICE_MACVTAP;
}

static bool is_macvtap(const struct link_info *link)
{
    return str_eq(link->kind, "macvtap");
}

/* Opens the queues: of the macvtap `ifindex`, or, where that is 0, of a tap, which is made if it is
 * to be. */
static int open_queues(struct vif_host *host, const struct vif_device_job *job, int ifindex,
                       char **errorp)
{
    const struct vif_port *port = port_of(job);
    const struct tap_options tap = {
        .name = port->name,
        .n_queues = port->n_queues,
        .vnet_hdr = port->vnet_hdr,
        .owner = port->owner,
        .group = port->group,
        .by_name = port->persistent,
    };
    int *fds = mem_resize(NULL, port->n_queues, sizeof *fds);
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error && ifindex) {
        error = macvtap_open(rtnl, ifindex, port->n_queues, port->vnet_hdr, fds, errorp);
    } else if (!error) {
        error = port->device == VIF_DEVICE_TAP ? tap_create(&tap, fds, errorp)
                                               : tap_open(&tap, fds, errorp);
    }
    if (error) {
        free(fds);
        return error;
    }
    job->out->fds = fds;
    job->out->n_fds = port->n_queues;
    return 0;
}

/* Opens what somebody else made. The kernel refuses a tap that is open already, but would split the
 * frames of a macvtap. */
static int open_existing(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct link_info *link = &job->sight->link;
    bool in_use = false;
    int error = is_macvtap(link) ? vif_device_find_users(link, 1, &in_use, errorp) : 0;

    if (!error && in_use) {
        error = error_set(errorp, EBUSY, "\"%s\" is in use: somebody has it open", link->name);
    }
    return error ? error : open_queues(host, job, is_macvtap(link) ? link->ifindex : 0, errorp);
}

/* The kernel takes the mark only of a link that exists; vif_device_find() knows of the moment
 * between the two. */
static int create_macvtap(struct rtnl *rtnl, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    const struct macvtap_options options = {
        .name = port->name,
        .lower = job->lower,
        .mode = port->mode,
        .mac = port->host_mac,
        .mtu = port->mtu,
        .public_node = port->persistent,
    };
    auto_free char *text = vif_port_mark(port);
    const struct link_change mark = {.alias = text};
    int *ifindex = &job->out->record.ifindex;
    int error = macvtap_create(rtnl, &options, ifindex, errorp);

    return error ? error : link_change(rtnl, *ifindex, &mark, errorp);
}

int vif_device_take(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    int ifindex = job->out->record.ifindex;

    return port->persistent && !job->supervised
               ? macvtap_give_node(ifindex, port->owner, port->group, errorp)
               : open_queues(host, job, ifindex, errorp);
}

static int make_macvtap(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = create_macvtap(rtnl, job, errorp);
    }
    if (error) {
        return error;
    }
    vif_host_log(host, "made macvtap \"%s\" on \"%s\"", port->name, port->lower);
    return vif_device_take(host, job, errorp);
}

int vif_device_make(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    int error = 0;

    switch (port_of(job)->device) {
    case VIF_DEVICE_TAP:
        error = open_queues(host, job, 0, errorp);
        if (!error) {
            vif_host_log(host, "made tap \"%s\"", port_of(job)->name);
        }
        break;
    case VIF_DEVICE_MACVTAP:
        error = make_macvtap(host, job, errorp);
        break;
    case VIF_DEVICE_EXISTING:
        /* What is to be opened by yet another is not ours to open. */
        error = job->supervised ? open_existing(host, job, errorp) : 0;
        break;
    case VIF_DEVICE_BY_QEMU:
        break;
    }
    return error;
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

    if (port->device == VIF_DEVICE_BY_QEMU || port->device == VIF_DEVICE_MACVTAP ||
        !port->managed) {
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

static int hand_over_tap(const struct vif_device_job *job, char **errorp)
{
    if (!port_of(job)->persistent) {
        return 0;
    }
    int error = tap_set_persistent(job->out->fds[0], true, errorp);
    if (!error && !job->supervised) {
        close_queues(job->out);
    }
    return error;
}

/* Says which link has the address that a macvtap was refused for; one of another network namespace
 * is out of sight. */
static int say_who_has(struct rtnl *rtnl, const struct vif_device_job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    struct link_info *links = NULL;
    const char *holder = NULL;
    char text[MAC_TEXT_SIZE];
    size_t n = 0;

    link_list(rtnl, &links, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        bool there = links[i].ifindex == job->lower || links[i].lower == job->lower;

        if (there && mac_equal(&links[i].mac, &port->host_mac) &&
            links[i].ifindex != job->out->record.ifindex) {
            holder = links[i].name;
        }
    }
    error_set(errorp, EADDRINUSE, "the MAC address %s is in use on \"%s\", by %s%s%s",
              mac_format(&port->host_mac, text), port->lower, holder ? "\"" : "",
              holder ? holder : "a link of another network namespace", holder ? "\"" : "");
    free(links);
    return -EADDRINUSE;
}

static int hand_over_macvtap(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    const struct link_change up = {.state = LINK_UP};
    struct vif_record *record = &job->out->record;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = vif_lower_bring_up(host, record, job->lower, errorp);
    }
    if (!error) {
        error = link_change(rtnl, record->ifindex, &up, errorp);
    }
    return error == -EADDRINUSE ? say_who_has(rtnl, job, errorp) : error;
}

int vif_device_hand_over(struct vif_host *host, const struct vif_device_job *job, char **errorp)
{
    switch (port_of(job)->device) {
    case VIF_DEVICE_TAP:
        return hand_over_tap(job, errorp);
    case VIF_DEVICE_MACVTAP:
        return hand_over_macvtap(host, job, errorp);
    case VIF_DEVICE_EXISTING:
    case VIF_DEVICE_BY_QEMU:
        break;
    }
    return 0;
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

/* Whether a link is on the lower device of a record, or on the VLAN link between the two. */
static int is_on_lower(struct rtnl *rtnl, const struct link_info *link,
                       const struct vif_record *record, bool *is_on, char **errorp)
{
    struct link_info lower;
    bool found = false;
    int error = link_find(rtnl, record->port.lower, &found, &lower, errorp);

    *is_on = !error && found && link->lower == lower.ifindex;
    if (!error && found && !*is_on && vif_lower_vlan(&record->port) >= 0) {
        struct link_info vlan;

        *is_on = link->lower && link_get_by_index(rtnl, link->lower, &vlan, NULL) == 0 &&
                 vlan.lower == lower.ifindex;
    }
    return error;
}

/* Whether a link is the macvtap of a record that was cut short before it got its mark. A
 * passthrough one has the lower device's address at first. */
static int is_half_made(struct rtnl *rtnl, const struct link_info *link,
                        const struct vif_record *record, bool *is, char **errorp)
{
    *is = record->port.device == VIF_DEVICE_MACVTAP && is_macvtap(link) && !link->alias[0] &&
          !link->up &&
          (mac_equal(&link->mac, &record->port.host_mac) ||
           (record->has_lower_mac && mac_equal(&link->mac, &record->lower_mac)));
    return *is ? is_on_lower(rtnl, link, record, is, errorp) : 0;
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
    bool ours = str_eq(link.alias, mark);
    if (!ours) {
        error = is_half_made(rtnl, &link, record, &ours, errorp);
        if (error) {
            return error;
        }
    }
    if (!ours || (record->ifindex && record->ifindex != link.ifindex)) {
        vif_host_log(host, "leaving device \"%s\" alone: it is not the one that was plugged",
                     record->port.name);
        return 0;
    }
    *ifindex = link.ifindex;
    return 0;
}

/* Who has links open: users[i] for links[i], as macvtap_find_users(). Of a tap that is not known.
 */
static int find_users(const struct link_info *links, size_t n, pid_t *users, char **errorp)
{
    auto_free int *ifindexes = mem_zalloc(n * sizeof *ifindexes);
    size_t n_macvtaps = 0;
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_macvtap(&links[i])) {
            ifindexes[i] = links[i].ifindex;
            n_macvtaps++;
        }
    }
    if (n_macvtaps) {
        error = macvtap_find_users(ifindexes, n, users, errorp);
    }
    for (size_t i = 0; i < n && !error; i++) {
        if (str_eq(links[i].kind, "tun")) {
            users[i] = links[i].carrier ? MACVTAP_USER_HIDDEN : 0;
        }
    }
    return error;
}

int vif_device_find_users(const struct link_info *links, size_t n, bool *in_use, char **errorp)
{
    auto_free pid_t *users = mem_zalloc(n * sizeof *users);
    int error = find_users(links, n, users, errorp);

    for (size_t i = 0; i < n && !error; i++) {
        in_use[i] = users[i] != 0;
    }
    return error;
}

/* A guest that is being moved may yet have the one it had. */
static int look_before(struct vif_host *host, const struct vif_record *record,
                       struct vif_device_state *state, char **errorp)
{
    struct vif_device_state *before;

    if (!record->before) {
        return 0;
    }
    int error = vif_device_look(host, record->before, 1, &before, errorp);
    if (!error) {
        if (before->in_use) {
            state->in_use = true;
            state->user = before->user;
        }
        free(before);
    }
    return error;
}

int vif_device_look(struct vif_host *host, const struct vif_record *records, size_t n,
                    struct vif_device_state **statesp, char **errorp)
{
    struct vif_device_state *states = mem_zalloc(n * sizeof *states);
    struct link_info *links = mem_zalloc(n * sizeof *links);
    pid_t *users = mem_zalloc(n * sizeof *users);
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    for (size_t i = 0; i < n && !error; i++) {
        error = link_find(rtnl, records[i].port.name, &states[i].exists, &links[i], errorp);
    }
    if (!error) {
        error = find_users(links, n, users, errorp);
    }
    for (size_t i = 0; i < n && !error; i++) {
        states[i].in_use = states[i].exists && users[i];
        states[i].user = states[i].in_use && users[i] > 0 ? users[i] : 0;
        error = look_before(host, &records[i], &states[i], errorp);
    }
    free(links);
    free(users);
    if (error) {
        free(states);
        return error;
    }
    *statesp = states;
    return 0;
}
