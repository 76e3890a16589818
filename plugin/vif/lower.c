/* What can be put on a lower device, and which of several to take: all decided from what
 * lower-look.c has seen. */
#include "vif/lower.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/macvtap.h"

static void clear_lower(struct vif_lower *lower)
{
    free(lower->name);
    free(lower->vlans);
    free(lower->users);
    probe_result_clear(&lower->reflection);
}

void vif_lowers_clear(struct vif_lowers *lowers)
{
    for (size_t i = 0; i < lowers->n; i++) {
        clear_lower(&lowers->list[i]);
    }
    free(lowers->list);
    free(lowers->links);
    memset(lowers, 0, sizeof *lowers);
}

struct vif_lower *vif_lowers_find(const struct vif_lowers *lowers, const char *name)
{
    for (size_t i = 0; i < lowers->n; i++) {
        if (str_eq(lowers->list[i].name, name)) {
            return &lowers->list[i];
        }
    }
    return NULL;
}

int vif_lower_vlan(const struct vif_port *port)
{
    return port->vlan.mode == OVS_VLAN_ACCESS ? port->vlan.tag : -1;
}

const struct link_info *vif_lower_vlan_link(const struct vif_lower *lower, int vlan)
{
    for (size_t i = 0; i < lower->n_vlans; i++) {
        if (lower->vlans[i].vlan_id == vlan) {
            return &lower->vlans[i];
        }
    }
    return NULL;
}

static const struct link_info *find_link(const struct vif_lowers *lowers, int ifindex)
{
    for (size_t i = 0; i < lowers->n_links; i++) {
        if (lowers->links[i].ifindex == ifindex) {
            return &lowers->links[i];
        }
    }
    return NULL;
}

/* Whether somebody who named a device that is not there could have meant this one. */
static bool could_be_meant(const struct link_info *link)
{
    return link->ethernet && !link->loopback && !link->master && !link_is_macvlan(link) &&
           !str_eq(link->kind, "tun") && !str_eq(link->kind, "bridge");
}

/* The links that could be meant; caller frees. */
static char *list_links(const struct vif_lowers *lowers)
{
    const size_t most = 12;
    char *text = str_dup("");
    size_t n = 0;

    for (size_t i = 0; i < lowers->n_links && n <= most; i++) {
        if (could_be_meant(&lowers->links[i])) {
            char *longer = str_printf("%s%s%s", text, n ? ", " : "",
                                      n < most ? lowers->links[i].name : "...");

            free(text);
            text = longer;
            n++;
        }
    }
    return text;
}

static int no_such_device(const struct vif_lower *lower, const struct vif_lowers *lowers,
                          char **errorp)
{
    auto_free char *there = list_links(lowers);

    return error_set(errorp, ENOENT, "there is no device \"%s\" to put a macvtap on; devices: %s",
                     lower->name, there[0] ? there : "none");
}

/* Refuses what nothing can be put on, whoever uses it. */
static int check_kind(const struct vif_lower *lower, const struct vif_lowers *lowers, char **errorp)
{
    const struct link_info *link = &lower->link;

    if (link->loopback) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is the loopback device, which no macvtap can be put on; name the "
                         "device that leads to the switch",
                         link->name);
    }
    if (link_is_macvlan(link)) {
        const struct link_info *below = find_link(lowers, link->lower);

        return error_set(errorp, EINVAL, "\"%s\" is itself a %s%s%s%s; name that device instead",
                         link->name, link->kind, below ? " on \"" : ", on a device elsewhere",
                         below ? below->name : "", below ? "\"" : "");
    }
    if (lower->wireless) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is wireless: its access point drops frames from any MAC address "
                         "but the device's own, so no macvtap works on it",
                         link->name);
    }
    if (!link->ethernet) {
        return error_set(errorp, EINVAL, "\"%s\" does not carry Ethernet frames", link->name);
    }
    return 0;
}

