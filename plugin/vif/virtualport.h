/* <virtualport> of an interface, a network or a portgroup. */
#ifndef VIF_VIRTUALPORT_H
#define VIF_VIRTUALPORT_H

#include "vif/spec.h"

enum virtualport_rules {
    VIRTUALPORT_TYPE_OPTIONAL = 0,
    VIRTUALPORT_TYPE_REQUIRED = 1 << 0, /* nothing is inherited, so the type must be said */
    VIRTUALPORT_COMPLETE = 1 << 1,      /* nor can missing parameters come from elsewhere; those
                                           that libvirt would generate may be missing still */
};

/* Reads the <virtualport> child of `parent`, if there is one. Returns 0 and the caller clears
 * *virtualport, or -EINVAL and it is empty. */
int vif_virtualport_parse(const struct _xmlNode *parent, unsigned rules,
                          struct vif_virtualport *virtualport, char **errorp);

/* Makes the <virtualport> element `node` say what `virtualport` says; an absent one ends up bare.
 */
void vif_virtualport_write(const struct vif_virtualport *virtualport, struct _xmlNode *node);

/* Adds to *virtualport what it does not say and `from` does. Returns 0, or -EINVAL where the two
 * contradict each other; `whence` says in the sentence where `from` is from, such as "network
 * \"blue\"". */
int vif_virtualport_merge(struct vif_virtualport *virtualport, const struct vif_virtualport *from,
                          const char *whence, char **errorp);

/* Checks that a merged virtualport has all that its type needs. */
int vif_virtualport_check_complete(const struct vif_virtualport *virtualport, char **errorp);

/* Copies `src` to *dst, which is overwritten. */
void vif_virtualport_copy(struct vif_virtualport *dst, const struct vif_virtualport *src);
void vif_virtualport_clear(struct vif_virtualport *virtualport);

#endif
