/* The same for a guest of libvirt's, through libvirt: its monitor has one owner.
 *
 * libvirt's functions wait for the guest, so each is called in a process of its own, which ends
 * with it; its end is what the caller waits for. */
#ifndef LIBVIRT_RELINK_H
#define LIBVIRT_RELINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "vif/record.h"

/* Starts a process that sets the link of the card in the domain record->port.domain_uuid
 * (virDomainUpdateDeviceFlags), or plugs the card out and in again (detach and attach of the very
 * same <interface>, alias and address kept), the macvtap of the record being there again with its
 * node. Stores the process, and a descriptor to read its sentence from (closed at its end, nothing
 * in it on success). Returns 0 or a negative errno value. Call from a process without threads. */
int libvirt_relink_set_link(const struct vif_record *record, bool up, pid_t *pid, int *sentence_fd,
                            char **errorp);
int libvirt_relink_replace(const struct vif_record *record, pid_t *pid, int *sentence_fd,
                           char **errorp);

#endif
