/* Waiting until a link is gone, without looking again and again. */
#ifndef NETDEV_LINK_WATCH_H
#define NETDEV_LINK_WATCH_H

struct link_watch;

/* Begins to listen to what the kernel says of links in this namespace (RTNLGRP_LINK of
 * rtnetlink(7)): from here on no end of a link is missed. Needs no privileges. On success the
 * caller calls link_watch_close(). */
int link_watch_open(struct link_watch **watch, char **errorp);
void link_watch_close(struct link_watch *watch);

/* Waits until there is no link of that index; returns at once where there is none now. An index is
 * not given to another link before the kernel has counted through all of them. Returns 0 or a
 * negative errno value. */
int link_watch_wait_gone(struct link_watch *watch, int ifindex, char **errorp);

#endif
