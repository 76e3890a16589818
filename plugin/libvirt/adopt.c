#include "libvirt/adopt.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "libvirt/adopted.h"
#include "netdev/ifname.h"
#include "vif/identity.h"
#include "vif/xml.h"

/* A domain that is being turned one way or the other. */
struct turning {
    struct vif_document *domain;
    const struct adopt_options *options;
    xmlNode **interfaces; /* one for each spec of the domain */
    struct adopted *adopted;
    size_t n_adopted;
    struct adopt_change *changes;
    size_t n;
};

void adopt_changes_free(struct adopt_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(changes[i].type);
    }
    free(changes);
}

static bool is_meant(const struct adopt_options *options, const struct vif_spec *spec)
{
    for (size_t i = 0; i < options->n_only; i++) {
        if (spec->has_mac && mac_equal(&options->only[i], &spec->mac)) {
            return true;
        }
    }
    return options->n_only == 0;
}

static int check_only(const struct vif_document *domain, const struct adopt_options *options,
                      char **errorp)
{
    for (size_t i = 0; i < options->n_only; i++) {
        const struct adopt_options one = {.only = &options->only[i], .n_only = 1};
        char text[MAC_TEXT_SIZE];
        bool found = false;

        for (size_t s = 0; s < domain->n_specs; s++) {
            found |= is_meant(&one, &domain->specs[s]);
        }
        if (!found) {
            return error_set(errorp, EINVAL, "%s: no interface has MAC address %s", domain->file,
                             mac_format(&options->only[i], text));
        }
    }
    return 0;
}

/* Notes that interface `i` of the domain is turned. */
static struct adopt_change *add_change(struct turning *turning, size_t i,
                                       const struct vif_spec *original)
{
    struct adopt_change *change = &turning->changes[turning->n++];

    *change = (struct adopt_change){
        .number = i + 1,
        .type = str_dup(original->type_name),
        .has_mac = original->has_mac,
        .mac = original->mac,
    };
    return change;
}

static void leave_alone(const struct turning *turning, size_t i, const char *why)
{
    const struct adopt_options *options = turning->options;

    if (options->left_alone) {
        auto_free char *sentence = str_printf("%s: interface %zu: %s is left alone",
                                              turning->domain->file, i + 1, why);

        options->left_alone(options->data, sentence);
    }
}

/* Whether interface `i` is of a kind that can be adopted. */
static bool can_adopt(const struct turning *turning, size_t i)
{
    const struct vif_spec *spec = &turning->domain->specs[i];
    const char *virtualport = spec->virtualport.type;
    auto_free char *why = NULL;

    for (size_t a = 0; a < turning->n_adopted; a++) {
        if (turning->adopted[a].outside == turning->interfaces[i]) {
            return false;
        }
    }
    if (spec->type == VIF_TYPE_ETHERNET || spec->type == VIF_TYPE_OTHER) {
        why = str_printf("type='%s'", spec->type_name);
    } else if (virtualport && !str_eq(virtualport, "openvswitch")) {
        why = str_printf("<virtualport type='%s'>, which vifplug cannot plug,", virtualport);
    } else {
        return true;
    }
    leave_alone(turning, i, why);
    return false;
}

static bool is_name_used(const struct turning *turning, const char *name)
{
    for (size_t i = 0; i < turning->domain->n_specs; i++) {
        if (str_eq(turning->domain->specs[i].target, name)) {
            return true;
        }
    }
    for (size_t i = 0; i < turning->n; i++) {
        if (str_eq(turning->changes[i].target, name)) {
            return true;
        }
    }
    return false;
}

/* The name that a plug would give it, so that it is the same each time the domain is adopted. */
static int generate_name(const struct turning *turning, size_t i, char name[IFNAMSIZ],
                         char **errorp)
{
    const struct vif_spec *spec = &turning->domain->specs[i];
    char id[37];

    if (spec->virtualport.interface_id) {
        str_copy(id, sizeof id, spec->virtualport.interface_id);
    } else {
        vif_identity_make(turning->domain->domain_uuid, spec->has_mac ? &spec->mac : NULL, i, id);
    }
    for (unsigned attempt = 0; attempt < IFNAME_ATTEMPTS; attempt++) {
        char candidate[IFNAMSIZ];

        if (ifname_generate(id, attempt, candidate) == 0 && !is_name_used(turning, candidate)) {
            str_copy(name, IFNAMSIZ, candidate);
            return 0;
        }
    }
    return error_set(errorp, EINVAL,
                     "other interfaces have all the names that can be made of its id %s", id);
}

