/* Writing an <interface>: what the fields say, in libvirt's order (virDomainNetDefFormat() in
 * src/conf/domain_conf.c), over what was kept of the element that they were read from. */
#include <libxml/tree.h>
#include <string.h>

#include "base/mem.h"
#include "netdev/ifname.h"
#include "vif/bandwidth.h"
#include "vif/metadata.h"
#include "vif/model.h"
#include "vif/parts.h"
#include "vif/spec.h"
#include "vif/virtualport.h"
#include "vif/vlan.h"
#include "vif/xml.h"

/* What the writers are given. */
struct writing {
    const struct vif_spec *spec;
    enum vif_form form;
};

static const struct vif_spec *spec_of(const void *what)
{
    return ((const struct writing *)what)->spec;
}

static enum vif_form form_of(const void *what)
{
    return ((const struct writing *)what)->form;
}

/* "vif" and 8 hex digits: what ifname_generate() makes. */
static bool is_ours(const char *name)
{
    return strncmp(name, "vif", 3) == 0 && strspn(name + 3, "0123456789abcdef") == 8 &&
           strlen(name) == 11;
}

static bool is_name_written(const struct vif_spec *spec, enum vif_form form)
{
    return form == VIF_FORM_ACTIVE || spec->managed == VIF_NO ||
           !(ifname_is_libvirts(spec->target) || is_ours(spec->target));
}

/* An alias that a person gave, by libvirt's rule, and not one that was generated. */
static bool is_user_alias(const char *alias)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    return strncmp(alias, "ua-", 3) == 0 && !alias[strspn(alias, allowed)];
}

static void write_mac(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    char text[MAC_TEXT_SIZE];

    if (spec->has_mac) {
        xml_set(node, "address", mac_format(&spec->mac, text));
    }
}

/* Takes away what a running guest's network turned out to be, or where it came from. */
static void forget_network(const struct vif_spec *spec, xmlNode *node)
{
    xml_set(node, "portid", NULL);
    if (spec->type == VIF_TYPE_NETWORK) {
        xml_set(node, "bridge", NULL);
    } else {
        xml_set(node, "network", NULL);
        xml_set(node, "portgroup", NULL);
    }
}

static void write_source(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);

    if (form_of(what) == VIF_FORM_INACTIVE) {
        forget_network(spec, node);
    }
    switch (spec->type) {
    case VIF_TYPE_BRIDGE:
        xml_set(node, "bridge", spec->source_bridge);
        break;
    case VIF_TYPE_NETWORK:
        xml_set(node, "network", spec->source_network);
        xml_set(node, "portgroup", spec->source_portgroup);
        break;
    case VIF_TYPE_DIRECT:
        xml_set(node, "dev", spec->source_dev);
        xml_set(node, "mode", spec->source_mode);
        break;
    case VIF_TYPE_ETHERNET:
    case VIF_TYPE_OTHER:
        break;
    }
}

static void write_vlan(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    vif_vlan_write(&spec->vlan, node);
}

static void write_virtualport(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    vif_virtualport_write(&spec->virtualport, node);
}

static void write_bandwidth(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    vif_bandwidth_write(&spec->bandwidth, node);
}

static void write_port(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    xml_set_tristate(node, "isolated", spec->isolated);
}

static void write_script(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    xml_set(node, "path", spec->script);
}

static void write_downscript(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    xml_set(node, "path", spec->downscript);
}

static void write_target(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    bool named = spec->target && is_name_written(spec, form_of(what));

    xml_set(node, "dev", named ? spec->target : NULL);
    xml_set_tristate(node, "managed", named ? spec->managed : VIF_UNSET);
    if (spec->target_mode_given) {
        xml_set(node, "mode", spec->target_mode == VIF_TARGET_IFNAME ? "ifname" : "fd");
    }
}

static void write_model(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    xml_set(node, "type", spec->model);
}

