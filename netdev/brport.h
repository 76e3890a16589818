/* Ports of Linux bridges and their flags. */
#ifndef NETDEV_BRPORT_H
#define NETDEV_BRPORT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

struct rtnl;

/* A port as the kernel shows it at one moment. */
struct brport {
    int ifindex;
    char name[IFNAMSIZ];
    int bridge;    /* ifindex of the bridge that it is a port of */
    bool isolated; /* IFLA_BRPORT_ISOLATED: it reaches only ports that are not */
    bool hairpin;  /* IFLA_BRPORT_MODE: frames may go out where they came in */
};

/* Reads one port. Returns 0; -ENODEV when the link is gone; -EOPNOTSUPP when it is no port of a
 * Linux bridge; or another negative errno value. */
int brport_get(struct rtnl *rtnl, int ifindex, struct brport *port, char **errorp);

/* Reads all ports of the bridge with the index `bridge` in one dump, in the kernel's order; none
 * for a link that is no bridge. On success the caller frees *ports. */
int brport_list(struct rtnl *rtnl, int bridge, struct brport **ports, size_t *n, char **errorp);

/* Set one flag of a port. Return as brport_get(), and -EPERM without CAP_NET_ADMIN. */
int brport_set_isolated(struct rtnl *rtnl, int ifindex, bool isolated, char **errorp);
int brport_set_hairpin(struct rtnl *rtnl, int ifindex, bool hairpin, char **errorp);

#endif
