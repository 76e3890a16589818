/* Small helpers over libxml2's tree, for this room's own files: elements and attributes by name,
 * values read strictly, nodes written and laid out.
 *
 * Names here are those of elements and attributes in no namespace, as all of libvirt's are; what is
 * in a namespace is somebody else's and never found, but by the functions for vifplug's own.
 */
#ifndef VIF_XML_H
#define VIF_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "vif/spec.h"

/* libxml2's own name for it, which C11 lets stand twice: no header of ours includes one of its. */
typedef struct _xmlNode xmlNode;

/* The XML namespace of what vifplug itself has to say within libvirt's documents, and the prefix
 * that it is written with. */
#define VIF_NAMESPACE        "urn:vifplug:1"
#define VIF_NAMESPACE_PREFIX "vifplug"

/* Whether `node` is the element `name` in no namespace. */
bool xml_is(const xmlNode *node, const char *name);

/* Whether `node` is an element in vifplug's namespace, and of that name (NULL: of any). */
bool xml_is_own(const xmlNode *node, const char *name);

/* The first child element `name`, or NULL; libvirt too reads the first and overlooks the others. */
xmlNode *xml_child(const xmlNode *parent, const char *name);

/* The next sibling element of the same name, or NULL. */
xmlNode *xml_next(const xmlNode *node);

/* The attribute's value, which the caller frees, or NULL. */
char *xml_attribute(const xmlNode *node, const char *name);

/* The element's text without white space around it, which the caller frees; NULL if there is none.
 */
char *xml_text(const xmlNode *node);

/* Each of these reads an attribute and leaves *value alone where it is not there, or where `node`
 * is NULL. They return 0, or -EINVAL with a sentence that names element, attribute and value. */

/* A name: any text but the empty one. *value must be NULL or malloc'd, and is replaced. */
int xml_get_name(const xmlNode *node, const char *attribute, char **value, char **errorp);
/* A decimal number of at most `max`, with nothing after it. As in libvirt (strtoul(3)), white space
 * and a '+' before it are overlooked. */
int xml_get_number(const xmlNode *node, const char *attribute, uint64_t max, uint64_t *value,
                   char **errorp);
/* yes or no. */
int xml_get_tristate(const xmlNode *node, const char *attribute, enum vif_tristate *value,
                     char **errorp);
/* A UUID, as uuid_normalize() reads it. */
int xml_get_uuid(const xmlNode *node, const char *attribute, char **value, char **errorp);

/* A new element without a document. */
xmlNode *xml_new(const char *name);
/* Likewise, in vifplug's namespace. */
xmlNode *xml_new_own(const char *name);
/* A new last child of `parent`. */
xmlNode *xml_add(xmlNode *parent, const char *name);
/* A copy of `node` and all below it, without a document. */
xmlNode *xml_copy(const xmlNode *node);
/* A copy of `node` with its attributes and without its children. */
xmlNode *xml_copy_shallow(const xmlNode *node);
/* Takes `node` out of its tree and frees it. */
void xml_remove(xmlNode *node);

/* Sets an attribute; takes it away where `value` is NULL. */
void xml_set(xmlNode *node, const char *attribute, const char *value);
/* As xml_set(); 0 takes it away. */
void xml_set_number(xmlNode *node, const char *attribute, uint64_t value);
void xml_set_tristate(xmlNode *node, const char *attribute, enum vif_tristate value);

/* Makes `text` all that is in the element; NULL empties it. */
void xml_set_text(xmlNode *node, const char *text);

/* Takes all attributes and children away, so that the element is bare. */
void xml_strip(xmlNode *node);

/* Whether `node` has neither attributes nor child elements nor text, so that it says nothing. */
bool xml_is_bare(const xmlNode *node);

/* Lays out what is below `node`, which itself stands behind `indent`: each child element on a line
 * of its own and two spaces further in. Elements that hold text are left as they are. */
void xml_lay_out(xmlNode *node, const char *indent);

/* The white space in front of `node` on its line; caller frees. */
char *xml_indent(const xmlNode *node);

/* Puts the new element `new` behind `sibling`, on a line of its own where that has one. */
void xml_insert_after(xmlNode *sibling, xmlNode *new);

/* Takes `node` out of its tree, with the line that it may have to itself, and frees it. */
void xml_cut(xmlNode *node);

/* Puts `new` into the place of `old`, laid out, and frees `old`. */
void xml_replace(xmlNode *old, xmlNode *new);

#endif
