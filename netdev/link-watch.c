#include "netdev/link-watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link-events.h"
#include "netdev/rtnl.h"

struct link_watch {
    struct link_events *events;
    struct rtnl *rtnl; /* for questions */
};

int link_watch_open(struct link_watch **watchp, char **errorp)
{
    struct link_events *events;
    struct rtnl *rtnl;
    int error = link_events_open(&events, errorp);

    if (error) {
        return error;
    }
    error = rtnl_open(&rtnl, errorp);
    if (error) {
        link_events_close(events);
        return error;
    }
    *watchp = mem_zalloc(sizeof **watchp);
    (*watchp)->events = events;
    (*watchp)->rtnl = rtnl;
    return 0;
}

void link_watch_close(struct link_watch *watch)
{
    if (watch) {
        link_events_close(watch->events);
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

static int wait_for_event(struct link_watch *watch, char **errorp)
{
    struct pollfd readable = {.fd = link_events_fd(watch->events), .events = POLLIN};

    return poll(&readable, 1, -1) < 0 && errno != EINTR
               ? error_set(errorp, errno, "cannot listen to what the kernel says of links: %m")
               : 0;
}

int link_watch_wait_gone(struct link_watch *watch, int ifindex, char **errorp)
{
    bool gone;
    int error = look(watch, ifindex, &gone, errorp);

    while (!error && !gone) {
        struct link_event event;

        error = link_events_next(watch->events, &event, errorp);
        if (error == -EAGAIN) {
            error = wait_for_event(watch, errorp);
        } else if (!error && event.kind == LINKS_MISSED) {
            error = look(watch, ifindex, &gone, errorp);
        } else if (!error) {
            gone = event.kind == LINK_IS_GONE && event.link.ifindex == ifindex;
        }
    }
    return error;
}
