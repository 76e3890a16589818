/* Adopted interfaces: those that libvirt finds ready-made, because the hook plugs them before.
 *
 * libvirt takes a tap that is there already with <interface type='ethernet'> and <target dev=''
 * managed='no'/>, and carries what an element of <metadata> says along with the domain, from one
 * call of the hook to the next. So an adopted interface is written in two parts, which one target
 * holds together:
 *
 *     <metadata>
 *       <vifplug:interfaces xmlns:vifplug="urn:vifplug:1">
 *         <interface type="bridge">
 *           <source bridge="br0"/>
 *           <vlan><tag id="100"/></vlan>
 *           <virtualport type="openvswitch"/>
 *           <target dev="vif1234abcd" managed="no"/>
 *         </interface>
 *       </vifplug:interfaces>
 *     </metadata>
 *     <devices>
 *       <interface type="ethernet">
 *         <mac address="52:54:00:00:00:01"/>
 *         <target dev="vif1234abcd" managed="no"/>
 *         <model type="virtio"/>
 *         <driver queues="2"/>
 *       </interface>
 *     </devices>
 *
 * Both are in libvirt's own grammar. Inside the metadata is the host's side of the interface, what
 * libvirt refuses or would see to itself with type='ethernet'; outside is all the rest, the guest's
 * side, which libvirt goes on using; the attributes of <interface> are inside, but for
 * type='ethernet'. So is <vifplug:reconnect> (vif/metadata.h). The other elements inside may also
 * all be in the namespace, which is how those come back that were set with virDomainSetMetadata().
 * Nothing is said twice, so nobody can edit one part and be contradicted by the other.
 */
#ifndef LIBVIRT_ADOPTED_H
#define LIBVIRT_ADOPTED_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/document.h"

struct adopted {
    struct _xmlNode *inside;  /* in the metadata; borrowed from the document */
    struct _xmlNode *outside; /* in the devices; likewise */
    struct vif_spec spec;     /* the two as one: the interface as it was before it was adopted, but
                                 with the name of its device as target */
};

/* Reads the adopted interfaces of a domain, in the order of the metadata. Their parts must be in
 * the right place, and each <interface> in the metadata must have its other part; but with
 * `is_live` one that has none was unplugged from the running guest, and is left out. Returns 0, and
 * the caller calls adopted_free() before it clears the document; or -EINVAL. */
int adopted_read(const struct vif_document *domain, bool is_live, struct adopted **list, size_t *n,
                 char **errorp);
void adopted_free(struct adopted *list, size_t n);

/* Makes of what an adopted interface stands for a wish for vifplug: without the scripts, which
 * libvirt runs, and without a hub, which libvirt makes none of. */
void adopted_leave_to_libvirt(struct vif_spec *spec);

/* Puts what adopted interfaces stand for in the place of their outside parts among the specs of a
 * document, so that they can be planned and plugged as any others. Returns 0 or -EINVAL. */
int adopted_resolve(struct vif_document *document, char **errorp);

/* The <vifplug:interfaces> of a domain, or NULL. */
struct _xmlNode *adopted_metadata(const struct _xmlNode *domain);

/* Whether a child of an <interface> is the host's side of it, whose place is in the metadata. */
bool adopted_is_inside(const struct _xmlNode *part);

#endif
