#include "vif/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "netdev/tap.h"
#include "vif/identity.h"
#include "vif/plan-lower.h"
#include "vif/plan-vlan.h"

/* The least MTU is ETH_MIN_MTU of linux/if_ether.h. A tap takes MAX_MTU of drivers/net/tun.c less
 * the Ethernet header, a macvtap ETH_MAX_MTU of linux/if_ether.h. */
#define MTU_MIN         68
#define MTU_MAX         65521
#define MACVTAP_MTU_MAX 65535

/* One wish at one of the paths that its network, if any, names for it. */
struct draft {
    const struct vif_wish *wish;
    const struct vif_spec *spec;       /* what the wish stands for, its network resolved */
    const struct vif_network *network; /* or NULL */
    size_t index;                      /* of the wish among those of its domain */
    const struct vif_plan_options *options;
};

void vif_plan_clear(struct vif_plan *plan)
{
    for (size_t i = 0; i < plan->n_ports; i++) {
        vif_port_clear(&plan->ports[i]);
    }
    free(plan->ports);
    memset(plan, 0, sizeof *plan);
}

/* Whether QEMU's NIC of that model speaks virtio_net_hdr to its backend. libvirt has the same list
 * (virDomainNetGetModelString() users in src/qemu/qemu_interface.c). */
static bool model_uses_vnet_hdr(const char *model)
{
    static const char *const models[] = {
        "virtio", "virtio-transitional", "virtio-non-transitional", "e1000e", "igb", "vmxnet3"};

    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        if (str_eq(model, models[i])) {
            return true;
        }
    }
    return false;
}

static int choose_attachment(const struct draft *draft, struct vif_port *port, char **errorp)
{
    const struct vif_spec *spec = draft->spec;
    bool virtualport = spec->virtualport.present && spec->virtualport.type;

    if (spec->type == VIF_TYPE_DIRECT) {
        return vif_plan_lower_draft(spec, draft->network, port, errorp);
    }
    if (virtualport && !str_eq(spec->virtualport.type, "openvswitch")) {
        return error_set(errorp, EOPNOTSUPP,
                         "<virtualport type='%s'> is not supported; vifplug knows 'openvswitch'",
                         spec->virtualport.type);
    }
    if (spec->type == VIF_TYPE_BRIDGE) {
        if (!spec->source_bridge) {
            return error_set(errorp, EINVAL, "no bridge is named; add <source bridge=''/>");
        }
        port->bridge = str_dup(spec->source_bridge);
        port->attachment = VIF_ATTACH_OVS;
        port->attachment_open = !virtualport;
        return 0;
    }
    if (spec->type == VIF_TYPE_ETHERNET) {
        if (virtualport || spec->vlan.n_tags || spec->bandwidth.present ||
            spec->isolated == VIF_YES) {
            return error_set(
                errorp, EINVAL,
                "%s cannot go with type='ethernet', which is attached to no bridge; use "
                "type='bridge'",
                virtualport               ? "<virtualport>"
                : spec->vlan.n_tags       ? "<vlan>"
                : spec->bandwidth.present ? "<bandwidth>"
                                          : "<port isolated='yes'/>");
        }
        port->attachment = VIF_ATTACH_NONE;
        return 0;
    }
    return error_set(errorp, EOPNOTSUPP, "type='%s' cannot be plugged by vifplug",
                     spec->type_name ? spec->type_name : "");
}

static void choose_identity(const struct draft *draft, struct vif_port *port)
{
    const struct vif_wish *wish = draft->wish;
    const struct vif_spec *spec = draft->spec;

    port->domain_name = str_dup_or_null(wish->domain_name);
    port->domain_uuid = str_dup_or_null(wish->domain_uuid);
    if (spec->virtualport.interface_id) {
        strncpy(port->interface_id, spec->virtualport.interface_id, sizeof port->interface_id - 1);
    } else {
        vif_identity_make(wish->domain_uuid, spec->has_mac ? &spec->mac : NULL, draft->index,
                          port->interface_id);
        port->id_random = !wish->domain_uuid && !spec->has_mac;
    }
    port->profile_id = str_dup_or_null(spec->virtualport.profile_id);
    port->mac = spec->has_mac ? spec->mac : vif_identity_mac(port->interface_id);
}

