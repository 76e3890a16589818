/* <bandwidth> of an interface or a portgroup. */
#ifndef VIF_BANDWIDTH_H
#define VIF_BANDWIDTH_H

#include "vif/spec.h"

/* Reads the <bandwidth> child of `parent`, if there is one. `floor_allowed`: a guaranteed rate is
 * possible only where libvirt itself runs the bridge, so only type='network' may ask for it.
 * Returns 0 or -EINVAL. */
int vif_bandwidth_parse(const struct _xmlNode *parent, bool floor_allowed,
                        struct vif_bandwidth *bandwidth, char **errorp);

/* Makes the <bandwidth> element `node` say what `bandwidth` says; without rates it ends up bare. */
void vif_bandwidth_write(const struct vif_bandwidth *bandwidth, struct _xmlNode *node);

#endif
