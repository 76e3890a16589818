/* Which device a macvtap goes on when the one that it was on is gone. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/rtnl.h"
#include "vif/lower.h"
#include "vif/reconnect.h"

/* A record that was read has none; one that was made with a plan may have. */
static void forget_lowers(struct vif_port *port)
{
    while (port->n_lowers) {
        free(port->lowers[--port->n_lowers]);
    }
}

static void add_lower(struct vif_port *port, const char *name)
{
    port->lowers = mem_resize(port->lowers, port->n_lowers + 1, sizeof *port->lowers);
    port->lowers[port->n_lowers++] = str_dup(name);
}

/* Whether a link has the address of the device as it was plugged, or had it in the beginning, since
 * somebody may have given it another one; a macvtap in passthrough mode gives it the guest's. A
 * VLAN link has the address of what it is on, and neither may be taken for the other. */
static bool has_address(const struct link_info *link, const struct vif_record *record)
{
    const struct vif_port *port = &record->port;
    bool has_guests = port->mode == MACVTAP_PASSTHROUGH && vif_lower_vlan(port) < 0;

    return link->ethernet && !link_is_macvlan(link) && link->vlan_id == record->home_vlan &&
           (mac_equal(&link->mac, &record->home_mac) ||
            mac_equal(&link->permanent_mac, &record->home_mac) ||
            (has_guests && mac_equal(&link->mac, &port->mac)));
}

/* Whether a link is a bridge that has the address of one of its ports. Not so a bond: that is what
 * is meant, and its parts, which have it as well, take no macvtap. */
static bool is_borrower(const struct link_info *link, const struct link_info *links, size_t n,
                        const struct vif_record *record)
{
    for (size_t i = 0; i < n && str_eq(link->kind, "bridge"); i++) {
        if (links[i].master == link->ifindex && has_address(&links[i], record)) {
            return true;
        }
    }
    return false;
}

/* Puts the links that have the address of the device as it was plugged into port->lowers: that of
 * its name, or else all others. */
static int add_by_mac(struct rtnl *rtnl, const struct vif_record *record, struct vif_port *port,
                      char **errorp)
{
    struct link_info *links;
    size_t n;
    int error = link_list(rtnl, &links, &n, errorp);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < n; i++) {
        if (has_address(&links[i], record) && str_eq(links[i].name, port->lower)) {
            add_lower(port, links[i].name);
        }
    }
    bool is_known = port->n_lowers;
    for (size_t i = 0; i < n && !is_known; i++) {
        if (has_address(&links[i], record) && !is_borrower(&links[i], links, n, record)) {
            add_lower(port, links[i].name);
        }
    }
    free(links);
    return 0;
}

/* Puts the devices that the port's network has now into port->lowers. */
static int add_pool(struct vif_networks *networks, struct vif_port *port, char **errorp)
{
    const struct vif_network *network;
    struct vif_spec wish = {.type = VIF_TYPE_NETWORK};
    struct vif_spec actual;
    int error = vif_networks_find(networks, port->network, &network, errorp);

    if (error) {
        return error;
    }
    if (network->alternative.dev) {
        add_lower(port, network->alternative.dev);
        return 0;
    }
    error = vif_network_resolve(network, &wish, &actual, errorp);
    if (error) {
        return error;
    }
    if (actual.type == VIF_TYPE_DIRECT && actual.source_dev) {
        add_lower(port, actual.source_dev);
    }
    for (size_t i = 0;
         actual.type == VIF_TYPE_DIRECT && !actual.source_dev && i < network->n_lowers; i++) {
        add_lower(port, network->lowers[i]);
    }
    vif_spec_clear(&actual);
    return port->n_lowers ? 0
                          : error_set(errorp, ENODEV,
                                      "the network \"%s\" has no device for a macvtap any more",
                                      port->network);
}

static int add_candidates(struct rtnl *rtnl, struct vif_networks *networks,
                          const struct vif_record *record, struct vif_port *port, char **errorp)
{
    if (port->find == VIF_FIND_POOL && port->network) {
        return add_pool(networks, port, errorp);
    }
    if (port->find == VIF_FIND_MAC && record->has_home_mac) {
        return add_by_mac(rtnl, record, port, errorp);
    }
    add_lower(port, port->lower);
    return 0;
}

/* What is waited for, and why none of the devices that there are will do; NULL where there are
 * none. */
static int say_what_is_missing(const struct vif_record *record, const char *reason, char **errorp)
{
    const struct vif_port *port = &record->port;
    char mac[MAC_TEXT_SIZE];
    auto_free char *what = NULL;

    if (port->find == VIF_FIND_POOL && port->network) {
        what = str_printf("one of the devices of the network \"%s\"", port->network);
    } else if (port->find == VIF_FIND_MAC && record->has_home_mac) {
        what = str_printf("a device with the MAC address %s, as \"%s\" had",
                          mac_format(&record->home_mac, mac), port->lower);
    } else {
        what = str_printf("the device \"%s\"", port->lower);
    }
    return error_set(errorp, ENODEV, "waiting for %s%s%s", what, reason ? ": " : "",
                     reason ? reason : "");
}

/* Whether any of the devices is there: most often none is, and to look at the host as a whole is
 * not needed to know that. */
static bool is_any_there(const struct vif_port *port)
{
    for (size_t i = 0; i < port->n_lowers; i++) {
        if (if_nametoindex(port->lowers[i])) {
            return true;
        }
    }
    return false;
}

/* Chooses among the devices as plug does; all that it adds to the port is for sentences of a plan.
 */
static int choose(struct rtnl *rtnl, struct vif_records *records, const struct vif_record *record,
                  struct vif_port *port, char **errorp)
{
    struct vif_lowers lowers = {0};
    auto_free char *reason = NULL;

    if (!is_any_there(port)) {
        return say_what_is_missing(record, NULL, errorp);
    }
    int error = vif_lowers_look(rtnl, records, port, 1, &lowers, errorp);
    if (!error && vif_lower_choose(port, &lowers, &reason)) {
        error = say_what_is_missing(record, reason, errorp);
    }
    vif_lowers_clear(&lowers);
    return error;
}

int vif_reconnect_leaves(struct vif_networks *networks, const struct vif_record *record,
                         bool *leaves, char **errorp)
{
    struct vif_port port;

    *leaves = false;
    if (record->port.find != VIF_FIND_POOL || !record->port.network) {
        return 0;
    }
    vif_port_copy(&port, &record->port);
    forget_lowers(&port);
    int error = add_pool(networks, &port, errorp);
    *leaves = !error;
    for (size_t i = 0; i < port.n_lowers && !error; i++) {
        *leaves &= !str_eq(port.lowers[i], port.lower);
    }
    vif_port_clear(&port);
    return error;
}

int vif_reconnect_find(struct vif_host *host, struct vif_networks *networks,
                       const struct vif_record *record, char name[IFNAMSIZ], char **errorp)
{
    struct vif_records *records;
    struct vif_port port;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = vif_host_records(host, &records, errorp);
    }
    if (error) {
        return error;
    }
    vif_port_copy(&port, &record->port);
    forget_lowers(&port);
    error = add_candidates(rtnl, networks, record, &port, errorp);
    if (!error && !port.n_lowers) {
        error = say_what_is_missing(record, NULL, errorp);
    }
    if (!error) {
        error = choose(rtnl, records, record, &port, errorp);
    }
    if (!error && !str_copy(name, IFNAMSIZ, port.lower)) {
        error = error_set(errorp, ENODEV, "\"%s\" is no name of a device", port.lower);
    }
    vif_port_clear(&port);
    return error;
}
