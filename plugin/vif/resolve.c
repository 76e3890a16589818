/* From an interface on a network to the interface that is meant, by libvirt's rules of inheritance:
 * networkAllocatePort() in its src/network/bridge_driver.c. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/network.h"
#include "vif/virtualport.h"
#include "vif/vlan.h"

/* ", "-joined names of the portgroups; caller frees. */
static char *list_portgroups(const struct vif_network *network)
{
    char *text = str_dup("");

    for (size_t i = 0; i < network->n_portgroups; i++) {
        char *longer = str_printf("%s%s%s", text, i ? ", " : "", network->portgroups[i].name);

        free(text);
        text = longer;
    }
    return text;
}

/* The portgroup of that name, or the default one where none is named; *portgroup is NULL where
 * there is no default. libvirt overlooks a name that does not exist; that would be an interface
 * without its VLAN. */
static int find_portgroup(const struct vif_network *network, const char *name,
                          const struct vif_portgroup **portgroup, char **errorp)
{
    *portgroup = NULL;
    for (size_t i = 0; i < network->n_portgroups; i++) {
        const struct vif_portgroup *candidate = &network->portgroups[i];

        if (name ? strcmp(candidate->name, name) == 0 : candidate->is_default) {
            *portgroup = candidate;
            return 0;
        }
    }
    if (!name) {
        return 0;
    }

    auto_free char *there = list_portgroups(network);

    return error_set(errorp, ENOENT, "network \"%s\" has no portgroup \"%s\"; portgroups: %s",
                     network->name, name, *there ? there : "none");
}

/* VLAN tags are not mixed: the first of interface, portgroup and network that has any. */
static void inherit_vlan(struct vif_spec *actual, const struct vif_network *network,
                         const struct vif_portgroup *portgroup)
{
    if (actual->vlan.n_tags) {
        return;
    }
    if (portgroup && portgroup->vlan.n_tags) {
        vif_vlan_copy(&actual->vlan, &portgroup->vlan);
    } else {
        vif_vlan_copy(&actual->vlan, &network->vlan);
    }
}

static void inherit_flags(struct vif_spec *actual, const struct vif_network *network,
                          const struct vif_portgroup *portgroup)
{
    if (!actual->trust_guest_rx_filters && portgroup) {
        actual->trust_guest_rx_filters = portgroup->trust_guest_rx_filters;
    }
    if (!actual->trust_guest_rx_filters) {
        actual->trust_guest_rx_filters = network->trust_guest_rx_filters;
    }
    if (!actual->isolated) {
        actual->isolated = network->isolated;
    }
    if (!actual->strategy) {
        actual->strategy = network->strategy;
    }
    if (!actual->find) {
        actual->find = network->find;
    }
    if (!actual->bandwidth.present && portgroup) {
        actual->bandwidth = portgroup->bandwidth;
    }
    /* Not on a network's port in libvirt, but the same in effect: there the bridge has the MTU, and
     * the tap takes the bridge's. */
    if (!actual->mtu && !network->extbridge_dev) {
        actual->mtu = network->mtu;
    }
}

static int inherit_virtualport(struct vif_spec *actual, const struct vif_network *network,
                               const struct vif_portgroup *portgroup, char **errorp)
{
    auto_free char *of_network = str_printf("network \"%s\"", network->name);
    int error = vif_virtualport_merge(&actual->virtualport, &network->virtualport, of_network,
                                      errorp);

    if (!error && portgroup) {
        auto_free char *of_portgroup = str_printf("portgroup \"%s\" of network \"%s\"",
                                                  portgroup->name, network->name);

        error = vif_virtualport_merge(&actual->virtualport, &portgroup->virtualport, of_portgroup,
                                      errorp);
    }
    return error ? error : vif_virtualport_check_complete(&actual->virtualport, errorp);
}

static void set_type(struct vif_spec *actual, enum vif_type type, const char *name)
{
    actual->type = type;
    str_assign(&actual->type_name, name);
}

static int become_bridge(struct vif_spec *actual, const struct vif_network *network)
{
    set_type(actual, VIF_TYPE_BRIDGE, "bridge");
    str_assign(&actual->source_bridge, network->bridge);
    return 0;
}

static int become_direct(struct vif_spec *actual, const char *dev, const char *mode)
{
    set_type(actual, VIF_TYPE_DIRECT, "direct");
    str_assign(&actual->source_dev, dev);
    str_assign(&actual->source_mode, mode);
    return 0;
}

