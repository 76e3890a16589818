/* <vlan> of an interface, a network or a portgroup. */
#ifndef VIF_VLAN_H
#define VIF_VLAN_H

#include "vif/spec.h"

/* Reads the <vlan> child of `parent`, if there is one. Returns 0 and the caller clears *vlan, or
 * -EINVAL and *vlan is empty. */
int vif_vlan_parse(const struct _xmlNode *parent, struct vif_vlan *vlan, char **errorp);

/* Makes the <vlan> element `node` say what `vlan` says; without tags it ends up bare. */
void vif_vlan_write(const struct vif_vlan *vlan, struct _xmlNode *node);

/* Copies `src` to *dst, which is overwritten. */
void vif_vlan_copy(struct vif_vlan *dst, const struct vif_vlan *src);
void vif_vlan_clear(struct vif_vlan *vlan);

#endif