/* A link has one master or one set of macvtaps: both take its frames by the one rx_handler
 * (netdev_rx_handler_register() in net/core/dev.c). */
static int check_master(const struct link_info *link, const struct vif_lowers *lowers,
                        char **errorp)
{
    const struct link_info *master = find_link(lowers, link->master);

    if (!link->master) {
        return 0;
    }
    if (master && str_eq(master->kind, "bridge")) {
        return error_set(errorp, EBUSY,
                         "\"%s\" is a port of the Linux bridge \"%s\", so no macvtap can be put on "
                         "it; use type='bridge' with <source bridge='%s'/>",
                         link->name, master->name, master->name);
    }
    if (master && str_eq(master->kind, "openvswitch")) {
        return error_set(errorp, EBUSY,
                         "\"%s\" is a port of an Open vSwitch bridge (\"%s\"), so no macvtap can "
                         "be put on it; use type='bridge' with that bridge",
                         link->name, master->name);
    }
    return error_set(errorp, EBUSY,
                     "\"%s\" is a part of the %s \"%s\", so no macvtap can be put on it; name "
                     "\"%s\" itself",
                     link->name, master && master->kind[0] ? master->kind : "device",
                     master ? master->name : "?", master ? master->name : "?");
}

static const char *state_text(const struct vif_lower_user *user)
{
    switch (user->state) {
    case VIF_USER_IS_THERE:
        return "";
    case VIF_USER_PENDING:
        return ", which is being plugged";
    case VIF_USER_CHOSEN:
        return ", of the same plan";
    }
    return NULL;
}

/* Whether `user` shares with a macvtap of the VLAN `vlan` what a passthrough macvtap has for
 * itself. One on the device itself has its VLANs, too. */
static bool is_in_the_way(const struct vif_lower_user *user, int vlan)
{
    return vlan < 0 || user->vlan == vlan;
}

static int check_exclusive(const struct vif_port *port, const struct vif_lower *lower,
                           char **errorp)
{
    int vlan = vif_lower_vlan(port);

    for (size_t i = 0; i < lower->n_users; i++) {
        const struct vif_lower_user *user = &lower->users[i];

        if (str_eq(user->name, port->name)) {
            continue;
        }
        if (user->mode == MACVTAP_PASSTHROUGH && (user->vlan < 0 || is_in_the_way(user, vlan))) {
            return error_set(errorp, EBUSY,
                             "\"%s\" is in exclusive use by the passthrough macvtap \"%s\"%s; "
                             "unplug that first, or name another device",
                             lower->name, user->name, state_text(user));
        }
        if (port->mode == MACVTAP_PASSTHROUGH && is_in_the_way(user, vlan)) {
            return error_set(errorp, EBUSY,
                             "mode='passthrough' needs \"%s\" for itself, and \"%s\"%s is on it; "
                             "unplug that first, or use another mode",
                             lower->name, user->name, state_text(user));
        }
    }
    return 0;
}

/* The kernel brings no two macvtaps with one address up on a device, nor one with the device's own
 * (macvlan_addr_busy() in drivers/net/macvlan.c). A passthrough one shares the device's. */
static int check_address(const struct vif_port *port, const struct vif_lower *lower,
                         const struct link_info *below, char **errorp)
{
    char mac[MAC_TEXT_SIZE];

    if (port->mode == MACVTAP_PASSTHROUGH) {
        return 0;
    }
    if (mac_equal(&port->host_mac, &below->mac)) {
        return error_set(errorp, EADDRINUSE,
                         "\"%s\" itself has the MAC address %s; give the interface another <mac>",
                         below->name, mac_format(&port->host_mac, mac));
    }
    for (size_t i = 0; i < lower->n_users; i++) {
        const struct vif_lower_user *user = &lower->users[i];

        if (!str_eq(user->name, port->name) && user->vlan == vif_lower_vlan(port) &&
            mac_equal(&port->host_mac, &user->mac)) {
            return error_set(errorp, EADDRINUSE,
                             "\"%s\"%s, on \"%s\" too, has the MAC address %s; give one of them "
                             "another <mac>",
                             user->name, state_text(user), lower->name,
                             mac_format(&port->host_mac, mac));
        }
    }
    return 0;
}

