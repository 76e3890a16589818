#include "vif/document.h"

#include <errno.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/metadata.h"
#include "vif/uuidtext.h"
#include "vif/xml.h"
#include "vif/xmlfile.h"

struct vif_xml {
    xmlDoc *doc;
};

/* The <interface> elements of a domain, in order: /domain/devices/interface. `previous` is the one
 * before, NULL for the first. */
static xmlNode *next_interface(const xmlNode *domain, const xmlNode *previous)
{
    const xmlNode *devices;
    xmlNode *found;

    if (previous) {
        found = xml_next(previous);
        if (found) {
            return found;
        }
        devices = xml_next(previous->parent);
    } else {
        devices = xml_child(domain, "devices");
    }
    while (devices) {
        found = xml_child(devices, "interface");
        if (found) {
            return found;
        }
        devices = xml_next(devices);
    }
    return NULL;
}

/* "interface 2 (target "web0")", from the XML, since the spec may be what is wrong; caller frees.
 */
static char *name_interface(const xmlNode *node, size_t number)
{
    const xmlNode *target = xml_child(node, "target");
    auto_free char *dev = target ? xml_attribute(target, "dev") : NULL;

    return dev ? str_printf("interface %zu (target \"%s\")", number, dev)
               : str_printf("interface %zu", number);
}

static int check_target_is_free(const struct vif_document *document, const char *target,
                                char **errorp)
{
    for (size_t i = 0; target && i < document->n_specs; i++) {
        if (str_eq(document->specs[i].target, target)) {
            return error_set(errorp, EINVAL, "interface %zu has that target already", i + 1);
        }
    }
    return 0;
}

static int add_interface(const xmlNode *node, struct vif_document *document, char **errorp)
{
    auto_free char *name = name_interface(node, document->n_specs + 1);
    struct vif_spec spec = {0};
    int error = vif_spec_parse(node, &spec, errorp);

    if (error) {
        return error_wrap(errorp, error, "%s", name);
    }
    error = check_target_is_free(document, spec.target, errorp);
    if (error) {
        vif_spec_clear(&spec);
        return error_wrap(errorp, error, "%s", name);
    }
    document->specs[document->n_specs++] = spec;
    return 0;
}

static int add_interfaces(const xmlNode *root, struct vif_document *document, char **errorp)
{
    size_t n = 0;

    for (const xmlNode *node = NULL; (node = next_interface(root, node));) {
        n++;
    }
    if (n > VIF_DOCUMENT_MAX_PARTS) {
        return error_set(errorp, EINVAL, "the domain has more than %d interfaces",
                         VIF_DOCUMENT_MAX_PARTS);
    }
    document->specs = n ? mem_resize(NULL, n, sizeof *document->specs) : NULL;
    for (const xmlNode *node = NULL; (node = next_interface(root, node));) {
        int error = add_interface(node, document, errorp);

        if (error) {
            return error;
        }
    }
    return 0;
}

static int parse_domain(const xmlNode *root, struct vif_document *document, char **errorp)
{
    const xmlNode *name = xml_child(root, "name");
    const xmlNode *uuid = xml_child(root, "uuid");
    auto_free char *said = uuid ? xml_text(uuid) : NULL;
    char normal[UUID_TEXT_SIZE];

    document->domain_name = name ? xml_text(name) : NULL;
    if (uuid) {
        if (!said || !uuid_normalize(said, normal)) {
            return error_set(errorp, EINVAL, "<uuid>%s</uuid> of the domain is not a UUID",
                             said ? said : "");
        }
        document->domain_uuid = str_dup(normal);
    }
    int error = add_interfaces(root, document, errorp);
    return error ? error
                 : vif_metadata_parse_domain(root, document->specs, document->n_specs, errorp);
}

static int parse_root(const xmlNode *root, struct vif_document *document, char **errorp)
{
    if (xml_is(root, "domain")) {
        document->kind = VIF_DOCUMENT_DOMAIN;
        return parse_domain(root, document, errorp);
    }
    if (xml_is(root, "network")) {
        document->kind = VIF_DOCUMENT_NETWORK;

        int error = vif_network_parse(root, &document->network, errorp);

        if (!error) {
            str_assign(&document->network.file, document->file);
        }
        return error;
    }
    if (xml_is(root, "interface")) {
        document->kind = VIF_DOCUMENT_INTERFACE;
        document->specs = mem_zalloc(sizeof *document->specs);

        int error = vif_spec_parse(root, document->specs, errorp);

        document->n_specs = error ? 0 : 1;
        return error;
    }
    return error_set(errorp, EINVAL,
                     "line %ld: the root element is <%s>%s, but <interface>, <network> or <domain> "
                     "is expected",
                     xmlGetLineNo(root), root->name, root->ns ? " of some XML namespace" : "");
}

