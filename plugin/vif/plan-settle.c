/* From a draft to a plan, with what was seen on the host. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "netdev/tap.h"
#include "vif/plan-lower.h"
#include "vif/plan-path.h"
#include "vif/plan.h"

static int settle_linux_bridge(struct vif_port *port, char **errorp)
{
    const char *what = port->vlan.mode != OVS_VLAN_TRUNK || port->vlan.n_trunks ? "<vlan>"
                       : port->qos.egress_max_bps || port->qos.ingress_kbps     ? "<bandwidth>"
                                                                                : NULL;

    if (what) {
        return error_set(errorp, EOPNOTSUPP,
                         "%s needs an Open vSwitch bridge, and \"%s\" is a Linux bridge", what,
                         port->bridge);
    }
    port->attachment = VIF_ATTACH_LINUX_BRIDGE;
    return 0;
}

/* A tap that is smaller than its bridge would make the bridge smaller (br_mtu_auto_adjust() in
 * net/bridge/br_if.c; update_mtu() in ofproto/ofproto.c), so it gets the bridge's MTU where none is
 * wished. */
static void settle_mtu(struct vif_port *port, const struct vif_sight *sight)
{
    const unsigned usual = 1500;

    if (!port->mtu && sight->has_bridge_link && sight->bridge_link.mtu != usual &&
        sight->bridge_link.mtu <= TAP_MAX_MTU) {
        port->mtu = sight->bridge_link.mtu;
        vif_port_note(port, "MTU %u, since that is what \"%s\" has", port->mtu, port->bridge);
    }
}

/* Finds out what the bridge is, and settles what follows from that. */
static int settle_bridge(struct vif_port *port, const struct vif_view *view,
                         const struct vif_sight *sight, char **errorp)
{
    bool is_linux = sight->has_bridge_link && str_eq(sight->bridge_link.kind, "bridge");

    if (is_linux && port->attachment_open) {
        port->attachment_open = false;
        return settle_linux_bridge(port, errorp);
    }
    if (is_linux) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is a Linux bridge, not one of Open vSwitch; remove <virtualport "
                         "type='openvswitch'>, or name another bridge",
                         port->bridge);
    }
    if (!view->ovs) {
        return error_set(errorp, ENOENT,
                         "no Linux bridge \"%s\", and Open vSwitch cannot be asked: %s",
                         port->bridge, view->ovs_error ? view->ovs_error : "not looked for");
    }
    const struct ovs_bridge *bridge = ovs_switch_find(view->ovs, port->bridge);
    if (!bridge) {
        auto_free char *names = ovs_switch_bridge_names(view->ovs);

        return error_set(errorp, ENOENT, "no %sbridge \"%s\" in %s; bridges: %s",
                         port->attachment_open ? "Linux bridge and no OVS " : "OVS ", port->bridge,
                         view->ovs_remote, names);
    }
    port->attachment = VIF_ATTACH_OVS;
    port->attachment_open = false;
    if (bridge->userspace && !view->ovs->userspace_tso && port->vnet_hdr) {
        port->vnet_hdr = false;
        /* The kernel takes vnet_hdr from each opening, so of a tap that others open it is theirs to
         * see to. */
        vif_port_note(
            port,
            "without offloads: \"%s\" has the userspace datapath, which corrupts or drops "
            "offloaded frames unless other_config:userspace-tso-enable is set%s",
            port->bridge,
            port->persistent ? "; whoever opens the tap must keep them off too (QEMU: vnet_hdr=off)"
                             : "");
    }
    return 0;
}

/* Whether the device that stands there under the port's name was made for this very port by an
 * earlier plug, which plug will then compare with the wish. */
static bool is_ours(const struct vif_port *port, const struct vif_sight *sight)
{
    return sight->has_record && str_eq(sight->record.port.interface_id, port->interface_id);
}

/* Another name for a port whose generated one is in use by somebody else. */
static int next_name(struct vif_port *port, char **errorp)
{
    for (unsigned attempt = 0; attempt + 1 < IFNAME_ATTEMPTS; attempt++) {
        char name[IFNAMSIZ];

        if (ifname_generate(port->interface_id, attempt, name) == 0 && str_eq(name, port->name)) {
            ifname_generate(port->interface_id, attempt + 1, port->name);
            return -EAGAIN;
        }
    }
    return error_set(errorp, EEXIST, "all names that can be made of its id %s are in use",
                     port->interface_id);
}

/* Where all that was asked for is a name, what is plugged under that name is what was asked for. */
static void take_identity(struct vif_port *port, const struct vif_sight *sight)
{
    const struct vif_port *plugged = &sight->record.port;

    if (sight->has_record && port->id_random && !port->name_generated && !plugged->domain_uuid) {
        memcpy(port->interface_id, plugged->interface_id, sizeof port->interface_id);
        port->mac = plugged->mac;
        port->id_random = false;
        vif_plan_host_mac(port);
    }
}

static void use_existing(struct vif_port *port)
{
    port->device = VIF_DEVICE_EXISTING;
    port->persistent = true;
}

