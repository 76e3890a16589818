/* XML input: an <interface>, a <network> or a whole <domain>, from a file or standard input.
 *
 * Read with libxml2, with no network or entity access and with limits: VIF_DOCUMENT_MAX bytes,
 * libxml2's own depth of 256, no DTD. What is in a document and not vifplug's business is kept as
 * it is.
 */
#ifndef VIF_DOCUMENT_H
#define VIF_DOCUMENT_H

#include <stddef.h>

#include "vif/network.h"
#include "vif/spec.h"

#define VIF_DOCUMENT_MAX ((size_t)10 * 1024 * 1024)

/* How many interfaces a domain may have, and portgroups or devices to forward to a network: more
 * than any host can serve, and few enough to compare each with each. */
#define VIF_DOCUMENT_MAX_PARTS 4096

enum vif_document_kind {
    VIF_DOCUMENT_INTERFACE,
    VIF_DOCUMENT_NETWORK,
    VIF_DOCUMENT_DOMAIN,
};

struct vif_document {
    enum vif_document_kind kind;
    char *file; /* the name it was read from, "standard input" for "-" */

    /* Domain only. */
    char *domain_name; /* or NULL */
    char *domain_uuid; /* in lower case, or NULL */

    struct vif_spec *specs; /* in document order, those of type VIF_TYPE_OTHER too */
    size_t n_specs;

    struct vif_network network; /* network only */

    struct vif_xml *xml; /* the parsed document; private */
};

/* Reads `file`, "-" for standard input. Returns 0 and fills *document, to be cleared by the caller;
 * or -EINVAL for content that is wrong, -EFBIG, or what open(2) and read(2) return. Sentences begin
 * with the file's name, and name the line of malformed XML and the interface of a domain, as in
 * `web.xml: interface 2 (target "web0"): <mtu size='big'> is not a number`. Interfaces of a domain
 * must not share a target. */
int vif_document_load(const char *file, struct vif_document *document, char **errorp);

/* As vif_document_load(), from memory; `name` is for sentences. */
int vif_document_parse(const char *name, const char *text, size_t length,
                       struct vif_document *document, char **errorp);

/* The document as text with the interfaces and networks in it written as `form` says; caller frees.
 */
char *vif_document_format(const struct vif_document *document, enum vif_form form);

/* For those who change the elements of a document themselves, which the fields above do not follow:
 * the root element; an array of the <interface> elements that `specs` were read from, in the same
 * order, which the caller frees; and the whole as text, which the caller frees too. */
struct _xmlNode *vif_document_root(const struct vif_document *document);
struct _xmlNode **vif_document_interfaces(const struct vif_document *document);
char *vif_document_text(const struct vif_document *document);

void vif_document_clear(struct vif_document *document);

#endif