/* Values can be as long as the file. */
#define SENTENCE_MAX 1000

static void shorten(char *sentence)
{
    size_t end = SENTENCE_MAX;

    if (strlen(sentence) <= end) {
        return;
    }
    /* Not within a character of UTF-8. */
    while (((unsigned char)sentence[end] & 0xc0) == 0x80) {
        end--;
    }
    memcpy(sentence + end, "...", sizeof "...");
}

int vif_document_parse(const char *name, const char *text, size_t length,
                       struct vif_document *document, char **errorp)
{
    struct vif_document new = {.file = str_dup(name), .xml = mem_zalloc(sizeof *new.xml)};
    int error;

    if (length > VIF_DOCUMENT_MAX) {
        error = error_set(errorp, EFBIG, "is larger than %zu MiB", VIF_DOCUMENT_MAX >> 20);
    } else {
        error = xml_parse_text(text, length, &new.xml->doc, errorp);
    }
    if (!error) {
        error = parse_root(xmlDocGetRootElement(new.xml->doc), &new, errorp);
    }
    if (error) {
        vif_document_clear(&new);
        if (errorp) {
            shorten(*errorp);
        }
        return error_wrap(errorp, error, "%s", name);
    }
    *document = new;
    return 0;
}

int vif_document_load(const char *file, struct vif_document *document, char **errorp)
{
    const char *name = strcmp(file, "-") == 0 ? "standard input" : file;
    auto_free char *text = NULL;
    size_t length;
    int error = xml_read_file(file, VIF_DOCUMENT_MAX, &text, &length, errorp);

    if (error) {
        return error_wrap(errorp, error, "%s", name);
    }
    return vif_document_parse(name, text, length, document, errorp);
}

static void replace_interfaces(const struct vif_document *document, xmlNode *domain,
                               enum vif_form form)
{
    xmlNode *node = NULL;

    for (size_t i = 0; i < document->n_specs && (node = next_interface(domain, node)); i++) {
        xmlNode *written = vif_spec_format(&document->specs[i], form);

        xml_replace(node, written);
        node = written;
    }
}

char *vif_document_format(const struct vif_document *document, enum vif_form form)
{
    xmlDoc *copy = xmlCopyDoc(document->xml->doc, 1);
    xmlNode *root = xmlDocGetRootElement(copy);
    char *text;

    switch (document->kind) {
    case VIF_DOCUMENT_INTERFACE:
        xml_replace(root, vif_spec_format(&document->specs[0], form));
        break;
    case VIF_DOCUMENT_NETWORK:
        xml_replace(root, vif_network_format(&document->network));
        break;
    case VIF_DOCUMENT_DOMAIN:
        replace_interfaces(document, root, form);
        break;
    }
    text = xml_dump(copy);
    xmlFreeDoc(copy);
    return text;
}

xmlNode *vif_document_root(const struct vif_document *document)
{
    return xmlDocGetRootElement(document->xml->doc);
}

xmlNode **vif_document_interfaces(const struct vif_document *document)
{
    xmlNode **nodes = mem_resize(NULL, document->n_specs, sizeof(xmlNode *));
    xmlNode *node = NULL;

    for (size_t i = 0; i < document->n_specs; i++) {
        node = document->kind == VIF_DOCUMENT_DOMAIN
                   ? next_interface(vif_document_root(document), node)
                   : vif_document_root(document);
        nodes[i] = node;
    }
    return nodes;
}

char *vif_document_text(const struct vif_document *document)
{
    return xml_dump(document->xml->doc);
}

void vif_document_clear(struct vif_document *document)
{
    free(document->file);
    free(document->domain_name);
    free(document->domain_uuid);
    for (size_t i = 0; i < document->n_specs; i++) {
        vif_spec_clear(&document->specs[i]);
    }
    free(document->specs);
    vif_network_clear(&document->network);
    if (document->xml) {
        xmlFreeDoc(document->xml->doc);
    }
    free(document->xml);
    *document = (struct vif_document){0};
}
