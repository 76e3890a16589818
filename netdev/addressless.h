/* Links that carry frames of others and have no address of their own. For the files of this room
 * only. */
#ifndef NETDEV_ADDRESSLESS_H
#define NETDEV_ADDRESSLESS_H

struct rtnl;

/* Keeps the kernel from making an IPv6 address out of the MAC address of a link when that comes up
 * (IN6_ADDR_GEN_MODE_NONE, since Linux 3.17); to be called while it is down. Where there is no IPv6
 * on the link, nothing is to be done. Returns 0; -ENODEV when the link is gone; or another negative
 * errno value. */
int link_take_no_address(struct rtnl *rtnl, int ifindex, char **errorp);

#endif
