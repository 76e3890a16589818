#include "vif/spec.h"

#include <errno.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/bandwidth.h"
#include "vif/metadata.h"
#include "vif/model.h"
#include "vif/virtualport.h"
#include "vif/vlan.h"
#include "vif/xml.h"

/* The length field of an IP packet; also the schema's limit. */
#define MTU_MAX 65535

/* All of libvirt's types; those without an entry of their own are left alone. */
static const struct {
    const char *name;
    enum vif_type type;
} types[] = {
    {"bridge", VIF_TYPE_BRIDGE},     {"network", VIF_TYPE_NETWORK}, {"direct", VIF_TYPE_DIRECT},
    {"ethernet", VIF_TYPE_ETHERNET}, {"user", VIF_TYPE_OTHER},      {"vhostuser", VIF_TYPE_OTHER},
    {"server", VIF_TYPE_OTHER},      {"client", VIF_TYPE_OTHER},    {"mcast", VIF_TYPE_OTHER},
    {"internal", VIF_TYPE_OTHER},    {"hostdev", VIF_TYPE_OTHER},   {"udp", VIF_TYPE_OTHER},
    {"vdpa", VIF_TYPE_OTHER},        {"null", VIF_TYPE_OTHER},      {"vds", VIF_TYPE_OTHER},
};

static int parse_type(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    spec->type_name = xml_attribute(node, "type");
    if (!spec->type_name) {
        /* What libvirt takes it for. */
        spec->type_name = str_dup("user");
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(types[i].name, spec->type_name) == 0) {
            spec->type = types[i].type;
            return 0;
        }
    }
    return error_set(errorp, EINVAL,
                     "unknown <interface type='%s'>: bridge, network, direct and ethernet are "
                     "vifplug's",
                     spec->type_name);
}

static int parse_mac(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    const xmlNode *mac = xml_child(node, "mac");
    auto_free char *address = mac ? xml_attribute(mac, "address") : NULL;
    int error;

    if (!address) {
        return 0;
    }
    error = mac_parse(address, &spec->mac, errorp);
    if (!error) {
        error = mac_check_guest(&spec->mac, errorp);
    }
    if (error) {
        return error_wrap(errorp, error, "<mac address='%s'>", address);
    }
    spec->has_mac = true;
    return 0;
}

/* Reads an attribute of <source> that the type cannot do without. */
static int need_source(const xmlNode *node, const struct vif_spec *spec, const char *attribute,
                       char **value, char **errorp)
{
    const xmlNode *source = xml_child(node, "source");
    int error = xml_get_name(source, attribute, value, errorp);

    if (!error && !*value) {
        return error_set(errorp, EINVAL, "<interface type='%s'> lacks <source %s=''>",
                         spec->type_name, attribute);
    }
    return error;
}

static int parse_direct_source(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    int error = need_source(node, spec, "dev", &spec->source_dev, errorp);

    if (error) {
        return error;
    }
    spec->source_mode = xml_attribute(xml_child(node, "source"), "mode");
    if (spec->source_mode && !vif_mode_is_known(spec->source_mode)) {
        return error_set(errorp, EINVAL, "<source mode='%s'>: must be one of " VIF_MODES,
                         spec->source_mode);
    }
    return 0;
}

static int parse_source(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    int error;

    switch (spec->type) {
    case VIF_TYPE_BRIDGE:
        return need_source(node, spec, "bridge", &spec->source_bridge, errorp);
    case VIF_TYPE_NETWORK:
        error = need_source(node, spec, "network", &spec->source_network, errorp);
        return error ? error
                     : xml_get_name(xml_child(node, "source"), "portgroup", &spec->source_portgroup,
                                    errorp);
    case VIF_TYPE_DIRECT:
        return parse_direct_source(node, spec, errorp);
    case VIF_TYPE_ETHERNET:
    case VIF_TYPE_OTHER:
        break;
    }
    return 0;
}

static int parse_target_mode(const xmlNode *target, struct vif_spec *spec, char **errorp)
{
    auto_free char *mode = target ? xml_attribute(target, "mode") : NULL;

    if (!mode) {
        return 0;
    }
    if (spec->type != VIF_TYPE_ETHERNET) {
        return error_set(errorp, EINVAL,
                         "<target mode='%s'> goes with <interface type='ethernet'> only, not '%s'",
                         mode, spec->type_name);
    }
    if (strcmp(mode, "fd") == 0) {
        spec->target_mode = VIF_TARGET_FD;
    } else if (strcmp(mode, "ifname") == 0) {
        spec->target_mode = VIF_TARGET_IFNAME;
    } else {
        return error_set(errorp, EINVAL, "<target mode='%s'>: must be 'fd' or 'ifname'", mode);
    }
    spec->target_mode_given = true;
    return 0;
}

