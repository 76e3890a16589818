/* From wishes to a draft: all that can be decided, and refused, without a look at the host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "netdev/macvtap.h"
#include "netdev/tap.h"
#include "vif/identity.h"
#include "vif/plan-lower.h"
#include "vif/plan-path.h"
#include "vif/plan-vlan.h"
#include "vif/plan.h"

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

static int check_limits(const struct vif_port *port, const char *what, unsigned max_mtu,
                        unsigned max_queues, char **errorp)
{
    if (port->mtu && (port->mtu < TAP_MIN_MTU || port->mtu > max_mtu)) {
        return error_set(errorp, EINVAL, "MTU %u is out of range; a %s takes %d to %u", port->mtu,
                         what, TAP_MIN_MTU, max_mtu);
    }
    if (port->n_queues > max_queues) {
        return error_set(errorp, EINVAL, "%u queues are too many; a %s has at most %u",
                         port->n_queues, what, max_queues);
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
    vif_plan_host_mac(port);
    if (port->device == VIF_DEVICE_MACVTAP) {
        return check_limits(port, "macvtap", MACVTAP_MAX_MTU, MACVTAP_MAX_QUEUES, errorp);
    }
    return check_limits(port, "tap", TAP_MAX_MTU, TAP_MAX_QUEUES, errorp);
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
        error = vif_plan_reconnect(draft->wish->spec, spec, port, errorp);
    }
    if (!error) {
        error = vif_plan_vlan(&spec->vlan, port, errorp);
    }
    if (!error) {
        error = vif_plan_bandwidth(&spec->bandwidth, port, errorp);
    }
    return error;
}

/* Drafts the macvtap that a network names beside its bridge. */
static int draft_alternative(const struct draft *draft, struct vif_port *port, char **errorp)
{
    struct draft other = *draft;
    struct vif_spec actual;
    int error = vif_network_resolve_alternative(draft->network, draft->wish->spec, &actual, errorp);

    if (!error) {
        other.spec = &actual;
        error = draft_port(&other, port, errorp);
        port->needs_reflection = port->mode == MACVTAP_VEPA;
        vif_spec_clear(&actual);
    }
    return error;
}

/* Drafts the bridge of a network and, where it names that, the macvtap beside it. */
static int draft_paths(const struct draft *draft, struct vif_port *port, char **errorp)
{
    const struct vif_network *network = draft->network;
    struct vif_plan_path bridge = {.port = {.where = str_dup(draft->wish->where)}};
    struct vif_plan_path lower = {.port = {.where = str_dup(draft->wish->where)}};

    bridge.error = draft_port(draft, &bridge.port, &bridge.sentence);
    lower.error = draft_alternative(draft, &lower.port, &lower.sentence);
    vif_port_clear(port);
    return network->alternative.preferred ? vif_plan_paths(&lower, &bridge, port, errorp)
                                          : vif_plan_paths(&bridge, &lower, port, errorp);
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
    if (error) {
        return error;
    }
    draft->spec = &actual;
    if (draft->network->alternative.dev) {
        error = draft_paths(draft, port, errorp);
    } else {
        error = draft_port(draft, port, errorp);
    }
    if (!error && draft->network->extbridge_ignored) {
        vif_port_note(port, "of network \"%s\" only <extbridge> counts; ignored: %s",
                      draft->network->name, draft->network->extbridge_ignored);
    }
    draft->spec = draft->wish->spec;
    vif_spec_clear(&actual);
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