static void write_driver(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    if (vif_model_has_queues(spec->model)) {
        xml_set_number(node, "queues", spec->n_queues);
    }
}

/* Up is the default, and written only where it was. */
static void write_link(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    auto_free char *said = xml_attribute(node, "state");

    if (spec->link_down) {
        xml_set(node, "state", "down");
    } else if (said) {
        xml_set(node, "state", "up");
    }
}

static void write_mtu(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    xml_set_number(node, "size", spec->mtu);
}

static void write_alias(const void *what, xmlNode *node)
{
    const struct vif_spec *spec = spec_of(what);
    bool written = spec->alias && (form_of(what) == VIF_FORM_ACTIVE || is_user_alias(spec->alias));

    xml_set(node, "name", written ? spec->alias : NULL);
}

/* The elements in libvirt's order. */
static const struct xml_part parts[] = {
    {"mac", write_mac, false},
    {"source", write_source, false},
    {"vlan", write_vlan, false},
    {"virtualport", write_virtualport, false},
    {"bandwidth", write_bandwidth, false},
    {"port", write_port, false},
    {"ip", NULL, true},
    {"route", NULL, true},
    {"portForward", NULL, true},
    {"script", write_script, false},
    {"downscript", write_downscript, false},
    {"backenddomain", NULL, false},
    {"target", write_target, false},
    {"guest", NULL, false},
    {"model", write_model, false},
    {"driver", write_driver, false},
    {"backend", NULL, false},
    {"filterref", NULL, false},
    {"tune", NULL, false},
    {"link", write_link, false},
    {"mtu", write_mtu, false},
    {"coalesce", NULL, false},
    {"teaming", NULL, false},
    {"boot", NULL, false},
    {"alias", write_alias, false},
    {"rom", NULL, false},
    {"acpi", NULL, false},
    {"address", NULL, false},
};

static const char *type_name(const struct vif_spec *spec)
{
    static const char *const names[] = {
        [VIF_TYPE_BRIDGE] = "bridge", [VIF_TYPE_NETWORK] = "network",
        [VIF_TYPE_DIRECT] = "direct", [VIF_TYPE_ETHERNET] = "ethernet",
        [VIF_TYPE_OTHER] = NULL,
    };

    /* A spec made from flags may have no more than the type. */
    return spec->type_name ? spec->type_name : names[spec->type];
}

/* An interface of a type that is left alone loses in inactive form what is generated, no more. */
static xmlNode *format_other(const struct writing *writing)
{
    static const struct xml_part touched[] = {{"target", write_target, false},
                                              {"alias", write_alias, false}};
    const struct vif_spec *spec = writing->spec;
    xmlNode *interface = spec->element ? xml_copy(spec->element) : xml_new("interface");

    for (size_t i = 0; i < ARRAY_LEN(touched); i++) {
        xmlNode *node = xml_child(interface, touched[i].name);
        xmlNode *surplus;

        if (!node) {
            continue;
        }
        while ((surplus = xml_next(node))) {
            xml_remove(surplus);
        }
        touched[i].write(writing, node);
        if (xml_is_bare(node)) {
            xml_remove(node);
        }
    }
    return interface;
}

xmlNode *vif_spec_format(const struct vif_spec *spec, enum vif_form form)
{
    const struct writing writing = {.spec = spec, .form = form};
    xmlNode *interface;

    if (spec->type == VIF_TYPE_OTHER) {
        interface = format_other(&writing);
    } else {
        interface = xml_write_parts("interface", parts, ARRAY_LEN(parts), &writing, spec->element);
        xml_set_tristate(interface, "trustGuestRxFilters", spec->trust_guest_rx_filters);
        /* What was read of it is kept; what another part of the document says stays there. */
        if (!spec->element) {
            vif_metadata_write_interface(spec, interface);
        }
    }
    xml_set(interface, "type", type_name(spec));
    xml_lay_out(interface, "");
    return interface;
}
