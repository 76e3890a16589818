#include "libvirt/adopted.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "vif/metadata.h"
#include "vif/xml.h"

bool adopted_is_inside(const xmlNode *part)
{
    /* With type='ethernet' libvirt refuses virtualport, vlan and port; source means something else
     * there; bandwidth it would see to itself. Scripts and filterref stay outside: libvirt runs and
     * filters for an ethernet interface, too. So nothing in the metadata is ever run. */
    static const char *const inside[] = {"source",    "vlan", "virtualport",
                                         "bandwidth", "port", "target"};

    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        if (xml_is(part, inside[i])) {
            return true;
        }
    }
    return xml_is_own(part, "reconnect");
}

/* The name as it is written, with its prefix; caller frees. */
static char *name_of(const xmlNode *node)
{
    const char *prefix = node->ns ? (const char *)node->ns->prefix : NULL;

    return str_printf("%s%s%s", prefix ? prefix : "", prefix ? ":" : "", (const char *)node->name);
}

xmlNode *adopted_metadata(const xmlNode *domain)
{
    const xmlNode *metadata = xml_child(domain, "metadata");

    for (xmlNode *node = metadata ? metadata->children : NULL; node; node = node->next) {
        if (xml_is_own(node, "interfaces")) {
            return node;
        }
    }
    return NULL;
}

/* Takes all elements in `parent` out of our namespace that are of libvirt's grammar, since what is
 * set through libvirt's interface for metadata comes back with all of it in there, and not just the
 * outermost element. */
static void leave_namespace(const xmlNode *parent)
{
    for (xmlNode *node = parent->children; node; node = node->next) {
        if (xml_is_own(node, NULL) && !xml_is_own(node, "reconnect")) {
            node->ns = NULL;
        }
        leave_namespace(node);
    }
}

/* What is in our namespace is for us, so what we do not know of it is a mistake, or of a version to
 * come, and must not be overlooked. */
static int check_metadata(const xmlNode *domain, char **errorp)
{
    const xmlNode *metadata = xml_child(domain, "metadata");
    const xmlNode *interfaces = adopted_metadata(domain);

    for (const xmlNode *node = metadata ? metadata->children : NULL; node; node = node->next) {
        if (xml_is_own(node, NULL) && node != interfaces) {
            auto_free char *name = name_of(node);

            return error_set(errorp, EINVAL, "<%s> in <metadata> is %s", name,
                             xml_is_own(node, "interfaces") ? "there twice" : "unknown to vifplug");
        }
    }
    for (const xmlNode *node = interfaces ? interfaces->children : NULL; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && !xml_is(node, "interface") &&
            !xml_is_own(node, "reconnect")) {
            auto_free char *name = name_of(node);

            return error_set(errorp, EINVAL,
                             "<%s> in the metadata's <vifplug:interfaces> is unknown to vifplug; "
                             "<interface> is expected",
                             name);
        }
    }
    return 0;
}

/* Checks the part in the metadata as far as the parser of a whole interface does not, and finds its
 * target, which the caller frees. */
static int check_inside(const xmlNode *inside, char **target, char **errorp)
{
    const xmlNode *given = xml_child(inside, "target");
    enum vif_tristate managed = VIF_UNSET;

    for (const xmlNode *part = inside->children; part; part = part->next) {
        if (part->type == XML_ELEMENT_NODE && !adopted_is_inside(part)) {
            auto_free char *name = name_of(part);

            return error_set(errorp, EINVAL,
                             "<%s> is unknown to vifplug there; what is the guest's side belongs "
                             "into the <interface type='ethernet'> of the domain",
                             name);
        }
    }
    int error = xml_get_name(given, "dev", target, errorp);
    if (!error) {
        error = xml_get_tristate(given, "managed", &managed, errorp);
    }
    if (!error && (!*target || managed != VIF_NO)) {
        error = error_set(errorp, EINVAL,
                          "it lacks <target dev='' managed='no'/>, which says what interface of "
                          "the domain it belongs to");
    }
    return error ? error : ifname_check(*target, errorp);
}

/* Makes one element of the two parts. */
static xmlNode *join(const xmlNode *inside, const xmlNode *outside)
{
    xmlNode *joined = xml_copy_shallow(inside);

    for (const xmlNode *part = inside->children; part; part = part->next) {
        if (part->type == XML_ELEMENT_NODE) {
            xmlAddChild(joined, xml_copy(part));
        }
    }
    for (const xmlNode *part = outside->children; part; part = part->next) {
        if (part->type == XML_ELEMENT_NODE && !xml_is(part, "target")) {
            xmlAddChild(joined, xml_copy(part));
        }
    }
    xml_set(xml_child(joined, "target"), "managed", NULL);
    return joined;
}

static int parse_joined(const struct vif_document *domain, struct adopted *adopted, char **errorp)
{
    xmlNode *joined = join(adopted->inside, adopted->outside);
    int error = vif_spec_parse(joined, &adopted->spec, errorp);

    xmlFreeNode(joined);
    if (error) {
        return error;
    }
    error = vif_metadata_parse_domain(vif_document_root(domain), &adopted->spec, 1, errorp);
    if (error) {
        vif_spec_clear(&adopted->spec);
        return error;
    }
    if (adopted->spec.type == VIF_TYPE_ETHERNET || adopted->spec.type == VIF_TYPE_OTHER) {
        error = error_set(errorp, EINVAL,
                          "type='%s' cannot be adopted; bridge, network and direct can",
                          adopted->spec.type_name);
        vif_spec_clear(&adopted->spec);
    }
    return error;
}

