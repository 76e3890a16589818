/* Who an interface is, where nobody said so: its id and its MAC address. */
#ifndef VIF_IDENTITY_H
#define VIF_IDENTITY_H

#include <stddef.h>

#include "netdev/mac.h"

/* Writes an id, a UUID in lower case, for an interface that was given none.
 *
 * It is the same for the same interface every time, so that plugging twice is plugging once: with a
 * domain it is made from the domain's UUID and the MAC address, or the position `index` among the
 * domain's interfaces where there is no address; without a domain from the MAC address; and with
 * neither it is random. Name-based UUIDs are those of RFC 4122, version 5. */
void vif_identity_make(const char *domain_uuid, const struct mac *mac, size_t index, char id[37]);

/* Writes a random UUID. */
void vif_identity_random(char id[37]);

/* The address of an interface that was given none: QEMU's prefix 52:54:00 and three octets of the
 * id. */
struct mac vif_identity_mac(const char *interface_id);

#endif
