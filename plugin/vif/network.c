#include "vif/network.h"

#include <errno.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/bandwidth.h"
#include "vif/document.h"
#include "vif/metadata.h"
#include "vif/model.h"
#include "vif/uuidtext.h"
#include "vif/virtualport.h"
#include "vif/vlan.h"
#include "vif/xml.h"

static int parse_name(const xmlNode *node, struct vif_network *network, char **errorp)
{
    const xmlNode *name = xml_child(node, "name");

    network->name = name ? xml_text(name) : NULL;
    if (!network->name) {
        return error_set(errorp, EINVAL, "<network> lacks its <name>");
    }
    if (strpbrk(network->name, "/\n")) {
        return error_set(errorp, EINVAL, "<name>%s</name>: '/' and newlines are not allowed",
                         network->name);
    }
    return 0;
}

static int parse_uuid(const xmlNode *node, struct vif_network *network, char **errorp)
{
    const xmlNode *uuid = xml_child(node, "uuid");
    auto_free char *text = uuid ? xml_text(uuid) : NULL;
    char normal[UUID_TEXT_SIZE];

    if (!uuid) {
        return 0;
    }
    if (!text || !uuid_normalize(text, normal)) {
        return error_set(errorp, EINVAL, "<uuid>%s</uuid> is not a UUID", text ? text : "");
    }
    network->uuid = str_dup(normal);
    return 0;
}

static int parse_forward_mode(const xmlNode *forward, struct vif_network *network, char **errorp)
{
    static const char *const modes[] = {"nat",     "route", "open",        "bridge",
                                        "private", "vepa",  "passthrough", "hostdev"};

    network->forward_mode = xml_attribute(forward, "mode");
    if (!network->forward_mode) {
        network->forward_mode = str_dup("nat");
    }
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        if (strcmp(network->forward_mode, modes[i]) == 0) {
            return 0;
        }
    }
    return error_set(errorp, EINVAL, "unknown <forward mode='%s'>", network->forward_mode);
}

static bool has_lower(const struct vif_network *network, const char *dev)
{
    for (size_t i = 0; i < network->n_lowers; i++) {
        if (strcmp(network->lowers[i], dev) == 0) {
            return true;
        }
    }
    return false;
}

static void add_lower(struct vif_network *network, const char *dev)
{
    network->lowers = mem_resize(network->lowers, network->n_lowers + 1, sizeof *network->lowers);
    network->lowers[network->n_lowers++] = str_dup(dev);
}

static int parse_lower(const xmlNode *interface, bool is_first, struct vif_network *network,
                       char **errorp)
{
    auto_free char *dev = NULL;
    int error = xml_get_name(interface, "dev", &dev, errorp);

    if (error) {
        return error;
    }
    if (!dev) {
        return error_set(errorp, EINVAL, "<interface> of <forward> lacks its dev");
    }
    if (is_first && network->n_lowers == 1) {
        /* <forward dev> repeats the first of the pool, or there is no telling which is meant. */
        if (!has_lower(network, dev)) {
            return error_set(errorp, EINVAL,
                             "<forward dev='%s'> is not the first <interface dev='%s'> in it",
                             network->lowers[0], dev);
        }
        return 0;
    }
    if (network->n_lowers == VIF_DOCUMENT_MAX_PARTS) {
        return error_set(errorp, EINVAL, "<forward> lists more than %d devices",
                         VIF_DOCUMENT_MAX_PARTS);
    }
    if (has_lower(network, dev)) {
        return error_set(errorp, EINVAL, "<forward> lists <interface dev='%s'> twice", dev);
    }
    add_lower(network, dev);
    return 0;
}

static int parse_lowers(const xmlNode *forward, struct vif_network *network, char **errorp)
{
    const xmlNode *first = xml_child(forward, "interface");
    auto_free char *dev = NULL;
    int error = xml_get_name(forward, "dev", &dev, errorp);

    if (dev) {
        add_lower(network, dev);
    }
    for (const xmlNode *node = first; !error && node; node = xml_next(node)) {
        error = parse_lower(node, node == first, network, errorp);
    }
    if (!error) {
        error = xml_get_name(xml_child(forward, "pf"), "dev", &network->forward_pf, errorp);
    }
    return error;
}

static bool is_macvtap_mode(const char *mode)
{
    return strcmp(mode, "private") == 0 || strcmp(mode, "vepa") == 0 ||
           strcmp(mode, "passthrough") == 0;
}