static int parse_target(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    const xmlNode *target = xml_child(node, "target");
    int error = xml_get_name(target, "dev", &spec->target, errorp);

    if (!error) {
        error = xml_get_tristate(target, "managed", &spec->managed, errorp);
    }
    if (error) {
        return error;
    }
    if (spec->managed == VIF_NO && spec->type != VIF_TYPE_ETHERNET) {
        return error_set(errorp, EINVAL,
                         "<target managed='no'> goes with <interface type='ethernet'> only, not "
                         "'%s'",
                         spec->type_name);
    }
    if (!spec->target) {
        if (spec->managed == VIF_NO) {
            return error_set(errorp, EINVAL,
                             "<target managed='no'> lacks its dev, the device to use");
        }
        /* Says nothing, then; libvirt drops it too. */
        spec->managed = VIF_UNSET;
    }
    return parse_target_mode(target, spec, errorp);
}

static int parse_model(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    int error = xml_get_name(xml_child(node, "model"), "type", &spec->model, errorp);

    if (!error && spec->model && spec->model[strspn(spec->model, allowed)]) {
        return error_set(errorp, EINVAL,
                         "<model type='%s'>: only letters, digits, '-' and '_' are allowed",
                         spec->model);
    }
    return error;
}

static int parse_driver_name(const xmlNode *driver, struct vif_spec *spec, char **errorp)
{
    auto_free char *name = driver ? xml_attribute(driver, "name") : NULL;

    if (str_eq(name, "vhost")) {
        spec->vhost = VIF_YES;
    } else if (str_eq(name, "qemu")) {
        spec->vhost = VIF_NO;
    } else if (name) {
        return error_set(errorp, EINVAL, "<driver name='%s'>: vhost or qemu is wanted", name);
    }
    return 0;
}

/* <driver> is for models with queues; with others libvirt overlooks it. */
static int parse_driver(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    const xmlNode *driver = xml_child(node, "driver");
    uint64_t n = UINT64_MAX;
    int error;

    if (!vif_model_has_queues(spec->model)) {
        return 0;
    }
    error = parse_driver_name(driver, spec, errorp);
    if (!error) {
        error = xml_get_number(driver, "queues", UINT32_MAX, &n, errorp);
    }
    if (error) {
        return error;
    }
    if (n == 0) {
        return error_set(errorp, EINVAL, "<driver queues='0'>: there must be at least one");
    }
    spec->n_queues = n == UINT64_MAX ? 0 : (unsigned)n;
    return 0;
}

static int parse_mtu(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    uint64_t size = 0;
    int error = xml_get_number(xml_child(node, "mtu"), "size", MTU_MAX, &size, errorp);

    spec->mtu = (unsigned)size;
    return error;
}

static int parse_link(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    const xmlNode *link = xml_child(node, "link");
    auto_free char *state = link ? xml_attribute(link, "state") : NULL;

    if (!state || strcmp(state, "up") == 0) {
        return 0;
    }
    if (strcmp(state, "down") != 0) {
        return error_set(errorp, EINVAL, "<link state='%s'>: must be 'up' or 'down'", state);
    }
    spec->link_down = true;
    return 0;
}

static int parse_isolated(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    const char *virtualport = spec->virtualport.type;
    int error = xml_get_tristate(xml_child(node, "port"), "isolated", &spec->isolated, errorp);

    if (error || spec->isolated != VIF_YES) {
        return error;
    }
    if (spec->type != VIF_TYPE_BRIDGE && spec->type != VIF_TYPE_NETWORK) {
        return error_set(errorp, EINVAL,
                         "<port isolated='yes'> goes with <interface type='bridge'> and 'network', "
                         "not '%s'",
                         spec->type_name);
    }
    if (virtualport && strcmp(virtualport, "openvswitch") != 0) {
        return error_set(errorp, EINVAL,
                         "<port isolated='yes'> does not go with <virtualport type='%s'>",
                         virtualport);
    }
    return 0;
}

