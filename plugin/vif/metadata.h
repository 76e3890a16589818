/* What is vifplug's own in the <metadata> of a document, where libvirt keeps what it does not know:
 * elements of the namespace VIF_NAMESPACE (vif/xml.h). Those of other namespaces are others'
 * business.
 *
 * In a <network> with <forward mode='bridge'> and a <bridge>, the other path that interfaces may
 * take: a macvtap.
 *
 *      <vifplug:alternative xmlns:vifplug='urn:vifplug:1' dev='eth0' mode='vepa' prefer='yes'/>
 */
#ifndef VIF_METADATA_H
#define VIF_METADATA_H

#include "vif/network.h"

/* Reads the <metadata> of a <network> element, which may have none. Returns 0, or -EINVAL for what
 * our namespace does not know. The caller calls vif_alternative_clear() in either case. */
int vif_metadata_parse(const struct _xmlNode *network, struct vif_alternative *alternative,
                       char **errorp);

void vif_alternative_clear(struct vif_alternative *alternative);

#endif
