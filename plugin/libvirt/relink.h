/* The same as qemu/relink.h for a guest of libvirt's, through libvirt: its monitor has one owner.
 *
 * libvirt's functions wait for the guest, so each is called in a process of its own, which ends
 * with it, and with ours; its end is what the caller waits for.
 *
 * What the guest had is written down before it is taken from it, in RUNDIR/libvirt: a process that
 * is killed in between leaves to the next one what that needs to give it back.
 */
#ifndef LIBVIRT_RELINK_H
#define LIBVIRT_RELINK_H

#include <stdbool.h>

#include "vif/record.h"

struct child;

/* Starts a process (base/child.h) that sets the link of the card in the domain
 * record->port.domain_uuid (virDomainUpdateDeviceFlags), or plugs the card out and in again (detach
 * and attach of the very same <interface>, alias and address kept), the macvtap of the record being
 * there again with its node. It says why where it fails, else nothing. Returns 0 or a negative
 * errno value. */
int libvirt_relink_set_link(const struct vif_record *record, bool up, struct child *child,
                            char **errorp);
int libvirt_relink_replace(const struct vif_record *record, const char *rundir, struct child *child,
                           char **errorp);

/* Forgets what the guest had of an interface that was unplugged. */
void libvirt_relink_forget(const struct vif_record *record, const char *rundir);

#endif
