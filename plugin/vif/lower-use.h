/* Using lower devices: what is done to one for a macvtap, and what of it is set back afterwards.
 *
 * A macvtap works only while the device below it is up, so that is brought up. It stays up when the
 * macvtap goes, since others may rely on it by then; but a plug that fails sets it down again. A
 * passthrough macvtap has the device to itself, gives it the guest's MAC address, and leaves it as
 * it was in both respects; the kernel, too, gives the address back, when it deletes the macvtap.
 * With a VLAN there is a VLAN link between the two (vif/vlan-link.h), which is subject to the same.
 *
 * What is to be set back stands in the record, so that gc can do it as well as unplug. All here but
 * vif_lower_bring_up() belongs under vif_records_lock(), where nobody else comes or goes.
 */
#ifndef VIF_LOWER_USE_H
#define VIF_LOWER_USE_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/lower.h"
#include "vif/record.h"

struct vif_host;

/* Writes down in the record of a macvtap, before anything is done, what of the device below it is
 * to be set back. */
void vif_lower_remember(const struct vif_lower *lower, struct vif_record *record);

/* Finds the link that the macvtap goes on, the lower device or a VLAN link, which is made where it
 * is missing; stores its index in *ifindex. */
int vif_lower_prepare(struct vif_host *host, struct vif_lower *lower, const struct vif_port *port,
                      int *ifindex, char **errorp);

/* Brings up what is below a macvtap on the link `ifindex`. */
int vif_lower_bring_up(struct vif_host *host, const struct vif_record *record, int ifindex,
                       char **errorp);

/* The plug is done: what was brought up for it stays so, unless the interface has it to itself. */
void vif_lower_keep_up(struct vif_record *record);

/* Whether the record is of a macvtap that leaves something to set back. Most do not, and are spared
 * the look at all links and records. */
bool vif_lower_has_to_set_back(const struct vif_record *record);

/* Sets back what `n` records, of which those of macvtaps count and whose devices are gone, say is
 * to be set back, unless somebody else uses it; and removes the VLAN links of ours that nothing
 * uses any more. */
int vif_lower_set_back(struct vif_host *host, const struct vif_record *records, size_t n,
                       char **errorp);

/* Finds the VLAN links of ours that nothing uses. On success the caller frees *links. */
int vif_lower_find_unused(struct vif_host *host, struct link_info **links, size_t *n,
                          char **errorp);

#endif
