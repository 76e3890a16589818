/* Whether a link is wireless. */
#ifndef NETDEV_WIRELESS_H
#define NETDEV_WIRELESS_H

#include <stdbool.h>

/* Sets *wireless for the link of that name in the caller's network namespace: rtnetlink does not
 * tell, but sysfs shows a phy80211 with it. An access point drops frames with any address but the
 * station's own, so nothing can be put on top of one. Who may not mount a sysfs (no CAP_SYS_ADMIN)
 * is told what /sys says. Returns 0; -ENODEV when there is no such link; or another negative errno
 * value. */
int link_is_wireless(const char *name, bool *wireless, char **errorp);

#endif
