#include "netdev/link-watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"

struct link_watch {
    int fd;            /* the group's messages and no others */
    struct rtnl *rtnl; /* for questions */
};

int link_watch_open(struct link_watch **watchp, char **errorp)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct rtnl *rtnl;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) {
        return error_set(errorp, errno, "cannot listen to what the kernel says of links: %m");
    }
    int error = rtnl_open(&rtnl, errorp);
    if (error) {
        return error;
    }
    *watchp = mem_zalloc(sizeof **watchp);
    (*watchp)->fd = steal_fd(&fd);
    (*watchp)->rtnl = rtnl;
    return 0;
}

void link_watch_close(struct link_watch *watch)
{
    if (watch) {
        close(watch->fd);
        rtnl_close(watch->rtnl);
        free(watch);
    }
}

static int look(struct link_watch *watch, int ifindex, bool *gone, char **errorp)
{
    auto_free char *sentence = NULL;
    struct link_info link;
    int error = link_get_by_index(watch->rtnl, ifindex, &link, &sentence);

    *gone = error == -ENODEV;
    return error && !*gone ? error_set(errorp, -error, "%s", sentence) : 0;
}

/* Whether one of the messages says that the link is gone. */
static bool tells_end(struct nlmsghdr *message, size_t length, int ifindex)
{
    for (unsigned left = (unsigned)length; NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
        const struct ifinfomsg *link = NLMSG_DATA(message);

        /* A bridge tells of ports that leave it in the same words. */
        if (message->nlmsg_type == RTM_DELLINK && link->ifi_family == AF_UNSPEC &&
            message->nlmsg_len >= NLMSG_LENGTH(sizeof *link) && link->ifi_index == ifindex) {
            return true;
        }
    }
    return false;
}

int link_watch_wait_gone(struct link_watch *watch, int ifindex, char **errorp)
{
    struct nlmsghdr buffer[32768 / sizeof(struct nlmsghdr)];
    bool gone;
    int error = look(watch, ifindex, &gone, errorp);

    while (!error && !gone) {
        struct sockaddr_nl from = {0};
        socklen_t from_size = sizeof from;
        ssize_t length = recvfrom(watch->fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from,
                                  &from_size);

        if (length < 0 && errno == ENOBUFS) {
            /* There was more to say than we could listen to. */
            error = look(watch, ifindex, &gone, errorp);
        } else if (length < 0 && errno != EINTR) {
            return error_set(errorp, errno, "cannot listen to what the kernel says of links: %m");
        } else if (length > 0 && from.nl_pid == 0) {
            gone = tells_end(buffer, (size_t)length, ifindex);
        }
    }
    return error;
}