static int choose_name(const struct turning *turning, size_t i, char name[IFNAMSIZ], char **errorp)
{
    const char *given = turning->domain->specs[i].target;

    if (!given || ifname_is_libvirts(given)) {
        return generate_name(turning, i, name, errorp);
    }
    int error = ifname_check(given, errorp);
    if (!error) {
        str_copy(name, IFNAMSIZ, given);
    }
    return error;
}

static void set_target(xmlNode *target, const char *name)
{
    xml_set(target, "dev", name);
    xml_set(target, "managed", "no");
}

/* The part for the metadata. In `whole` all of it stands before the target, which may be missing.
 */
static xmlNode *make_inside(const xmlNode *whole, const char *name)
{
    xmlNode *inside = xml_copy_shallow(whole);

    for (const xmlNode *part = whole->children; part; part = part->next) {
        if (part->type == XML_ELEMENT_NODE && adopted_is_inside(part)) {
            xmlAddChild(inside, xml_copy(part));
        }
    }
    xmlNode *target = xml_child(inside, "target");
    set_target(target ? target : xml_add(inside, "target"), name);
    return inside;
}

/* The part for the devices. It is read and written again, for libvirt's order of elements. */
static int make_outside(const xmlNode *whole, const char *name, xmlNode **outside, char **errorp)
{
    xmlNode *rest = xml_new("interface");
    struct vif_spec spec;

    xml_set(rest, "type", "ethernet");
    for (const xmlNode *part = whole->children; part; part = part->next) {
        if (part->type == XML_ELEMENT_NODE && !adopted_is_inside(part)) {
            xmlAddChild(rest, xml_copy(part));
        }
    }
    set_target(xml_add(rest, "target"), name);
    int error = vif_spec_parse(rest, &spec, errorp);
    xmlFreeNode(rest);
    if (!error) {
        *outside = vif_spec_format(&spec, VIF_FORM_INACTIVE);
        vif_spec_clear(&spec);
    }
    return error;
}

/* The elements that libvirt writes before <metadata>. */
static bool is_before_metadata(const xmlNode *node)
{
    return xml_is(node, "name") || xml_is(node, "uuid") || xml_is(node, "genid") ||
           xml_is(node, "title") || xml_is(node, "description");
}

static xmlNode *last_before_metadata(const xmlNode *domain)
{
    xmlNode *last = NULL;

    for (xmlNode *node = domain->children; node; node = node->next) {
        if (is_before_metadata(node)) {
            last = node;
        }
    }
    return last;
}

static xmlNode *last_element(const xmlNode *parent)
{
    xmlNode *node = parent->last;

    while (node && node->type != XML_ELEMENT_NODE) {
        node = node->prev;
    }
    return node;
}

/* Puts `new` behind `sibling`, or into `parent` where there is none. */
static void insert(xmlNode *parent, xmlNode *sibling, xmlNode *new)
{
    if (sibling) {
        xml_insert_after(sibling, new);
    } else {
        xmlAddChild(parent, new);
    }
}

/* Adds the parts to the domain's metadata, and takes them over. */
static void add_metadata(xmlNode *domain, xmlNode **insides, size_t n)
{
    xmlNode *metadata = xml_child(domain, "metadata");
    xmlNode *ours = adopted_metadata(domain);
    bool is_new = !ours;

    ours = ours ? ours : xml_new_own("interfaces");
    for (size_t i = 0; i < n; i++) {
        xmlAddChild(ours, insides[i]);
    }
    if (!is_new) {
        auto_free char *indent = xml_indent(ours);

        xml_lay_out(ours, indent);
    } else if (metadata) {
        insert(metadata, last_element(metadata), ours);
    } else {
        metadata = xml_new("metadata");
        xmlAddChild(metadata, ours);
        insert(domain, last_before_metadata(domain), metadata);
    }
}

