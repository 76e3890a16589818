/* The links of the host, as the kernel's events tell of them: so that nobody has to ask. */
#ifndef WATCH_LINKS_H
#define WATCH_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/link.h"

struct rtnl;

/* By ifindex. */
struct links {
    struct link_info *list;
    size_t n;
};

void links_clear(struct links *links);

/* Reads all anew. */
int links_read(struct links *links, struct rtnl *rtnl, char **errorp);

/* The link of that index, or NULL; borrowed until the next change. */
const struct link_info *links_find(const struct links *links, int ifindex);

/* A link is there as it says; what it was before is in *before, if there was one. Returns whether
 * there was. */
bool links_put(struct links *links, const struct link_info *link, struct link_info *before);

void links_remove(struct links *links, int ifindex);

#endif
