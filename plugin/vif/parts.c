#include "vif/parts.h"

#include <libxml/tree.h>

#include "vif/xml.h"

static bool is_known(const xmlNode *node, const struct xml_part *parts, size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++) {
        if (xml_is(node, parts[i].name)) {
            return true;
        }
    }
    return false;
}

static void add_part(xmlNode *parent, const struct xml_part *part, const void *what,
                     const xmlNode *kept)
{
    const xmlNode *old = kept ? xml_child(kept, part->name) : NULL;

    if (part->write) {
        xmlNode *node = old ? xml_copy(old) : xml_new(part->name);

        part->write(what, node);
        if (xml_is_bare(node)) {
            xmlFreeNode(node);
        } else {
            xmlAddChild(parent, node);
        }
        return;
    }
    for (; old; old = part->many ? xml_next(old) : NULL) {
        xmlAddChild(parent, xml_copy(old));
    }
}

xmlNode *xml_write_parts(const char *name, const struct xml_part *parts, size_t n_parts,
                         const void *what, const xmlNode *kept)
{
    xmlNode *element = kept ? xml_copy_shallow(kept) : xml_new(name);

    for (size_t i = 0; i < n_parts; i++) {
        add_part(element, &parts[i], what, kept);
    }
    for (const xmlNode *child = kept ? kept->children : NULL; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !is_known(child, parts, n_parts)) {
            xmlAddChild(element, xml_copy(child));
        }
    }
    return element;
}
