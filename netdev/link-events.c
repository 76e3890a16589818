#include "netdev/link-events.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link-message.h"

/* As large a message as the kernel makes of one link; those of a card with hundreds of virtual
 * functions are the largest. */
#define BUFFER_SIZE 32768

/* What may wait to be read: some thousand messages, which is more than a host's start makes in the
 * time that we are busy. It is a limit, not memory that is taken. */
#define WAITING_SIZE (8 << 20)

struct link_events {
    int fd;
    struct nlmsghdr *next; /* within the buffer */
    unsigned left;         /* bytes from there on */
    struct nlmsghdr buffer[BUFFER_SIZE / sizeof(struct nlmsghdr)];
};

int link_events_open(struct link_events **eventsp, char **errorp)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    const int size = WAITING_SIZE;

    if (fd < 0) {
        return error_set(errorp, errno, "cannot listen to what the kernel says of links: %m");
    }
    /* Beyond the limit of net.core.rmem_max where we are root; up to it where not. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) {
        return error_set(errorp, errno, "cannot listen to what the kernel says of links: %m");
    }
    *eventsp = mem_zalloc(sizeof **eventsp);
    (*eventsp)->fd = steal_fd(&fd);
    return 0;
}

void link_events_close(struct link_events *events)
{
    if (events) {
        close(events->fd);
        free(events);
    }
}

int link_events_fd(const struct link_events *events)
{
    return events->fd;
}

/* Reads messages into the buffer. Sets *missed where there were some that we could not be told. */
static int receive(struct link_events *events, bool *missed, char **errorp)
{
    struct sockaddr_nl from = {0};
    struct iovec part = {.iov_base = events->buffer, .iov_len = sizeof events->buffer};
    struct msghdr datagram = {
        .msg_name = &from,
        .msg_namelen = sizeof from,
        .msg_iov = &part,
        .msg_iovlen = 1,
    };
    ssize_t length = recvmsg(events->fd, &datagram, 0);

    events->left = 0;
    if (length < 0 && errno == EAGAIN) {
        return -EAGAIN;
    }
    *missed = length < 0 ? errno == ENOBUFS : datagram.msg_flags & MSG_TRUNC;
    if (*missed || (length < 0 && errno == EINTR)) {
        return 0;
    }
    if (length < 0) {
        return error_set(errorp, errno, "cannot listen to what the kernel says of links: %m");
    }
    if (from.nl_pid == 0) {
        events->next = events->buffer;
        events->left = (unsigned)length;
    }
    return 0;
}

/* Takes the next message in the buffer; false where it says nothing of a link. */
static bool take_message(struct link_events *events, struct link_event *event)
{
    struct nlmsghdr *message = events->next;

    events->next = NLMSG_NEXT(message, events->left);
    event->kind = message->nlmsg_type == RTM_DELLINK ? LINK_IS_GONE : LINK_IS_THERE;
    return link_message_parse(message, &event->link);
}

int link_events_next(struct link_events *events, struct link_event *event, char **errorp)
{
    for (;;) {
        bool missed = false;

        while (NLMSG_OK(events->next, events->left)) {
            if (take_message(events, event)) {
                return 0;
            }
        }
        int error = receive(events, &missed, errorp);

        if (error) {
            return error;
        }
        if (missed) {
            event->kind = LINKS_MISSED;
            return 0;
        }
    }
}