/* Makes `actual` the type that the network is for. */
static int connect_it(struct vif_spec *actual, const struct vif_network *network, char **errorp)
{
    const char *mode = network->forward_mode;

    if (network->extbridge_dev) {
        return become_direct(actual, network->extbridge_dev, network->extbridge_mode);
    }
    if (mode && strcmp(mode, "hostdev") == 0) {
        return error_set(errorp, EINVAL,
                         "network \"%s\" passes PCI devices to guests (<forward mode='hostdev'>), "
                         "which vifplug has no part in",
                         network->name);
    }
    if (network->bridge) {
        return become_bridge(actual, network);
    }
    if (!mode || (strcmp(mode, "bridge") != 0 && strcmp(mode, "vepa") != 0 &&
                  strcmp(mode, "private") != 0 && strcmp(mode, "passthrough") != 0)) {
        return error_set(errorp, EINVAL, "network \"%s\" lacks its <bridge name=''>",
                         network->name);
    }
    if (!network->n_lowers && network->forward_pf) {
        return error_set(errorp, EOPNOTSUPP,
                         "network \"%s\" takes the virtual functions of \"%s\" (<pf dev=''>), "
                         "which is not supported; list their devices as <interface dev=''/>",
                         network->name, network->forward_pf);
    }
    if (!network->n_lowers) {
        return error_set(errorp, EINVAL,
                         "network \"%s\" has <forward mode='%s'>, but neither a bridge nor a "
                         "device to forward to",
                         network->name, mode);
    }
    return become_direct(actual, network->n_lowers == 1 ? network->lowers[0] : NULL, mode);
}

/* Whether libvirt itself runs the bridge, and routes or isolates it. */
static bool is_routed(const struct vif_network *network)
{
    const char *mode = network->forward_mode;

    return !network->extbridge_dev && (!mode || strcmp(mode, "nat") == 0 ||
                                       strcmp(mode, "route") == 0 || strcmp(mode, "open") == 0);
}

/* Which virtualport goes with which kind of network. */
static int check_virtualport(const struct vif_spec *actual, const struct vif_network *network,
                             char **errorp)
{
    const char *type = actual->virtualport.type;
    bool is_direct_type = type && strncmp(type, "802.1Q", 6) == 0;
    const char *what;

    if (!type) {
        return 0;
    }
    if (is_routed(network)) {
        what = "which is routed by libvirt";
    } else if (actual->type == VIF_TYPE_BRIDGE && strcmp(type, "openvswitch") != 0) {
        what = "which uses a bridge";
    } else if (actual->type == VIF_TYPE_DIRECT && !is_direct_type) {
        what = "which uses macvtap";
    } else {
        return 0;
    }
    return error_set(errorp, EINVAL, "<virtualport type='%s'> does not go with network \"%s\", %s",
                     type, network->name, what);
}

/* What may stand on an interface of type='network' as long as it is not known which it is. */
static int check_actual(const struct vif_spec *actual, const struct vif_network *network,
                        char **errorp)
{
    if (actual->bandwidth.inbound.floor_kBps && !is_routed(network)) {
        return error_set(errorp, EINVAL,
                         "<inbound floor=''> does not go with network \"%s\", which is not routed "
                         "by libvirt",
                         network->name);
    }
    if (actual->isolated == VIF_YES && actual->type == VIF_TYPE_DIRECT) {
        return error_set(errorp, EINVAL,
                         "<port isolated='yes'> does not go with network \"%s\", which uses "
                         "macvtap; there mode='private' keeps guests apart",
                         network->name);
    }
    return check_virtualport(actual, network, errorp);
}

/* Of the virtualport only the ids go with a macvtap: the type is that of the bridge. */
static void drop_virtualport_type(struct vif_virtualport *virtualport)
{
    if (str_eq(virtualport->type, "openvswitch")) {
        str_assign(&virtualport->type, NULL);
    }
}

static int connect_alternative(struct vif_spec *actual, const struct vif_network *network)
{
    drop_virtualport_type(&actual->virtualport);
    return become_direct(actual, network->alternative.dev, network->alternative.mode);
}

static int resolve(const struct vif_network *network, const struct vif_spec *spec, bool alternative,
                   struct vif_spec *actual, char **errorp)
{
    const struct vif_portgroup *portgroup;
    struct vif_spec new;
    int error = find_portgroup(network, spec->source_portgroup, &portgroup, errorp);

    if (error) {
        return error;
    }
    vif_spec_copy(&new, spec);
    inherit_vlan(&new, network, portgroup);
    inherit_flags(&new, network, portgroup);
    error = inherit_virtualport(&new, network, portgroup, errorp);
    if (!error) {
        error = alternative ? connect_alternative(&new, network)
                            : connect_it(&new, network, errorp);
    }
    if (!error) {
        error = check_actual(&new, network, errorp);
    }
    if (error) {
        vif_spec_clear(&new);
        return error;
    }
    *actual = new;
    return 0;
}

int vif_network_resolve(const struct vif_network *network, const struct vif_spec *spec,
                        struct vif_spec *actual, char **errorp)
{
    return resolve(network, spec, false, actual, errorp);
}

int vif_network_resolve_alternative(const struct vif_network *network, const struct vif_spec *spec,
                                    struct vif_spec *actual, char **errorp)
{
    return resolve(network, spec, true, actual, errorp);
}
