/* What is vifplug's own in libvirt's documents: elements of the namespace VIF_NAMESPACE
 * (vif/xml.h). Those of other namespaces are others' business.
 *
 * In the <metadata> of a <network>, where libvirt keeps what it does not know: with <forward
 * mode='bridge'> and a <bridge>, the other path that interfaces may take, a macvtap; and how those
 * on a macvtap are connected again, unless they say otherwise.
 *
 *      <vifplug:alternative xmlns:vifplug='urn:vifplug:1' dev='eth0' mode='vepa' prefer='yes'/>
 *      <vifplug:reconnect xmlns:vifplug='urn:vifplug:1' strategy='replug' find='pool'/>
 *
 * In an <interface>, how that one is connected again. libvirt would drop it there, so of an adopted
 * interface (libvirt/adopted.h) it stands in the metadata with the rest of the host's side; and for
 * one that is not adopted it may stand beside those, and says which one is meant:
 *
 *      <metadata>
 *        <vifplug:interfaces xmlns:vifplug='urn:vifplug:1'>
 *          <vifplug:reconnect dev='web0' strategy='hub' find='mac'/>
 *        </vifplug:interfaces>
 *      </metadata>
 */
#ifndef VIF_METADATA_H
#define VIF_METADATA_H

#include "vif/network.h"

/* Reads the <metadata> of a <network> element, which may have none: into alternative, strategy and
 * find of `network`. Returns 0, or -EINVAL for what our namespace does not know. The caller clears
 * the network in either case. */
int vif_metadata_parse(const struct _xmlNode *element, struct vif_network *network, char **errorp);

/* Reads the <reconnect> of an <interface> element, if it has one. Returns 0 or -EINVAL. */
int vif_metadata_parse_interface(const struct _xmlNode *interface, struct vif_spec *spec,
                                 char **errorp);

/* Adds it to an <interface> element that has none. */
void vif_metadata_write_interface(const struct vif_spec *spec, struct _xmlNode *interface);

/* Reads what the <metadata> of a <domain> element says of how its interfaces are connected again,
 * and fills it in with those of `n` specs that are meant and do not say it themselves; those that
 * are not among them do not matter. Returns 0 or -EINVAL. */
int vif_metadata_parse_domain(const struct _xmlNode *domain, struct vif_spec *specs, size_t n,
                              char **errorp);

void vif_alternative_clear(struct vif_alternative *alternative);

#endif
