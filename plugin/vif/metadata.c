#include "vif/metadata.h"

#include <errno.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/model.h"
#include "vif/strategy.h"
#include "vif/xml.h"

/* An element of ours: its attributes are in no namespace, as XML has it for those of one element.
 */
struct own {
    const char *name;
    const char *attributes[4];
    const char *has; /* the attributes, for sentences */
};

static int check_attributes(const xmlNode *node, const struct own *own, char **errorp)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        bool is_known = attr->ns && !str_eq((const char *)attr->ns->href, VIF_NAMESPACE);

        for (size_t i = 0; i < ARRAY_LEN(own->attributes) && !attr->ns; i++) {
            is_known = is_known || str_eq((const char *)attr->name, own->attributes[i]);
        }
        if (!is_known) {
            return error_set(errorp, EINVAL,
                             "<%s> of " VIF_NAMESPACE " has no attribute '%s'; it has %s",
                             own->name, (const char *)attr->name, own->has);
        }
    }
    return 0;
}

static int check_empty(const xmlNode *node, const struct own *own, char **errorp)
{
    auto_free char *text = xml_text(node);

    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            return error_set(errorp, EINVAL, "<%s> of " VIF_NAMESPACE " has no <%s>; it is empty",
                             own->name, (const char *)child->name);
        }
    }
    return text ? error_set(errorp, EINVAL, "<%s> of " VIF_NAMESPACE " holds text; it is empty",
                            own->name)
                : 0;
}

static int check(const xmlNode *node, const struct own *own, char **errorp)
{
    int error = check_attributes(node, own, errorp);

    return error ? error : check_empty(node, own, errorp);
}

static int parse_alternative(const xmlNode *node, struct vif_alternative *alternative,
                             char **errorp)
{
    static const struct own own = {
        "alternative", {"dev", "mode", "prefer"}, "dev, mode and prefer"};
    enum vif_tristate prefer = VIF_UNSET;
    int error = check(node, &own, errorp);

    if (!error && alternative->dev) {
        error = error_set(errorp, EINVAL, "there is more than one <alternative>");
    }
    if (!error) {
        error = xml_get_name(node, "dev", &alternative->dev, errorp);
    }
    if (!error) {
        error = xml_get_tristate(node, "prefer", &prefer, errorp);
    }
    if (error) {
        return error;
    }
    if (!alternative->dev) {
        return error_set(errorp, EINVAL, "<alternative> of " VIF_NAMESPACE " lacks its dev");
    }
    alternative->preferred = prefer == VIF_YES;
    alternative->mode = xml_attribute(node, "mode");
    if (alternative->mode && !vif_mode_is_known(alternative->mode)) {
        return error_set(errorp, EINVAL, "<alternative mode='%s'>: must be one of " VIF_MODES,
                         alternative->mode);
    }
    return 0;
}

/* What a <reconnect> says; fields of it that are set already are more particular, and stay. */
static int parse_reconnect(const xmlNode *node, const struct own *own, enum vif_strategy *strategy,
                           enum vif_find *find, char **errorp)
{
    auto_free char *strategy_word = xml_attribute(node, "strategy");
    auto_free char *find_word = xml_attribute(node, "find");
    int error = check(node, own, errorp);

    if (error) {
        return error;
    }
    if (strategy_word && !vif_strategy_of(strategy_word)) {
        return error_set(errorp, EINVAL,
                         "<reconnect strategy='%s'>: must be one of " VIF_STRATEGIES,
                         strategy_word);
    }
    if (find_word && !vif_find_of(find_word)) {
        return error_set(errorp, EINVAL, "<reconnect find='%s'>: must be one of " VIF_FINDS,
                         find_word);
    }
    *strategy = *strategy ? *strategy : vif_strategy_of(strategy_word);
    *find = *find ? *find : vif_find_of(find_word);
    return 0;
}

static const struct own reconnect = {"reconnect", {"strategy", "find"}, "strategy and find"};

/* The next element of ours after `previous`, or the first one where that is NULL. */
static const xmlNode *next_own(const xmlNode *parent, const xmlNode *previous, const char *name)
{
    const xmlNode *node = previous ? previous->next : parent ? parent->children : NULL;

    while (node && !xml_is_own(node, name)) {
        node = node->next;
    }
    return node;
}

