/* Requests to the kernel over a session of rtnl.h. For the files of this room only. */
#ifndef NETDEV_REQUEST_H
#define NETDEV_REQUEST_H

struct nl_msg;
struct nlmsghdr;
struct rtnl;

/* A new request of this type (RTM_GETLINK, ...) about the link `ifindex` (0: none in particular)
 * of the address family `family`. Attributes go into it with libnl's nla_put(); a page is room
 * enough for all that we ever ask. Caller frees with request_free(); NULL is fine there. */
struct nl_msg *request_new(int type, int flags, int family, int ifindex);

void request_free(struct nl_msg *request);

/* Called with each message of the answer; with NULL when all that was received so far is void,
 * since the kernel was interrupted by a change and the dump begins anew. */
typedef void request_reply_fn(const struct nlmsghdr *reply, void *arg);

/* Sends the request and waits for the end of the answer. `reply` may be NULL.
 *
 * Returns 0, or the negative errno value that the kernel answered with; the sentence is then its
 * text and, where there are any, the kernel's own words (the extended acknowledgement of
 * Documentation/userspace-api/netlink/intro.rst), for the caller to wrap: "Invalid argument (mtu
 * greater than device maximum)". */
int request_send(struct rtnl *rtnl, struct nl_msg *request, request_reply_fn *reply, void *arg,
                 char **errorp);

#endif