/* A tap stands for the switch's side of the cable; a macvtap has the guest's address, since the
 * lower device passes on by it what is for the guest. */
static void choose_host_mac(struct vif_port *port)
{
    bool macvtap = port->device == VIF_DEVICE_MACVTAP;

    port->host_mac = macvtap ? port->mac : mac_host_side(&port->mac);
}

static int choose_name(const struct vif_spec *spec, struct vif_port *port, char **errorp)
{
    /* A name that libvirt generated is not meant: in a live domain's XML it is the one that the
     * guest has now. */
    bool named = spec->target && (spec->managed == VIF_NO || !ifname_is_libvirts(spec->target));

    if (!named) {
        if (spec->managed == VIF_NO) {
            return error_set(errorp, EINVAL,
                             "managed='no' needs the name of a device; add it as "
                             "<target dev='' managed='no'/>");
        }
        port->name_generated = true;
        return ifname_generate(port->interface_id, 0, port->name);
    }
    int error = ifname_check(spec->target, errorp);
    if (!error) {
        str_copy(port->name, sizeof port->name, spec->target);
    }
    return error;
}

/* Refuses what no device of that kind has. */
static int check_device(const struct vif_port *port, char **errorp)
{
    bool macvtap = port->device == VIF_DEVICE_MACVTAP;
    unsigned most = macvtap ? MACVTAP_MTU_MAX : MTU_MAX;

    if (port->mtu && (port->mtu < MTU_MIN || port->mtu > most)) {
        return error_set(errorp, EINVAL, "MTU %u is out of range; a %s takes %d to %u", port->mtu,
                         macvtap ? "macvtap" : "tap", MTU_MIN, most);
    }
    /* MAX_TAP_QUEUES of include/linux/if_tap.h limits both. */
    if (port->n_queues > TAP_MAX_QUEUES) {
        return error_set(errorp, EINVAL, "%u queues are too many; a %s has at most %d",
                         port->n_queues, macvtap ? "macvtap" : "tap", TAP_MAX_QUEUES);
    }
    return 0;
}

static int choose_device(const struct vif_spec *spec, const struct vif_plan_options *options,
                         struct vif_port *port, char **errorp)
{
    port->device = port->attachment == VIF_ATTACH_LOWER ? VIF_DEVICE_MACVTAP : VIF_DEVICE_TAP;
    if (spec->target_mode_given && spec->target_mode == VIF_TARGET_IFNAME) {
        if (port->attachment != VIF_ATTACH_NONE) {
            return error_set(errorp, EINVAL,
                             "<target mode='ifname'> leaves the device to QEMU, so only "
                             "type='ethernet' can have it");
        }
        port->device = VIF_DEVICE_BY_QEMU;
    }
    port->managed = spec->managed != VIF_NO && port->device != VIF_DEVICE_BY_QEMU;
    port->persistent = options->persistent && port->device != VIF_DEVICE_BY_QEMU;
    port->owner = options->owner;
    port->group = options->group;
    port->transient = options->transient;
    port->isolated = spec->isolated == VIF_YES;
    port->script = str_dup_or_null(spec->script);
    port->downscript = str_dup_or_null(spec->downscript);
    port->model = str_dup(spec->model ? spec->model : "virtio");
    port->vhost = spec->vhost;
    port->link_down = spec->link_down;
    port->alias = str_dup_or_null(spec->alias);
    port->vnet_hdr = model_uses_vnet_hdr(port->model);
    port->mtu = spec->mtu;
    port->n_queues = spec->n_queues ? spec->n_queues : 1;
    choose_host_mac(port);
    return check_device(port, errorp);
}

static int draft_port(const struct draft *draft, struct vif_port *port, char **errorp)
{
    const struct vif_spec *spec = draft->spec;
    int error = choose_attachment(draft, port, errorp);

    if (!error && spec->has_mac) {
        error = mac_check_guest(&spec->mac, errorp);
    }
    if (!error) {
        choose_identity(draft, port);
        error = choose_name(spec, port, errorp);
    }
    if (!error) {
        error = choose_device(spec, draft->options, port, errorp);
    }
    if (!error) {
        error = vif_plan_vlan(&spec->vlan, port, errorp);
    }
    if (!error) {
        error = vif_plan_bandwidth(&spec->bandwidth, port, errorp);
    }
    return error;
}

