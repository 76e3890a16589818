/* What a link leaves to hardware. */
#ifndef NETDEV_OFFLOAD_H
#define NETDEV_OFFLOAD_H

/* Makes the kernel finish checksums, and with them segments, before frames go out on the link of
 * this name in the caller's network namespace (`ethtool -K NAME tx off`). Returns 0 or a negative
 * errno value. */
int link_finish_checksums(const char *name, char **errorp);

#endif
