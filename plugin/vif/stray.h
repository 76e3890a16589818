/* Macvtaps that have no record: what was left where the run-time folder was lost, or what others
 * made for a guest.
 *
 * A macvtap, unlike a tap, stays until somebody deletes it. */
#ifndef VIF_STRAY_H
#define VIF_STRAY_H

#include <net/if.h>
#include <stddef.h>

#include "vif/guest.h"
#include "vif/host.h"

struct vif_stray {
    char name[IFNAMSIZ];
    int ifindex;
};

/* Finds the macvtaps without a record that are a guest's: those that bear its mark, and those with
 * one of its MAC addresses that bear no mark of ours and that nobody has open. One that bears
 * another's mark is never among them. On success the caller frees *strays. */
int vif_strays_of(struct vif_host *host, const struct vif_guest *guest, struct vif_stray **strays,
                  size_t *n, char **errorp);

/* Finds those without a record that bear a mark of ours, whosever, and that nobody has open. On
 * success the caller frees *strays. */
int vif_strays_abandoned(struct vif_host *host, struct vif_stray **strays, size_t *n,
                         char **errorp);

/* Deletes them. */
int vif_strays_remove(struct vif_host *host, const struct vif_stray *strays, size_t n,
                      char **errorp);

#endif
