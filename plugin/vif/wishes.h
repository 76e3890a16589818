/* Collecting wishes: the interfaces of documents, and others, for one plan. */
#ifndef VIF_WISHES_H
#define VIF_WISHES_H

#include <stddef.h>

#include "vif/document.h"
#include "vif/plan.h"

struct vif_wishes {
    struct vif_wish *list; /* all in them but `where` stays with its owner */
    char **wheres;         /* of the wishes */
    size_t n;
};

/* Adds a wish that belongs to no domain; `where` is copied. */
void vif_wishes_add(struct vif_wishes *wishes, const struct vif_spec *spec, const char *where);

/* Adds a wish that belongs to a domain, which must outlive the wishes; `where` is copied. */
void vif_wishes_add_of(struct vif_wishes *wishes, const struct vif_spec *spec,
                       const struct vif_document *domain, const char *where);

/* Adds the interfaces of an <interface> or <domain>, which must outlive the wishes, but for those
 * of VIF_TYPE_OTHER. Each of these is told to `left_alone` (NULL: nobody), in a sentence. */
void vif_wishes_add_document(struct vif_wishes *wishes, const struct vif_document *document,
                             void (*left_alone)(void *data, const char *sentence), void *data);

void vif_wishes_clear(struct vif_wishes *wishes);

#endif
