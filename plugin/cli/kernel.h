/* What the running kernel has, for the doctor. */
#ifndef CLI_KERNEL_H
#define CLI_KERNEL_H

#include <stdbool.h>

/* Whether /dev is a devtmpfs, where the kernel itself makes a node /dev/tapN for each macvtap. */
bool kernel_makes_nodes(void);

/* Whether VLAN links can be made: 802.1Q is there, or is a module that the kernel finds. */
bool kernel_has_vlans(void);

#endif
