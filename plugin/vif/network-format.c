/* Writing a <network>: as spec-format.c does for an interface, in the order of
 * virNetworkDefFormatBuf() in libvirt's src/conf/network_conf.c. */
#include <libxml/tree.h>

#include "base/mem.h"
#include "vif/bandwidth.h"
#include "vif/network.h"
#include "vif/parts.h"
#include "vif/virtualport.h"
#include "vif/vlan.h"
#include "vif/xml.h"

static void write_name(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    xml_set_text(node, network->name);
}

static void write_uuid(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    xml_set_text(node, network->uuid);
}

static xmlNode *find_lower(const xmlNode *forward, const char *dev)
{
    xmlNode *node = xml_child(forward, "interface");

    for (; node; node = xml_next(node)) {
        auto_free char *name = xml_attribute(node, "dev");

        if (str_eq(name, dev)) {
            break;
        }
    }
    return node;
}

/* With <extbridge> what there is of <forward>, <bridge>, <mtu> and <virtualport> was not read, and
 * stays. */
static void write_forward(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    if (network->extbridge_dev) {
        return;
    }
    xml_set(node, "mode", network->forward_mode);
    if (network->n_lowers) {
        xml_set(node, "dev", network->lowers[0]);
    }
    for (size_t i = 0; i < network->n_lowers; i++) {
        if (!find_lower(node, network->lowers[i])) {
            xml_set(xml_add(node, "interface"), "dev", network->lowers[i]);
        }
    }
}

static void write_bridge(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    if (!network->extbridge_dev) {
        xml_set(node, "name", network->bridge);
    }
}

static void write_mtu(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    if (!network->extbridge_dev) {
        xml_set_number(node, "size", network->mtu);
    }
}

static void write_extbridge(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    xml_set(node, "mode", network->extbridge_mode);
    xml_set(node, "dev", network->extbridge_dev);
}

static void write_vlan(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    vif_vlan_write(&network->vlan, node);
}

static void write_port(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    xml_set_tristate(node, "isolated", network->isolated);
}

static void write_virtualport(const void *what, xmlNode *node)
{
    const struct vif_network *network = what;

    if (!network->extbridge_dev) {
        vif_virtualport_write(&network->virtualport, node);
    }
}

static const struct xml_part parts[] = {
    {"name", write_name, false},     {"uuid", write_uuid, false},
    {"metadata", NULL, false},       {"forward", write_forward, false},
    {"bridge", write_bridge, false}, {"extbridge", write_extbridge, false},
    {"mtu", write_mtu, false},       {"mac", NULL, false},
    {"domain", NULL, false},         {"dns", NULL, false},
    {"vlan", write_vlan, false},     {"bandwidth", NULL, false},
    {"port", write_port, false},     {"ip", NULL, true},
    {"route", NULL, true},           {"virtualport", write_virtualport, false},
    {"portgroup", NULL, true},
};

static void write_portgroup_vlan(const void *what, xmlNode *node)
{
    const struct vif_portgroup *portgroup = what;

    vif_vlan_write(&portgroup->vlan, node);
}

static void write_portgroup_virtualport(const void *what, xmlNode *node)
{
    const struct vif_portgroup *portgroup = what;

    vif_virtualport_write(&portgroup->virtualport, node);
}

static void write_portgroup_bandwidth(const void *what, xmlNode *node)
{
    const struct vif_portgroup *portgroup = what;

    vif_bandwidth_write(&portgroup->bandwidth, node);
}

static const struct xml_part portgroup_parts[] = {
    {"vlan", write_portgroup_vlan, false},
    {"virtualport", write_portgroup_virtualport, false},
    {"bandwidth", write_portgroup_bandwidth, false},
};

static xmlNode *format_portgroup(const struct vif_portgroup *portgroup, const xmlNode *kept)
{
    xmlNode *node = xml_write_parts("portgroup", portgroup_parts, ARRAY_LEN(portgroup_parts),
                                    portgroup, kept);

    xml_set(node, "name", portgroup->name);
    xml_set(node, "default", portgroup->is_default ? "yes" : NULL);
    xml_set_tristate(node, "trustGuestRxFilters", portgroup->trust_guest_rx_filters);
    return node;
}

/* The portgroups were carried over as they are, one for each in the fields. */
static void write_portgroups(const struct vif_network *network, xmlNode *element)
{
    xmlNode *kept = xml_child(element, "portgroup");

    for (size_t i = 0; i < network->n_portgroups && kept; i++) {
        xmlNode *next = xml_next(kept);

        xmlReplaceNode(kept, format_portgroup(&network->portgroups[i], kept));
        xmlFreeNode(kept);
        kept = next;
    }
}

xmlNode *vif_network_format(const struct vif_network *network)
{
    xmlNode *element = xml_write_parts("network", parts, ARRAY_LEN(parts), network,
                                       network->element);

    xml_set_tristate(element, "trustGuestRxFilters", network->trust_guest_rx_filters);
    write_portgroups(network, element);
    xml_lay_out(element, "");
    return element;
}
