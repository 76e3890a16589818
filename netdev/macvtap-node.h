/* The node /dev/tapN by which others open a macvtap. For the files of this room only. */
#ifndef NETDEV_MACVTAP_NODE_H
#define NETDEV_MACVTAP_NODE_H

/* Checks that /dev/tapN is there and this macvtap's. Returns 0; -EEXIST when it is another
 * device's; -ENODEV when there is none; or another negative errno value. */
int macvtap_check_node(int ifindex, char **errorp);

#endif