static int adopt_one(struct turning *turning, size_t i, xmlNode **inside, char **errorp)
{
    const struct vif_spec *spec = &turning->domain->specs[i];
    char name[IFNAMSIZ];
    xmlNode *outside;
    int error = choose_name(turning, i, name, errorp);

    if (error) {
        return error_wrap(errorp, error, "%s: interface %zu", turning->domain->file, i + 1);
    }
    xmlNode *whole = vif_spec_format(spec, VIF_FORM_INACTIVE);
    error = make_outside(whole, name, &outside, errorp);
    if (!error) {
        *inside = make_inside(whole, name);
        xml_replace(turning->interfaces[i], outside);
        str_copy(add_change(turning, i, spec)->target, IFNAMSIZ, name);
    }
    xmlFreeNode(whole);
    return error;
}

static int adopt_all(struct turning *turning, char **errorp)
{
    xmlNode **insides = mem_resize(NULL, turning->domain->n_specs, sizeof(xmlNode *));
    int error = 0;

    for (size_t i = 0; i < turning->domain->n_specs && !error; i++) {
        if (is_meant(turning->options, &turning->domain->specs[i]) && can_adopt(turning, i)) {
            error = adopt_one(turning, i, &insides[turning->n], errorp);
        }
    }
    if (!error && turning->n) {
        add_metadata(vif_document_root(turning->domain), insides, turning->n);
    } else {
        for (size_t i = 0; i < turning->n; i++) {
            xmlFreeNode(insides[i]);
        }
    }
    free(insides);
    return error;
}

/* The position of an adopted interface among those of the domain. */
static size_t position_of(const struct turning *turning, const struct adopted *adopted)
{
    size_t i = 0;

    while (turning->interfaces[i] != adopted->outside) {
        i++;
    }
    return i;
}

/* Takes away what has become empty of the metadata. */
static void clean_metadata(const xmlNode *domain)
{
    xmlNode *ours = adopted_metadata(domain);

    if (ours && !last_element(ours)) {
        xmlNode *metadata = ours->parent;

        xml_cut(ours);
        if (!last_element(metadata)) {
            xml_cut(metadata);
        }
    }
}

static int release_all(struct turning *turning, char **errorp)
{
    (void)errorp;
    for (size_t a = 0; a < turning->n_adopted; a++) {
        struct adopted *adopted = &turning->adopted[a];

        if (is_meant(turning->options, &adopted->spec)) {
            struct adopt_change *change = add_change(turning, position_of(turning, adopted),
                                                     &adopted->spec);

            str_copy(change->target, IFNAMSIZ, adopted->spec.target);
            xml_replace(adopted->outside, vif_spec_format(&adopted->spec, VIF_FORM_INACTIVE));
            xml_cut(adopted->inside);
        }
    }
    clean_metadata(vif_document_root(turning->domain));
    return 0;
}

static int turn(struct vif_document *domain, const struct adopt_options *options,
                int (*turn_all)(struct turning *, char **), struct adopt_change **changes,
                size_t *n, char **errorp)
{
    struct turning turning = {.domain = domain, .options = options};

    if (domain->kind != VIF_DOCUMENT_DOMAIN) {
        return error_set(errorp, EINVAL, "%s: no <domain> in it", domain->file);
    }
    int error = check_only(domain, options, errorp);
    if (!error) {
        error = adopted_read(domain, false, &turning.adopted, &turning.n_adopted, errorp);
    }
    if (!error) {
        turning.interfaces = vif_document_interfaces(domain);
        turning.changes = mem_zalloc(domain->n_specs * sizeof *turning.changes);
        error = turn_all(&turning, errorp);
        free(turning.interfaces);
        adopted_free(turning.adopted, turning.n_adopted);
    }
    if (error) {
        adopt_changes_free(turning.changes, turning.n);
        return error;
    }
    *changes = turning.changes;
    *n = turning.n;
    return 0;
}

int adopt_domain(struct vif_document *domain, const struct adopt_options *options,
                 struct adopt_change **changes, size_t *n, char **errorp)
{
    return turn(domain, options, adopt_all, changes, n, errorp);
}

int release_domain(struct vif_document *domain, const struct adopt_options *options,
                   struct adopt_change **changes, size_t *n, char **errorp)
{
    return turn(domain, options, release_all, changes, n, errorp);
}