int vif_lower_check(const struct vif_port *port, const struct vif_lower *lower,
                    const struct vif_lowers *lowers, char **errorp)
{
    if (!lower->has_link) {
        return no_such_device(lower, lowers, errorp);
    }
    const struct link_info *vlan = vif_lower_vlan_link(lower, vif_lower_vlan(port));
    const struct link_info *below = vlan ? vlan : &lower->link;
    int error = check_kind(lower, lowers, errorp);

    if (!error) {
        error = check_master(&lower->link, lowers, errorp);
    }
    if (!error && vlan) {
        error = check_master(vlan, lowers, errorp);
    }
    if (!error) {
        error = check_exclusive(port, lower, errorp);
    }
    if (!error && port->mtu > below->mtu) {
        error = error_set(errorp, EINVAL,
                          "MTU %u is above that of \"%s\", %u; lower it, or raise that of the "
                          "device: ip link set %s mtu %u",
                          port->mtu, below->name, below->mtu, below->name, port->mtu);
    }
    return error ? error : check_address(port, lower, below, errorp);
}

/* Refuses a device whose switch has to reflect and does not. */
static int check_reflection(const struct vif_port *port, const struct vif_lower *lower,
                            char **errorp)
{
    const struct probe_result *reflection = &lower->reflection;

    if (!port->needs_reflection || (lower->was_asked && reflection->answer == PROBE_YES)) {
        return 0;
    }
    if (lower->was_asked && reflection->answer == PROBE_NO) {
        return error_set(errorp, EHOSTUNREACH,
                         "the switch behind \"%s\" does not reflect (%.0f ms), which mode='vepa' "
                         "needs",
                         lower->name, reflection->elapsed_ms);
    }
    return error_set(errorp, EHOSTUNREACH,
                     "whether the switch behind \"%s\" reflects, which mode='vepa' needs, is "
                     "unknown: %s",
                     lower->name, lower->was_asked ? reflection->reason : "it was not asked");
}

/* The end of a choice: its notes come last among the port's. */
static void note(struct vif_port *port, char *text)
{
    vif_port_note(port, "%s", text);
    port->n_lower_notes++;
    free(text);
}

/* Takes back what an earlier call did. */
static void forget(struct vif_port *port, struct vif_lowers *lowers)
{
    while (port->n_lower_notes) {
        free(port->notes[--port->n_notes]);
        port->n_lower_notes--;
    }
    if (port->mtu_of_lower) {
        port->mtu_of_lower = false;
        port->mtu = 0;
    }
    for (size_t i = 0; i < lowers->n; i++) {
        struct vif_lower *lower = &lowers->list[i];
        size_t n = 0;

        for (size_t u = 0; u < lower->n_users; u++) {
            if (!str_eq(lower->users[u].name, port->name)) {
                lower->users[n++] = lower->users[u];
            }
        }
        lower->n_users = n;
    }
}

/* Sets a mode that is left to us, and says why. One that was chosen before, and about which nobody
 * asked again, stays. */
static void choose_mode(struct vif_port *port, const struct vif_lower *lower)
{
    const struct probe_result *reflection = &lower->reflection;
    bool is_ours = port->mode_auto && (lower->was_asked || port->mode == MACVTAP_NO_MODE);
    bool reflects = lower->was_asked && reflection->answer == PROBE_YES;

    if (is_ours) {
        port->mode = reflects ? MACVTAP_VEPA : MACVTAP_BRIDGE;
    } else if (!port->needs_reflection) {
        return;
    }
    if (reflects) {
        note(port, str_printf("mode vepa: the switch behind \"%s\" reflects (%.1f ms)", lower->name,
                              reflection->elapsed_ms));
    } else if (lower->was_asked && reflection->answer == PROBE_NO) {
        note(port, str_printf("mode bridge: the switch behind \"%s\" does not reflect (%.0f ms)",
                              lower->name, reflection->elapsed_ms));
    } else {
        note(port,
             str_printf("mode bridge: whether the switch behind \"%s\" reflects is unknown: "
                        "%s",
                        lower->name, lower->was_asked ? reflection->reason : "it was not asked"));
    }
}