static int draft_network(struct draft *draft, struct vif_networks *networks, struct vif_port *port,
                         char **errorp)
{
    struct vif_spec actual;
    int error = vif_networks_find(networks, draft->wish->spec->source_network, &draft->network,
                                  errorp);

    if (!error) {
        error = vif_network_resolve(draft->network, draft->wish->spec, &actual, errorp);
    }
    if (!error) {
        draft->spec = &actual;
        error = draft_port(draft, port, errorp);
        vif_spec_clear(&actual);
    }
    return error;
}

static int draft_wish(const struct vif_wish *wish, size_t index, struct vif_networks *networks,
                      const struct vif_plan_options *options, struct vif_port *port, char **errorp)
{
    struct draft draft = {.wish = wish, .spec = wish->spec, .index = index, .options = options};

    port->where = str_dup(wish->where);
    return wish->spec->type == VIF_TYPE_NETWORK ? draft_network(&draft, networks, port, errorp)
                                                : draft_port(&draft, port, errorp);
}

/* Two ports that would have one device, or one id. */
static int check_distinct(const struct vif_plan *plan, size_t i, char **errorp)
{
    const struct vif_port *port = &plan->ports[i];

    for (size_t j = 0; j < i; j++) {
        const struct vif_port *other = &plan->ports[j];

        if (str_eq(port->interface_id, other->interface_id)) {
            return error_set(
                errorp, EINVAL,
                "it has the same interface id, %s, as %s; each interface needs its own",
                port->interface_id, other->where);
        }
        if (str_eq(port->name, other->name)) {
            return error_set(errorp, EINVAL,
                             "it has the same target, \"%s\", as %s; each interface needs its own",
                             port->name, other->where);
        }
    }
    return 0;
}

/* The position of a wish among those of its domain, whatever else is wished besides them. */
static size_t position_in_domain(const struct vif_wish *wishes, size_t i)
{
    size_t position = 0;

    for (size_t j = 0; j < i; j++) {
        position += str_eq(wishes[j].domain_uuid, wishes[i].domain_uuid) ? 1 : 0;
    }
    return position;
}

int vif_plan_draft(const struct vif_wish *wishes, size_t n, struct vif_networks *networks,
                   const struct vif_plan_options *options, struct vif_plan *plan, char **errorp)
{
    plan->ports = mem_resize(NULL, n, sizeof *plan->ports);
    memset(plan->ports, 0, n * sizeof *plan->ports);
    plan->n_ports = n;
    for (size_t i = 0; i < n; i++) {
        int error = draft_wish(&wishes[i], position_in_domain(wishes, i), networks, options,
                               &plan->ports[i], errorp);

        if (!error) {
            error = check_distinct(plan, i, errorp);
        }
        if (error) {
            error_wrap(errorp, error, "%s", wishes[i].where);
            vif_plan_clear(plan);
            return error;
        }
    }
    return 0;
}

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
        sight->bridge_link.mtu <= MTU_MAX) {
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
        choose_host_mac(port);
    }
}

static void use_existing(struct vif_port *port)
{
    port->device = VIF_DEVICE_EXISTING;
    port->persistent = true;
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
        /* libvirt, too, takes a macvtap only where it is told to leave it as it is
         * (qemuInterfaceEthernetConnect() in src/qemu/qemu_interface.c). */
        if (port->managed) {
            return error_set(errorp, EEXIST,
                             "\"%s\" exists, and is a macvtap; to use it as it is, add "
                             "managed='no' to its <target>",
                             port->name);
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

static int settle_port(struct vif_port *port, struct vif_view *view, const struct vif_sight *sight,
                       char **errorp)
{
    take_identity(port, sight);
    int error = settle_path(port, view, sight, errorp);

    return error ? error : settle_device(port, sight, errorp);
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
