/* Requests that make a link, upon another or by itself. For the files of this room only. */
#ifndef NETDEV_NEW_LINK_H
#define NETDEV_NEW_LINK_H

struct nl_msg;
struct nlattr;
struct rtnl;

struct new_link {
    const char *kind; /* "macvtap" */
    const char *name;
    int lower;   /* ifindex of the lower device; 0: it has none */
    int ifindex; /* that the link shall have; 0: the kernel's choice */
};

/* A request for that link, open for what only its kind has: attributes put into it next are those
 * of IFLA_INFO_DATA. new_link_end() then ends them, and what follows are attributes of the link. */
struct nl_msg *new_link_request(const struct new_link *link, struct nlattr *open[2]);
void new_link_end(struct nl_msg *request, struct nlattr *open[2]);

/* Sends the request, and frees it; stores the new link's index in *ifindex.
 *
 * Returns 0; -EEXIST when the name is in use; -ENODEV when the lower device is gone; -EOPNOTSUPP
 * when the kernel has no links of the kind; or another negative errno value. The sentence is the
 * reason alone, for the caller to wrap. */
int new_link_send(struct rtnl *rtnl, const struct new_link *link, struct nl_msg *request,
                  int *ifindex, char **errorp);

#endif
