/* A network card in QEMU: what its parts are called, and the arguments of the QMP commands that
 * make them. Whoever comes later, to detach it or to give it a new backend, knows them by these
 * names.
 *
 * A card ID is a device of that id, which the guest sees, and a netdev "hostID", which has the
 * descriptors; libvirt names it so, too. When it gets new descriptors, there is for a while a
 * second netdev beside it, and from then on the two take turns: card_netdev().
 *
 * A card with a hub (VIF_STRATEGY_HUB) has a port of it for a netdev, "hostID", and the descriptors
 * are at another port: card_hub_tap() and card_hub_port(), of which there are two for the same
 * reason.
 */
#ifndef QEMU_CARD_H
#define QEMU_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/port.h"

struct cJSON;

/* How many backends of a card there can be at a time. */
#define CARD_TURNS 2

/* The id of the device for an interface of that name: its alias, or else "vif-" and the name, in
 * which what an id cannot have is escaped. Caller frees, as of all names here. */
char *card_id(const char *name, const char *alias);

/* The netdev of a card for each turn, 0 and 1. */
char *card_netdev(const char *id, unsigned turn);

/* The tap at a card's hub for each turn, and its port there. */
char *card_hub_tap(const char *id, unsigned turn);
char *card_hub_port(const char *id, unsigned turn);

/* The filters of relink-gates.h: that at the tap of each turn, and that at the card's port. */
char *card_gate(const char *id, unsigned turn);
char *card_hold(const char *id);

/* The names under which QEMU holds descriptors of a card until a netdev takes them: of its queues
 * ("fd") and of vhost-net for these ("vhost"). */
#define CARD_FD    "fd"
#define CARD_VHOST "vhost"
char *card_fd(const char *id, const char *what, size_t queue);

/* Arguments: with only a text; of set_link; of netdev_add for a tap of `n_fds` queues that QEMU was
 * given under card_fd(), and for a port of a hub, of `netdev` or, where that is NULL, to be given
 * to a card; of device_add, where `bus` and `addr` may be NULL. The caller owns them. */
struct cJSON *card_text(const char *key, const char *value);
struct cJSON *card_link(const char *name, bool up);
struct cJSON *card_tap(const char *netdev, const char *id, size_t n_fds, size_t n_vhost);
struct cJSON *card_hubport(const char *port, int hub, const char *netdev);
struct cJSON *card_device(const struct vif_port *port, const char *id, const char *bus,
                          const char *addr, const char *netdev);

/* Whether QEMU refuses device_del only because the guest has been asked already, for which there is
 * no class (qmp_device_del() in softmmu/qdev-monitor.c, pcie_cap_slot_unplug_request_cb() in
 * hw/pci/pcie.c). */
bool card_is_leaving(const char *words);

/* Whether a refusal of device_add means that QEMU has yet to free a device of that id, which it no
 * longer shows; then its DEVICE_DELETED is yet to come. */
bool card_is_not_freed(const char *words);

#endif
