/* Writing an element part by part: what fields say, over what was kept of the element that they
 * were read from. */
#ifndef VIF_PARTS_H
#define VIF_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/xml.h"

struct xml_part {
    const char *name;

    /* Makes `node`, a copy of the kept element or a new one, say what the fields of `what` say;
     * where that leaves it bare (xml_is_bare()) it is not written. NULL: kept as it is. */
    void (*write)(const void *what, xmlNode *node);

    /* There may be several; else what follows the first is dropped, as libvirt does. */
    bool many;
};

/* A new element `name`: the attributes of `kept` (NULL: none), then the parts in the order of the
 * table, then the children of `kept` that the table does not know, in the order they had. Comments
 * are not taken along: their place is gone. */
xmlNode *xml_write_parts(const char *name, const struct xml_part *parts, size_t n_parts,
                         const void *what, const xmlNode *kept);

#endif
