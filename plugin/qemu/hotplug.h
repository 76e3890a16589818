/* Hot plug: giving a QEMU that runs another network card, and taking it away again, over QMP.
 *
 * What the parts of a card are called is in card.h.
 */
#ifndef QEMU_HOTPLUG_H
#define QEMU_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/port.h"

struct qmp;

/* How long a guest is waited for that is to let go of a card, in seconds. With native PCIe hot plug
 * Linux waits for 5 seconds before it begins: somebody might press the attention button again
 * (drivers/pci/hotplug/pciehp_ctrl.c). */
#define HOTPLUG_SECONDS 10

struct hotplug_nic {
    const char *name; /* of the interface's device on the host */
    const char *id;   /* of QEMU's device */
    bool there;       /* QEMU has it, or something of it */
    size_t n_fds;     /* how many queues it has */
    bool hub;         /* it has a hub, or may have one */

    /* Only what is to be plugged in has these. */
    const struct vif_port *port;
    const char *bus;
    const int *fds; /* a queue each */
};

/* Gives QEMU all these cards, or none. After a failure that could not be undone, since QEMU does
 * not answer or the guest does not let go, `there` is set in what is left, or may be. `wait_ms`
 * bounds the wait for the guest then. Returns 0 or as qmp_execute(). */
int hotplug_plug(struct qmp *qmp, struct hotplug_nic *nics, size_t n, int wait_ms, char **errorp);

/* Takes the cards away and waits, at most so long, until the guest has let go of all of them. One
 * that is gone already is fine, and `there` says which ones are not. Returns 0; -ETIME when the
 * guest does not let go, though it may do so later; -EBUSY when it says that it will not; or as
 * qmp_execute(). */
int hotplug_unplug(struct qmp *qmp, struct hotplug_nic *nics, size_t n, int wait_ms, char **errorp);

#endif
