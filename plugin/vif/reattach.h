/* Taps that somebody deletes while they are in use. */
#ifndef VIF_REATTACH_H
#define VIF_REATTACH_H

#include <stddef.h>

#include "netdev/tap.h"
#include "vif/host.h"

/* Makes the tap of a record anew, on its queues `fds`, which are open here and in QEMU, and all
 * that went with it: mark, address, MTU, state, its place on a Linux bridge, its port in Open
 * vSwitch; runs its script again. `settings` are those that the tap had.
 *
 * *record is read anew; on success it has the new ifindex and is written. Returns 0; -EEXIST while
 * the name is somebody else's; -ECANCELED when the interface is being unplugged; or another
 * negative errno value, after which the tap is gone, or there but without what the sentence says:
 * what is missing then can be put back by vif_repair(). */
int vif_reattach(struct vif_host *host, struct vif_record *record, const int *fds, size_t n_fds,
                 const struct tap_settings *settings, char **errorp);

#endif