/* Somebody else's macvtap, to be used as it is. But one with another address than the guest's would
 * pass on nothing that is for the guest; in passthrough mode all is passed on. */
static int settle_theirs(const struct vif_port *port, const struct link_info *link, char **errorp)
{
    char its[MAC_TEXT_SIZE];
    char guests[MAC_TEXT_SIZE];

    /* libvirt, too, takes a macvtap only where it is told to leave it as it is
     * (qemuInterfaceEthernetConnect() in src/qemu/qemu_interface.c). */
    if (port->managed) {
        return error_set(errorp, EEXIST,
                         "\"%s\" exists, and is a macvtap; to use it as it is, add managed='no' to "
                         "its <target>",
                         port->name);
    }
    if (link->macvtap_mode == MACVTAP_PASSTHROUGH || mac_equal(&link->mac, &port->mac)) {
        return 0;
    }
    mac_format(&link->mac, its);
    return error_set(errorp, EINVAL,
                     "the macvtap \"%s\" passes on what is for %s, and the guest has %s; add "
                     "<mac address='%s'/>",
                     port->name, its, mac_format(&port->mac, guests), its);
}

/* Finds out whether the device is to be made, or is there already. */
static int settle_device(struct vif_port *port, const struct vif_sight *sight, char **errorp)
{
    if (port->device == VIF_DEVICE_BY_QEMU) {
        return 0;
    }
    if (is_ours(port, sight)) {
        if (sight->record.port.device == VIF_DEVICE_EXISTING && sight->has_link) {
            use_existing(port);
        }
        return 0;
    }
    if (sight->has_record) {
        if (port->name_generated) {
            return next_name(port, errorp);
        }
        return error_set(errorp, EEXIST, "\"%s\" is plugged already, as interface %s%s%s",
                         port->name, sight->record.port.interface_id,
                         sight->record.port.domain_name ? " of domain " : "",
                         sight->record.port.domain_name ? sight->record.port.domain_name : "");
    }
    if (!sight->has_link) {
        return port->managed
                   ? 0
                   : error_set(errorp, ENOENT,
                               "managed='no', but there is no device \"%s\"; make it first, or "
                               "remove managed='no'",
                               port->name);
    }
    if (port->name_generated) {
        return next_name(port, errorp);
    }
    if (port->attachment != VIF_ATTACH_NONE) {
        return error_set(
            errorp, EEXIST,
            "a device \"%s\" exists already, and is not vifplug's; choose another <target "
            "dev>",
            port->name);
    }
    if (str_eq(sight->link.kind, "macvtap")) {
        int error = settle_theirs(port, &sight->link, errorp);

        if (error) {
            return error;
        }
    } else if (!str_eq(sight->link.kind, "tun")) {
        const char *kind = sight->link.kind;

        return error_set(errorp, EEXIST, "\"%s\" exists, but it is %s%s%snot a tap", port->name,
                         kind[0] ? "a " : "", kind, kind[0] ? " and " : "");
    }
    use_existing(port);
    return 0;
}

/* Finds out whether the switch or lower device of the present path can be used. */
static int settle_path(struct vif_port *port, struct vif_view *view, const struct vif_sight *sight,
                       char **errorp)
{
    if (port->attachment == VIF_ATTACH_LOWER) {
        return vif_plan_lower_settle(port, view, sight, errorp);
    }
    if (port->bridge && port->attachment != VIF_ATTACH_LINUX_BRIDGE) {
        settle_mtu(port, sight);
        return settle_bridge(port, view, sight, errorp);
    }
    return 0;
}

/* What is plugged stays on the path that it is on. */
static bool is_on_other_path(const struct vif_port *port, const struct vif_sight *sight)
{
    return port->alternative && is_ours(port, sight) && sight->has_link &&
           sight->record.state == VIF_PLUGGED && sight->record.port.device != port->device &&
           sight->record.port.device == port->alternative->device;
}

static int settle_port(struct vif_port *port, struct vif_view *view, const struct vif_sight *sight,
                       char **errorp)
{
    auto_free char *sentence = NULL;

    take_identity(port, sight);
    if (is_on_other_path(port, sight)) {
        vif_plan_path_take_other(port, "it is plugged so already");
        return -EAGAIN;
    }
    int error = settle_path(port, view, sight, &sentence);
    if (error && port->alternative) {
        vif_plan_path_take_other(port, sentence);
        return -EAGAIN;
    }
    if (error) {
        return vif_plan_path_fail(port, error, sentence, errorp);
    }
    vif_plan_path_keep(port);
    return settle_device(port, sight, errorp);
}

int vif_plan_settle(struct vif_plan *plan, struct vif_view *view, char **errorp)
{
    int result = 0;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct vif_port *port = &plan->ports[i];
        int error = settle_port(port, view, &view->sights[i], errorp);

        if (error == -EAGAIN) {
            result = -EAGAIN;
        } else if (error) {
            return error_wrap(errorp, error, "%s", port->where);
        }
    }
    return result;
}
