#include "vif/plan-lower.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "vif/model.h"

/* Refuses what needs a switch between the guest and the wire, where a macvtap has none. */
static int check_spec(const struct vif_spec *spec, char **errorp)
{
    const char *virtualport = spec->virtualport.present ? spec->virtualport.type : NULL;

    if (str_eq(virtualport, "openvswitch")) {
        return error_set(errorp, EINVAL,
                         "<virtualport type='openvswitch'> needs a bridge, and a macvtap is on "
                         "none; remove it, or use type='bridge'");
    }
    if (str_eq(virtualport, "802.1Qbg")) {
        return error_set(errorp, EOPNOTSUPP,
                         "<virtualport type='802.1Qbg'> is not supported: lldpad would have to "
                         "associate the interface with the switch; for plain VEPA remove it");
    }
    if (virtualport) {
        return error_set(errorp, EOPNOTSUPP,
                         "<virtualport type='%s'> is not supported on a macvtap", virtualport);
    }
    if (spec->bandwidth.present) {
        return error_set(errorp, EOPNOTSUPP,
                         "<bandwidth> is not supported with macvtap, where no Open vSwitch limits "
                         "the rate; remove it, or use an Open vSwitch bridge");
    }
    if (spec->isolated == VIF_YES) {
        return error_set(errorp, EINVAL,
                         "<port isolated='yes'/> needs a bridge, and a macvtap is on none; "
                         "mode='private' keeps guests on one device apart: none gets what another "
                         "sends but by a switch that reflects it");
    }
    if (spec->target_mode_given && spec->target_mode == VIF_TARGET_IFNAME) {
        return error_set(errorp, EINVAL,
                         "<target mode='ifname'> leaves the device to QEMU, which cannot make a "
                         "macvtap; remove it");
    }
    return 0;
}

static int check_vlan(const struct vif_vlan *vlan, char **errorp)
{
    if (vlan->trunk) {
        return error_set(errorp, EINVAL,
                         "a macvtap cannot be a trunk port: nothing between the guest and the wire "
                         "filters VLAN tags there; without <vlan> all of them pass, with one <tag> "
                         "that one does, and for a trunk use an Open vSwitch bridge");
    }
    if (vlan->n_tags && vlan->tags[0].id == 0) {
        return error_set(errorp, EINVAL,
                         "VLAN 0 is no VLAN, so a macvtap cannot be on it; remove <vlan> for "
                         "frames without a tag");
    }
    return 0;
}

static int choose_mode(const char *mode, struct vif_port *port, char **errorp)
{
    port->mode_auto = str_eq(mode, "auto");
    if (port->mode_auto) {
        return 0;
    }
    port->mode = macvtap_mode_of(mode ? mode : "vepa");
    return port->mode == MACVTAP_NO_MODE
               ? error_set(errorp, EINVAL, "mode \"%s\" is unknown; it must be one of " VIF_MODES,
                           mode)
               : 0;
}

static int add_lower(struct vif_port *port, const char *name, char **errorp)
{
    port->lowers = mem_resize(port->lowers, port->n_lowers + 1, sizeof *port->lowers);
    port->lowers[port->n_lowers++] = str_dup(name);
    return ifname_check(name, errorp);
}

static int choose_lowers(const struct vif_spec *spec, const struct vif_network *network,
                         struct vif_port *port, char **errorp)
{
    int error = 0;

    if (spec->source_dev) {
        return add_lower(port, spec->source_dev, errorp);
    }
    if (!network || !network->n_lowers) {
        return error_set(errorp, EINVAL, "no device is named; add <source dev=''/>");
    }
    for (size_t i = 0; i < network->n_lowers && !error; i++) {
        error = add_lower(port, network->lowers[i], errorp);
    }
    return error;
}

int vif_plan_lower_draft(const struct vif_spec *spec, const struct vif_network *network,
                         struct vif_port *port, char **errorp)
{
    int error = choose_lowers(spec, network, port, errorp);

    port->attachment = VIF_ATTACH_LOWER;
    if (!error) {
        error = check_spec(spec, errorp);
    }
    if (!error) {
        error = check_vlan(&spec->vlan, errorp);
    }
    return error ? error : choose_mode(spec->source_mode, port, errorp);
}

/* QEMU's hubs have neither (net/hub.c). */
static int check_hub(const struct vif_port *port, char **errorp)
{
    if (port->n_queues > 1) {
        return error_set(errorp, EINVAL,
                         "<reconnect strategy='hub'> does not go with %u queues, since QEMU's hub "
                         "has one; use one, or strategy='replug', which keeps them",
                         port->n_queues);
    }
    if (port->vhost == VIF_YES) {
        return error_set(errorp, EINVAL,
                         "<reconnect strategy='hub'> does not go with <driver name='vhost'>, since "
                         "QEMU's hub has none; remove that, or use strategy='replug'");
    }
    return 0;
}

int vif_plan_reconnect(const struct vif_spec *wish, const struct vif_spec *spec,
                       struct vif_port *port, char **errorp)
{
    port->strategy = VIF_STRATEGY_NONE;
    port->find = VIF_FIND_NAME;
    if (port->device != VIF_DEVICE_MACVTAP) {
        if (wish->strategy == VIF_STRATEGY_REPLUG || wish->strategy == VIF_STRATEGY_HUB ||
            wish->find) {
            vif_port_note(port, "<reconnect> is for macvtaps, and this is none; ignored");
        }
        return 0;
    }
    port->strategy = spec->strategy ? spec->strategy : VIF_STRATEGY_REPLUG;
    port->find = spec->find ? spec->find : port->n_lowers > 1 ? VIF_FIND_POOL : VIF_FIND_NAME;
    port->follows_mac = spec->trust_guest_rx_filters == VIF_YES;
    port->network = str_dup_or_null(spec->source_network);
    if (port->find == VIF_FIND_POOL && !port->network) {
        return error_set(errorp, EINVAL,
                         "<reconnect find='pool'> chooses among the devices of a network, and this "
                         "interface is on none; use type='network', or find='mac'");
    }
    return port->strategy == VIF_STRATEGY_HUB ? check_hub(port, errorp) : 0;
}

static bool may_go_to(const struct vif_port *port, const char *lower)
{
    for (size_t i = 0; i < port->n_lowers; i++) {
        if (str_eq(port->lowers[i], lower)) {
            return true;
        }
    }
    return false;
}

bool vif_plan_lower_is_kept(const struct vif_port *port, const struct vif_sight *sight)
{
    const struct vif_record *record = &sight->record;

    return port->device == VIF_DEVICE_MACVTAP && sight->has_record && sight->has_link &&
           record->state == VIF_PLUGGED && record->port.device == VIF_DEVICE_MACVTAP &&
           str_eq(record->port.interface_id, port->interface_id) &&
           may_go_to(port, record->port.lower);
}

int vif_plan_lower_settle(struct vif_port *port, struct vif_view *view,
                          const struct vif_sight *sight, char **errorp)
{
    if (!vif_plan_lower_is_kept(port, sight)) {
        return vif_lower_choose(port, &view->lowers, errorp);
    }
    str_assign(&port->lower, sight->record.port.lower);
    port->needs_reflection = false;
    if (port->mode_auto) {
        port->mode = sight->record.port.mode;
    }
    if (!port->mtu) {
        port->mtu = sight->record.port.mtu;
    }
    return 0;
}
