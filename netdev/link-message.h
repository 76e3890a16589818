/* What the kernel's messages say of a link. For the files of this room only. */
#ifndef NETDEV_LINK_MESSAGE_H
#define NETDEV_LINK_MESSAGE_H

#include <stdbool.h>

struct link_info;
struct nlmsghdr;

/* Fills *info from a message of the type RTM_NEWLINK or RTM_DELLINK; returns false when it is of
 * another type, or malformed, or a bridge's about its ports (AF_BRIDGE), which comes with the same
 * types. */
bool link_message_parse(const struct nlmsghdr *message, struct link_info *info);

#endif