/* What goes with which <forward mode>, by libvirt's rules (virNetworkDefParseXML()). */
static int check_forward(const struct vif_network *network, char **errorp)
{
    const char *mode = network->forward_mode;

    if (!mode) {
        return 0;
    }
    if (is_macvtap_mode(mode) && network->bridge) {
        return error_set(errorp, EINVAL, "<bridge name='%s'> does not go with <forward mode='%s'>",
                         network->bridge, mode);
    }
    if (strcmp(mode, "bridge") == 0 && network->bridge && network->n_lowers) {
        return error_set(
            errorp, EINVAL,
            "<forward mode='bridge'> has both <bridge name='%s'> and the device \"%s\"",
            network->bridge, network->lowers[0]);
    }
    if (network->mtu &&
        (is_macvtap_mode(mode) || strcmp(mode, "bridge") == 0 || strcmp(mode, "hostdev") == 0)) {
        return error_set(errorp, EINVAL, "<mtu> does not go with <forward mode='%s'>", mode);
    }
    return 0;
}

static int parse_forward(const xmlNode *node, struct vif_network *network, char **errorp)
{
    const xmlNode *forward = xml_child(node, "forward");
    uint64_t mtu = 0;
    int error = 0;

    if (forward) {
        error = parse_forward_mode(forward, network, errorp);
        if (!error) {
            error = parse_lowers(forward, network, errorp);
        }
    }
    if (!error) {
        error = xml_get_name(xml_child(node, "bridge"), "name", &network->bridge, errorp);
    }
    if (!error) {
        error = xml_get_number(xml_child(node, "mtu"), "size", 65535, &mtu, errorp);
        network->mtu = (unsigned)mtu;
    }
    return error ? error : check_forward(network, errorp);
}

/* What says how the network is connected, and counts for nothing beside <extbridge>; an element
 * that says nothing anyway is not worth a word. */
static void list_ignored(const xmlNode *node, struct vif_network *network)
{
    static const char *const names[] = {"forward", "bridge", "mtu",   "mac",        "domain",
                                        "dns",     "ip",     "route", "virtualport"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const xmlNode *child = xml_child(node, names[i]);

        if (child && !xml_is_bare(child)) {
            char *known = network->extbridge_ignored;

            network->extbridge_ignored = str_printf("%s%s<%s>", known ? known : "",
                                                    known ? ", " : "", names[i]);
            free(known);
        }
    }
}

static int parse_extbridge(const xmlNode *node, const xmlNode *extbridge,
                           struct vif_network *network, char **errorp)
{
    list_ignored(node, network);
    int error = xml_get_name(extbridge, "dev", &network->extbridge_dev, errorp);

    if (error) {
        return error;
    }
    if (!network->extbridge_dev) {
        return error_set(errorp, EINVAL, "<extbridge> lacks its dev");
    }
    network->extbridge_mode = xml_attribute(extbridge, "mode");
    if (network->extbridge_mode && !vif_mode_is_known(network->extbridge_mode)) {
        return error_set(errorp, EINVAL, "<extbridge mode='%s'>: must be one of " VIF_MODES,
                         network->extbridge_mode);
    }
    return 0;
}

static int parse_portgroup(const xmlNode *node, struct vif_portgroup *portgroup, char **errorp)
{
    enum vif_tristate is_default = VIF_UNSET;
    int error = xml_get_tristate(node, "default", &is_default, errorp);

    portgroup->is_default = is_default == VIF_YES;
    if (!error) {
        error = xml_get_tristate(node, "trustGuestRxFilters", &portgroup->trust_guest_rx_filters,
                                 errorp);
    }
    if (!error) {
        error = vif_vlan_parse(node, &portgroup->vlan, errorp);
    }
    if (!error) {
        error = vif_virtualport_parse(node, VIRTUALPORT_TYPE_OPTIONAL, &portgroup->virtualport,
                                      errorp);
    }
    if (!error) {
        error = vif_bandwidth_parse(node, false, &portgroup->bandwidth, errorp);
    }
    return error;
}

/* Names and defaults that leave open which portgroup is meant are refused, though libvirt would
 * take the first. */
static int check_portgroup(const struct vif_network *network, const struct vif_portgroup *new,
                           char **errorp)
{
    for (size_t i = 0; i < network->n_portgroups; i++) {
        const struct vif_portgroup *old = &network->portgroups[i];

        if (strcmp(old->name, new->name) == 0) {
            return error_set(errorp, EINVAL, "there are two of that name");
        }
        if (old->is_default && new->is_default) {
            return error_set(errorp, EINVAL, "portgroup \"%s\" is the default already", old->name);
        }
    }
    return 0;
}

