/* Names of network interfaces: checked before use, and generated. */
#ifndef NETDEV_IFNAME_H
#define NETDEV_IFNAME_H

#include <net/if.h>
#include <stdbool.h>

/* Checks `name` as a name for a link: 1 to IFNAMSIZ - 1 (15) bytes; not "." or ".."; no '/', ':',
 * '%', white space, control characters or bytes outside ASCII. The kernel's dev_valid_name()
 * (net/core/dev.c) refuses '/', ':' and white space; '%' would make it count up a name of its own,
 * and the rest would be a trap in logs and scripts.
 *
 * Returns 0, or -EINVAL or -ENAMETOOLONG. */
int ifname_check(const char *name, char **errorp);

/* Whether `name` is one that libvirt generates and re-uses: vnet, macvtap or macvlan followed by
 * nothing but digits. vifplug makes no links of such names. */
bool ifname_is_libvirts(const char *name);

/* Writes the name that vifplug generates for the interface with this id to `name`: "vif" and the
 * first 8 hex digits of `interface_id` (a UUID in text form), in lower case. The same interface
 * always gets the same name, and no other does soon after it is gone. `attempt` above 0 takes the
 * digits from further on in the id, for when the name is in use by another interface; there are
 * IFNAME_ATTEMPTS of them.
 *
 * Returns 0, or -EINVAL when the id is not a UUID or `attempt` is out of range. */
int ifname_generate(const char *interface_id, unsigned attempt, char name[IFNAMSIZ]);
#define IFNAME_ATTEMPTS 4

#endif