static int parse_in_network(const xmlNode *node, struct vif_network *network, char **errorp)
{
    if (xml_is_own(node, "alternative")) {
        return parse_alternative(node, &network->alternative, errorp);
    }
    if (xml_is_own(node, "reconnect")) {
        return parse_reconnect(node, &reconnect, &network->strategy, &network->find, errorp);
    }
    return error_set(errorp, EINVAL, "<%s> is unknown in " VIF_NAMESPACE, (const char *)node->name);
}

int vif_metadata_parse(const xmlNode *element, struct vif_network *network, char **errorp)
{
    const xmlNode *metadata = xml_child(element, "metadata");
    const xmlNode *first = next_own(metadata, NULL, "reconnect");
    int error = first && next_own(metadata, first, "reconnect")
                    ? error_set(errorp, EINVAL, "there is more than one <reconnect>")
                    : 0;

    for (const xmlNode *node = NULL; !error && (node = next_own(metadata, node, NULL));) {
        error = parse_in_network(node, network, errorp);
    }
    return error;
}

int vif_metadata_parse_interface(const xmlNode *interface, struct vif_spec *spec, char **errorp)
{
    const xmlNode *node = next_own(interface, NULL, "reconnect");

    if (!node) {
        return 0;
    }
    if (next_own(interface, node, "reconnect")) {
        return error_set(errorp, EINVAL, "there is more than one <reconnect>");
    }
    return parse_reconnect(node, &reconnect, &spec->strategy, &spec->find, errorp);
}

void vif_metadata_write_interface(const struct vif_spec *spec, xmlNode *interface)
{
    if (next_own(interface, NULL, "reconnect") || (!spec->strategy && !spec->find)) {
        return;
    }
    xmlNode *node = xml_new_own("reconnect");

    xml_set(node, "strategy", vif_strategy_name(spec->strategy));
    xml_set(node, "find", vif_find_name(spec->find));
    xmlAddChild(interface, node);
}

/* What of a domain's interfaces a <reconnect> is about. */
struct about {
    char *dev;
    struct mac mac;
    bool has_mac;
};

static int parse_about(const xmlNode *node, struct about *about, char **errorp)
{
    auto_free char *mac = xml_attribute(node, "mac");
    int error = xml_get_name(node, "dev", &about->dev, errorp);

    if (!error && mac) {
        about->has_mac = true;
        error = mac_parse(mac, &about->mac, errorp);
    }
    if (!error && !about->dev == !mac) {
        error = error_set(errorp, EINVAL,
                          "<reconnect> in the metadata needs dev='', the target of the interface "
                          "that it is about, or mac='', its address");
    }
    return error;
}

static int parse_in_domain(const xmlNode *node, struct vif_spec *specs, size_t n, char **errorp)
{
    static const struct own own = {
        "reconnect", {"dev", "mac", "strategy", "find"}, "dev, mac, strategy and find"};
    enum vif_strategy strategy = VIF_STRATEGY_UNSET;
    enum vif_find find = VIF_FIND_UNSET;
    struct about about = {0};
    int error = parse_reconnect(node, &own, &strategy, &find, errorp);

    if (!error) {
        error = parse_about(node, &about, errorp);
    }
    for (size_t i = 0; i < n && !error; i++) {
        bool meant = about.dev ? str_eq(about.dev, specs[i].target)
                               : specs[i].has_mac && mac_equal(&about.mac, &specs[i].mac);

        if (meant) {
            specs[i].strategy = specs[i].strategy ? specs[i].strategy : strategy;
            specs[i].find = specs[i].find ? specs[i].find : find;
        }
    }
    free(about.dev);
    return error;
}

int vif_metadata_parse_domain(const xmlNode *domain, struct vif_spec *specs, size_t n,
                              char **errorp)
{
    const xmlNode *interfaces = next_own(xml_child(domain, "metadata"), NULL, "interfaces");
    int error = 0;

    for (const xmlNode *node = NULL; !error && (node = next_own(interfaces, node, "reconnect"));) {
        error = parse_in_domain(node, specs, n, errorp);
    }
    return error;
}

void vif_alternative_clear(struct vif_alternative *alternative)
{
    free(alternative->dev);
    free(alternative->mode);
    memset(alternative, 0, sizeof *alternative);
}