static void clear_portgroup(struct vif_portgroup *portgroup)
{
    free(portgroup->name);
    vif_vlan_clear(&portgroup->vlan);
    vif_virtualport_clear(&portgroup->virtualport);
}

static int add_portgroup(const xmlNode *node, struct vif_network *network, char **errorp)
{
    struct vif_portgroup new = {0};
    int error;

    if (network->n_portgroups == VIF_DOCUMENT_MAX_PARTS) {
        return error_set(errorp, EINVAL, "there are more than %d portgroups",
                         VIF_DOCUMENT_MAX_PARTS);
    }
    error = xml_get_name(node, "name", &new.name, errorp);
    if (!error && !new.name) {
        error = error_set(errorp, EINVAL, "<portgroup> lacks its name");
    }
    if (error) {
        return error;
    }
    error = parse_portgroup(node, &new, errorp);
    if (!error) {
        error = check_portgroup(network, &new, errorp);
    }
    if (error) {
        error_wrap(errorp, error, "portgroup \"%s\"", new.name);
        clear_portgroup(&new);
        return error;
    }
    network->portgroups = mem_resize(network->portgroups, network->n_portgroups + 1, sizeof new);
    network->portgroups[network->n_portgroups++] = new;
    return 0;
}

/* What an interface inherits. */
static int parse_defaults(const xmlNode *node, struct vif_network *network, char **errorp)
{
    int error = xml_get_tristate(node, "trustGuestRxFilters", &network->trust_guest_rx_filters,
                                 errorp);

    if (!error) {
        error = xml_get_tristate(xml_child(node, "port"), "isolated", &network->isolated, errorp);
    }
    if (!error) {
        error = vif_vlan_parse(node, &network->vlan, errorp);
    }
    if (!error && !network->extbridge_dev) {
        error = vif_virtualport_parse(node, VIRTUALPORT_TYPE_REQUIRED, &network->virtualport,
                                      errorp);
    }
    for (const xmlNode *child = xml_child(node, "portgroup"); !error && child;
         child = xml_next(child)) {
        error = add_portgroup(child, network, errorp);
    }
    return error;
}

/* The alternative is to a bridge that vifplug plugs into; another kind of network has none. */
static int parse_metadata(const xmlNode *node, struct vif_network *network, char **errorp)
{
    int error = vif_metadata_parse(node, network, errorp);

    if (!error && network->alternative.dev &&
        (network->extbridge_dev || !network->bridge || !str_eq(network->forward_mode, "bridge"))) {
        error = error_set(errorp, EINVAL,
                          "<alternative> goes with <forward mode='bridge'> and a <bridge name=''>, "
                          "to which it is the alternative");
    }
    return error;
}

static int parse(const xmlNode *node, struct vif_network *network, char **errorp)
{
    const xmlNode *extbridge = xml_child(node, "extbridge");
    int error = parse_name(node, network, errorp);

    if (error) {
        return error;
    }
    error = parse_uuid(node, network, errorp);
    if (!error) {
        error = extbridge ? parse_extbridge(node, extbridge, network, errorp)
                          : parse_forward(node, network, errorp);
    }
    if (!error) {
        error = parse_defaults(node, network, errorp);
    }
    if (!error) {
        error = parse_metadata(node, network, errorp);
    }
    return error ? error_wrap(errorp, error, "network \"%s\"", network->name) : 0;
}

int vif_network_parse(const xmlNode *element, struct vif_network *network, char **errorp)
{
    struct vif_network new = {0};
    int error;

    if (!xml_is(element, "network")) {
        return error_set(errorp, EINVAL, "<%s> is not a <network>", element->name);
    }
    error = parse(element, &new, errorp);
    if (error) {
        vif_network_clear(&new);
        return error;
    }
    new.element = xml_copy(element);
    *network = new;
    return 0;
}

void vif_network_clear(struct vif_network *network)
{
    free(network->name);
    free(network->uuid);
    free(network->file);
    free(network->forward_mode);
    free(network->bridge);
    for (size_t i = 0; i < network->n_lowers; i++) {
        free(network->lowers[i]);
    }
    free(network->lowers);
    free(network->extbridge_dev);
    free(network->extbridge_mode);
    free(network->extbridge_ignored);
    free(network->forward_pf);
    vif_alternative_clear(&network->alternative);
    vif_vlan_clear(&network->vlan);
    vif_virtualport_clear(&network->virtualport);
    for (size_t i = 0; i < network->n_portgroups; i++) {
        clear_portgroup(&network->portgroups[i]);
    }
    free(network->portgroups);
    if (network->element) {
        xmlFreeNode(network->element);
    }
    *network = (struct vif_network){0};
}