static void add_user(struct vif_lower *lower, const struct vif_port *port)
{
    struct vif_lower_user user = {
        .state = VIF_USER_CHOSEN,
        .mac = port->host_mac,
        .mode = port->mode,
        .vlan = vif_lower_vlan(port),
    };

    str_copy(user.name, sizeof user.name, port->name);
    lower->users = mem_resize(lower->users, lower->n_users + 1, sizeof user);
    lower->users[lower->n_users++] = user;
}

/* The device has the MTU of what it is on in any case; wished for, the guest is told of it. */
static void choose_mtu(struct vif_port *port, const struct vif_lower *lower)
{
    const unsigned usual = 1500;
    const struct link_info *vlan = vif_lower_vlan_link(lower, vif_lower_vlan(port));
    const struct link_info *below = vlan ? vlan : &lower->link;

    if (!port->mtu && below->mtu != usual && below->mtu <= MACVTAP_MAX_MTU) {
        port->mtu = below->mtu;
        port->mtu_of_lower = true;
        note(port, str_printf("MTU %u, since that is what \"%s\" has", port->mtu, below->name));
    }
}

static void take(struct vif_port *port, struct vif_lower *lower)
{
    str_assign(&port->lower, lower->name);
    if (port->n_lowers > 1) {
        note(port, str_printf("on \"%s\", the least used of %zu devices: %zu on it", lower->name,
                              port->n_lowers, lower->n_users));
    }
    choose_mode(port, lower);
    choose_mtu(port, lower);
    if (!lower->link.up) {
        note(port, str_printf("\"%s\" is down, and will be brought up when the guest gets the "
                              "interface",
                              lower->name));
    }
    add_user(lower, port);
}

/* Whether a macvtap can go to a device of that name. */
static int try_lower(const struct vif_port *port, const struct vif_lowers *lowers, const char *name,
                     struct vif_lower **lower, char **errorp)
{
    *lower = vif_lowers_find(lowers, name);
    if (!*lower) {
        return error_set(errorp, ENOENT, "\"%s\" was not looked at", name);
    }
    int error = vif_lower_check(port, *lower, lowers, errorp);

    return error ? error : check_reflection(port, *lower, errorp);
}

int vif_lower_choose(struct vif_port *port, struct vif_lowers *lowers, char **errorp)
{
    struct vif_lower *best = NULL;
    char *reasons = NULL;
    int error = 0;

    forget(port, lowers);
    for (size_t i = 0; i < port->n_lowers; i++) {
        auto_free char *reason = NULL;
        struct vif_lower *lower;
        int unfit = try_lower(port, lowers, port->lowers[i], &lower, &reason);

        if (!unfit && (!best || lower->n_users < best->n_users)) {
            best = lower;
        } else if (unfit) {
            char *longer = str_printf("%s%s%s", reasons ? reasons : "", reasons ? "; " : "",
                                      reason);

            free(reasons);
            reasons = longer;
            error = unfit;
        }
    }
    if (best) {
        take(port, best);
        error = 0;
    } else if (port->n_lowers == 1) {
        error = error_set(errorp, -error, "%s", reasons);
    } else {
        error = error_set(errorp, EBUSY, "none of the %zu devices can take it: %s", port->n_lowers,
                          reasons ? reasons : "there are none");
    }
    free(reasons);
    return error;
}
