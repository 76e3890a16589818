/* The parts of an endpoint that are not for others: its state; its record, and the process that
 * looks after it (endpoint-record.c); how its guest is connected again (endpoint-connect.c). */
#ifndef WATCH_ENDPOINT_STATE_H
#define WATCH_ENDPOINT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "watch/endpoint.h"

struct endpoint {
    struct world *world;
    struct vif_record record;
    char *who; /* for sentences */

    enum phase {
        CONNECTED,
        WAITING,
        HANDING,
        LOST, /* the macvtap is gone, and nothing can be done about it */
    } phase;
    enum { UNTOLD, TOLD_GONE, TOLD_DOWN, TOLD_UP } told; /* what the guest knows of its link */
    int64_t gone_at;                                     /* when the macvtap went */
    bool due;         /* something has happened that it may have waited for */
    bool reread;      /* networks were: it may have to be moved */
    int64_t retry_at; /* or INT64_MAX */
    int64_t retry_ms;
    int64_t tried_at;
    int64_t look_at;   /* the second look, or INT64_MAX */
    bool locked_out;   /* another process has the lock of the records */
    unsigned pending;  /* what is to be done as soon as that can be had: PENDING_* */
    bool unplugs;      /* a process does */
    int64_t limits_at; /* when to say what cannot be done for its guest, or INT64_MAX */
    char *waiting_for; /* what was said last */
    bool said_stuck;
    bool said_obstacle;
    int owner_fd; /* a pidfd, or -1 */
    bool has_guest_mac;
    struct mac guest_mac; /* that the guest gave its card */
};

/* What is done under the lock of the records, and cannot fail but for good. In this order. */
enum {
    PENDING_SETTLE = 1 << 0,    /* find out which macvtap its guest is on */
    PENDING_MOVED = 1 << 1,     /* the guest has the new one */
    PENDING_MOVE_BACK = 1 << 2, /* it has the old one */
    PENDING_UNDO = 1 << 3,      /* it was not given that which was made again */
    PENDING_STORE = 1 << 4,     /* what was seen into the record as it is now */
};

/* Seconds since the epoch. */
int64_t endpoint_epoch(void);

/* world_lock(), and where that fails the endpoint's turn is over, and comes again. */
bool endpoint_lock(struct endpoint *endpoint);

/* Whether the record on disk is still of this plug, and is not being unplugged; which then is the
 * one we go on with. One that cannot be read does not say that it is not. */
bool endpoint_is_still_plugged(struct endpoint *endpoint);

/* Does what is pending, with `more` of it. Returns false, with all of it still pending, where
 * another process has the lock. */
bool endpoint_catch_up(struct endpoint *endpoint, unsigned more);

/* For that: writes what was seen into the record as it is now, where it still is of this plug. */
void endpoint_store_seen(struct endpoint *endpoint);

/* Has us told when the process ends that looks after it, and no longer; one that has ended already
 * is for a second look. */
void endpoint_watch_owner(struct endpoint *endpoint);
void endpoint_forget_owner(struct endpoint *endpoint);

/* The second look, which unplugs what nobody has any more; some time from now, or at once. */
void endpoint_look_again_later(struct endpoint *endpoint);
void endpoint_look_again(struct endpoint *endpoint);

/* It could not be unplugged. */
void endpoint_stays(struct endpoint *endpoint, const char *why);

/* The macvtap as it is now, if it is there with what it is on; else NULL. */
const struct link_info *endpoint_whole_link(const struct endpoint *endpoint);

/* Tells the guest of its link, or that there is nothing behind its card any more, where it does not
 * know. */
void endpoint_tell_link(struct endpoint *endpoint, bool up);
void endpoint_tell_gone(struct endpoint *endpoint);

/* The macvtap has gone. */
void endpoint_lose(struct endpoint *endpoint);

/* Whether it is time to try; an event that comes too early makes it time soon. */
bool endpoint_is_time_to_try(struct endpoint *endpoint, int64_t now);

/* Makes the macvtap again, and gives it to the guest, where there is a device for it. */
void endpoint_try(struct endpoint *endpoint);

/* Gives the guest a macvtap that was made for it; takes the queues, and closes them. */
void endpoint_hand_over(struct endpoint *endpoint, int *fds, size_t n_fds);

/* Has the guest leave a device that its network does not have any more (endpoint-move.c). */
void endpoint_move(struct endpoint *endpoint);

/* For endpoint_catch_up(). */
void endpoint_end_move(struct endpoint *endpoint);
void endpoint_undo(struct endpoint *endpoint);

/* Something failed that may succeed later: the sentence, which is freed, is told once in a row. */
void endpoint_fail(struct endpoint *endpoint, int level, char *sentence);

/* The guest has it; or was not given it. */
void endpoint_be_connected(struct endpoint *endpoint);
void endpoint_take_back(struct endpoint *endpoint, const char *why);

/* Gives the macvtap the address that the guest gave its card. */
void endpoint_follow_mac(struct endpoint *endpoint);

#endif