/* What is read, and where from. */
struct reading {
    const struct vif_document *domain;
    xmlNode **interfaces; /* of the domain, one for each of its specs */
    bool is_live;
    struct adopted *list;
    size_t n;
};

static xmlNode *find_outside(const struct reading *reading, const char *target)
{
    for (size_t i = 0; i < reading->domain->n_specs; i++) {
        const struct vif_spec *spec = &reading->domain->specs[i];

        if (spec->type == VIF_TYPE_ETHERNET && spec->managed == VIF_NO &&
            str_eq(spec->target, target)) {
            return reading->interfaces[i];
        }
    }
    return NULL;
}

static int find_other_part(const struct reading *reading, struct adopted *adopted,
                           const char *target, char **errorp)
{
    adopted->outside = find_outside(reading, target);
    for (size_t i = 0; adopted->outside && i < reading->n; i++) {
        if (reading->list[i].outside == adopted->outside) {
            return error_set(errorp, EINVAL, "interface %zu there has that target already", i + 1);
        }
    }
    if (!adopted->outside && !reading->is_live) {
        return error_set(errorp, EINVAL,
                         "the domain has no <interface type='ethernet'> with <target dev='%s' "
                         "managed='no'/>; add it, or remove this one from the metadata",
                         target);
    }
    return 0;
}

static int read_one(struct reading *reading, xmlNode *inside, size_t number, char **errorp)
{
    struct adopted adopted = {.inside = inside};
    auto_free char *target = NULL;
    int error = check_inside(inside, &target, errorp);

    if (!error) {
        error = find_other_part(reading, &adopted, target, errorp);
    }
    if (!error && adopted.outside) {
        error = parse_joined(reading->domain, &adopted, errorp);
    }
    if (error) {
        auto_free char *which = target ? str_printf(" (target \"%s\")", target) : str_dup("");

        return error_wrap(errorp, error, "interface %zu of the metadata%s", number, which);
    }
    if (adopted.outside) {
        reading->list[reading->n++] = adopted;
    }
    return 0;
}

static int read_all(struct reading *reading, xmlNode *interfaces, char **errorp)
{
    xmlNode *first = xml_child(interfaces, "interface");
    size_t number = 0;
    size_t n = 0;

    for (const xmlNode *node = first; node; node = xml_next(node)) {
        n++;
    }
    if (n > VIF_DOCUMENT_MAX_PARTS) {
        return error_set(errorp, EINVAL, "the metadata has more than %d interfaces",
                         VIF_DOCUMENT_MAX_PARTS);
    }
    reading->list = mem_zalloc(n * sizeof *reading->list);
    for (xmlNode *node = first; node; node = xml_next(node)) {
        int error = read_one(reading, node, ++number, errorp);

        if (error) {
            return error;
        }
    }
    return 0;
}

int adopted_read(const struct vif_document *domain, bool is_live, struct adopted **list, size_t *n,
                 char **errorp)
{
    const xmlNode *root = vif_document_root(domain);
    struct reading reading = {.domain = domain, .is_live = is_live};
    xmlNode *interfaces = adopted_metadata(root);

    if (interfaces) {
        leave_namespace(interfaces);
    }
    int error = check_metadata(root, errorp);
    if (!error && interfaces) {
        reading.interfaces = vif_document_interfaces(domain);
        error = read_all(&reading, interfaces, errorp);
        free(reading.interfaces);
    }
    if (error) {
        adopted_free(reading.list, reading.n);
        return error_wrap(errorp, error, "%s", domain->file);
    }
    *list = reading.list;
    *n = reading.n;
    return 0;
}

void adopted_leave_to_libvirt(struct vif_spec *spec)
{
    str_assign(&spec->script, NULL);
    str_assign(&spec->downscript, NULL);
    if (spec->strategy == VIF_STRATEGY_HUB) {
        spec->strategy = VIF_STRATEGY_REPLUG;
    }
}

int adopted_resolve(struct vif_document *document, char **errorp)
{
    struct adopted *list = NULL;
    size_t n = 0;

    if (document->kind != VIF_DOCUMENT_DOMAIN) {
        return 0;
    }
    int error = adopted_read(document, false, &list, &n, errorp);
    if (error) {
        return error;
    }
    xmlNode **interfaces = vif_document_interfaces(document);
    for (size_t a = 0; a < n; a++) {
        size_t i = 0;

        while (interfaces[i] != list[a].outside) {
            i++;
        }
        vif_spec_clear(&document->specs[i]);
        document->specs[i] = list[a].spec;
        adopted_leave_to_libvirt(&document->specs[i]);
        list[a].spec = (struct vif_spec){0};
    }
    free(interfaces);
    adopted_free(list, n);
    return 0;
}

void adopted_free(struct adopted *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        vif_spec_clear(&list[i].spec);
    }
    free(list);
}
