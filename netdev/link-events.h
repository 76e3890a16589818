/* What the kernel says of links: new ones, changes, ends; for an event loop. */
#ifndef NETDEV_LINK_EVENTS_H
#define NETDEV_LINK_EVENTS_H

#include "netdev/link.h"

struct link_events;

struct link_event {
    enum {
        LINK_IS_THERE, /* it is new, or something of it has changed */
        LINK_IS_GONE,  /* of `link` only ifindex and name are to be relied on */
        LINKS_MISSED,  /* there was more to say than we could listen to: look at all again */
    } kind;
    struct link_info link;
};

/* Begins to listen, in the network namespace of the caller: from here on nothing is missed without
 * a word. Needs no privileges. On success the caller calls link_events_close(). */
int link_events_open(struct link_events **events, char **errorp);
void link_events_close(struct link_events *events);

/* A descriptor that is readable when there is an event; borrowed. */
int link_events_fd(const struct link_events *events);

/* Takes the next event. Returns 0; -EAGAIN, without a sentence, when there is none; or another
 * negative errno value. Does not wait. */
int link_events_next(struct link_events *events, struct link_event *event, char **errorp);

#endif