static int parse_virtualport(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    /* Only an interface on a network can leave something to be inherited. */
    unsigned rules = spec->type == VIF_TYPE_NETWORK
                         ? VIRTUALPORT_TYPE_OPTIONAL
                         : VIRTUALPORT_TYPE_REQUIRED | VIRTUALPORT_COMPLETE;

    if (spec->type == VIF_TYPE_ETHERNET && xml_child(node, "virtualport")) {
        return error_set(errorp, EINVAL,
                         "<virtualport> does not go with <interface type='ethernet'>");
    }
    return vif_virtualport_parse(node, rules, &spec->virtualport, errorp);
}

static int parse_scripts(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    int error = xml_get_name(xml_child(node, "script"), "path", &spec->script, errorp);

    return error ? error
                 : xml_get_name(xml_child(node, "downscript"), "path", &spec->downscript, errorp);
}

/* In the order of the elements' weight: what is wrong first is said first. */
static int parse(const xmlNode *node, struct vif_spec *spec, char **errorp)
{
    typedef int part(const xmlNode *, struct vif_spec *, char **);
    static part *const parts_of_all[] = {parse_type, parse_mac, parse_target, parse_model};
    static part *const parts_of_ours[] = {
        parse_source,  parse_driver,      parse_mtu,      parse_link,
        parse_scripts, parse_virtualport, parse_isolated,
    };

    for (size_t i = 0; i < ARRAY_LEN(parts_of_all); i++) {
        int error = parts_of_all[i](node, spec, errorp);

        if (error) {
            return error;
        }
    }

    const xmlNode *alias = xml_child(node, "alias");

    spec->alias = alias ? xml_attribute(alias, "name") : NULL;
    if (spec->type == VIF_TYPE_OTHER) {
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(parts_of_ours); i++) {
        int error = parts_of_ours[i](node, spec, errorp);

        if (error) {
            return error;
        }
    }

    int error = xml_get_tristate(node, "trustGuestRxFilters", &spec->trust_guest_rx_filters,
                                 errorp);

    if (!error) {
        error = vif_vlan_parse(node, &spec->vlan, errorp);
    }
    if (!error) {
        error = vif_bandwidth_parse(node, spec->type == VIF_TYPE_NETWORK, &spec->bandwidth, errorp);
    }
    if (!error) {
        error = vif_metadata_parse_interface(node, spec, errorp);
    }
    return error;
}

int vif_spec_parse(const xmlNode *element, struct vif_spec *spec, char **errorp)
{
    struct vif_spec new = {0};
    int error;

    if (!xml_is(element, "interface")) {
        return error_set(errorp, EINVAL, "<%s> is not an <interface>", element->name);
    }
    error = parse(element, &new, errorp);
    if (error) {
        vif_spec_clear(&new);
        return error;
    }
    new.element = xml_copy(element);
    *spec = new;
    return 0;
}

void vif_spec_copy(struct vif_spec *dst, const struct vif_spec *src)
{
    *dst = *src;
    dst->type_name = str_dup_or_null(src->type_name);
    dst->source_bridge = str_dup_or_null(src->source_bridge);
    dst->source_network = str_dup_or_null(src->source_network);
    dst->source_portgroup = str_dup_or_null(src->source_portgroup);
    dst->source_dev = str_dup_or_null(src->source_dev);
    dst->source_mode = str_dup_or_null(src->source_mode);
    dst->target = str_dup_or_null(src->target);
    dst->model = str_dup_or_null(src->model);
    dst->script = str_dup_or_null(src->script);
    dst->downscript = str_dup_or_null(src->downscript);
    dst->alias = str_dup_or_null(src->alias);
    vif_vlan_copy(&dst->vlan, &src->vlan);
    vif_virtualport_copy(&dst->virtualport, &src->virtualport);
    dst->element = src->element ? xml_copy(src->element) : NULL;
}

void vif_spec_clear(struct vif_spec *spec)
{
    free(spec->type_name);
    free(spec->source_bridge);
    free(spec->source_network);
    free(spec->source_portgroup);
    free(spec->source_dev);
    free(spec->source_mode);
    free(spec->target);
    free(spec->model);
    free(spec->script);
    free(spec->downscript);
    free(spec->alias);
    vif_vlan_clear(&spec->vlan);
    vif_virtualport_clear(&spec->virtualport);
    if (spec->element) {
        xmlFreeNode(spec->element);
    }
    *spec = (struct vif_spec){0};
}
