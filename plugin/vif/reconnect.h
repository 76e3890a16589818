/* Connecting an interface again whose macvtap went with the device below it; and, the second use,
 * moving one to another device while it still has one that works. */
#ifndef VIF_RECONNECT_H
#define VIF_RECONNECT_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/host.h"
#include "vif/network.h"
#include "vif/record.h"

/* Finds the device that such an interface goes on now: the one of its name, or with its home_mac,
 * or the least used of its network's, as its port says (port.find). Stores the name in `name`.
 * Returns 0; -ENODEV, with a sentence that says what is waited for, when there is none (yet) that
 * can take it; -ENOENT or -EINVAL when its network is not there any more, or wrong; or another
 * negative errno value. Needs no lock, so the answer may be out of date. */
int vif_reconnect_find(struct vif_host *host, struct vif_networks *networks,
                       const struct vif_record *record, char name[IFNAMSIZ], char **errorp);

/* Makes the macvtap again on the device of that name, with the same name, MAC address, mode, MTU,
 * VLAN, mark and owner, brought up, and opens its queues unless it is persistent (then its node is
 * given to its owner). A mode that was left to us stays the one that was chosen. One that is there
 * already (a watcher was killed in between) is opened if it is ours, as it should be, and nobody
 * has it open, but for the guest it is for where it has several queues; else replaced.
 *
 * The record is read anew, all but what the watcher has seen (`waiting`, `changed` and so on, which
 * are the caller's to set); it gets the new ifindex and device, and is written. On success the
 * caller closes (*fds)[0..*n_fds-1] and frees *fds. On failure no link is left, and the sentence
 * begins with the interface. Returns 0; -ENODEV when the device is gone (again); -ENOENT when the
 * interface was unplugged meanwhile; -EBUSY, -EADDRINUSE or -EINVAL when the device cannot take it
 * now, as vif_lower_choose() has it; or another negative errno value. */
int vif_reconnect(struct vif_host *host, struct vif_record *record, const char *lower, int **fds,
                  size_t *n_fds, char **errorp);

/* Takes the macvtap of vif_reconnect() away again, since the guest could not be given it, and sets
 * back what is below. The record is read anew and written likewise. */
int vif_reconnect_undo(struct vif_host *host, struct vif_record *record, char **errorp);

/* Whether an interface is to be moved: *leaves when it is found by its network, which does not have
 * the device that it is on any more. Errors are those of the network. */
int vif_reconnect_leaves(struct vif_networks *networks, const struct vif_record *record,
                         bool *leaves, char **errorp);

/* Moves an interface to the device of that name, in two steps: this makes the new macvtap, as
 * vif_reconnect() does, which has the interface's name from then on, while the guest goes on with
 * the old one, which has another; and when the guest has the new one, vif_reconnect_moved() deletes
 * the old one and sets back what was below it. Where it could not be given that,
 * vif_reconnect_move_back() makes all as it was.
 *
 * After a kill in between, vif_reconnect_settle() does that of the two that is right: the guest
 * keeps the macvtap that it has open. Where it has both, it keeps neither, and is to be connected
 * again. All of them read the record anew, and write it; all but the first do nothing where it is
 * not being moved (record->before is NULL). Errors are those of vif_reconnect(). */
int vif_reconnect_move(struct vif_host *host, struct vif_record *record, const char *lower,
                       int **fds, size_t *n_fds, char **errorp);
int vif_reconnect_moved(struct vif_host *host, struct vif_record *record, char **errorp);
int vif_reconnect_move_back(struct vif_host *host, struct vif_record *record, char **errorp);
int vif_reconnect_settle(struct vif_host *host, struct vif_record *record, char **errorp);

#endif
