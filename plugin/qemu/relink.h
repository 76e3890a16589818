/* A running QEMU whose cards get new backends: one QMP session that never blocks, for any number of
 * its cards.
 *
 * Theory of operation. What is to be done is a list of steps for each card (relink-card.h), each a
 * QMP command and what is waited for after it: the answer, or an event. Commands of several cards
 * are not mixed: QMP answers in order. Only while a card waits for the guest the others go on. So
 * QEMU may be stopped, or the guest may ignore what it is asked, for as long as they like; the list
 * goes on when they go on. When the socket is lost in the middle, the next session asks QEMU what
 * it has of the card, and begins where it stands.
 *
 * QEMU serves one client at a time. So where there is nothing to be done for a second, the session
 * is ended, and another one begun when there is; nothing is said of that. Only to follow the
 * address of a card the session is kept.
 */
#ifndef QEMU_RELINK_H
#define QEMU_RELINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "netdev/mac.h"
#include "vif/record.h"

struct relink;

struct relink_event {
    enum {
        RELINK_READY,     /* the session is there: what is said of it now can be done */
        RELINK_LOST,      /* it is not: QEMU has ended, or somebody else has the socket; it is tried
                             again */
        RELINK_CONNECTED, /* the card `name` has its new backend, and the guest was told */
        RELINK_FAILED,    /* it has not; `why` says it, and QEMU has what it had before */
        RELINK_STUCK,     /* the guest does not let go of the card: it is waited for further */
        RELINK_MAC,       /* the guest gave its card the address `mac` */
    } kind;
    char name[IFNAMSIZ];
    const char *why; /* borrowed until the next call */
    struct mac mac;
};

/* A path may have come to be another guest's: a card's process is the one that listens there, or
 * the one that started it (`vifplug run`), or nothing is said of the card.
 *
 * Begins a session with the QEMU that listens at `path`, which is connected to in the course of
 * relink_next(). The caller calls relink_close(). */
struct relink *relink_open(const char *path);
void relink_close(struct relink *relink);

/* Says that nobody but the QEMU that is meant can listen at the path, so that it is known by that
 * even when its parent was killed. */
void relink_trust_path(struct relink *relink);

/* Whether who listened when there last was a connection is the guest of this interface, as far as
 * that can be told. */
bool relink_is_of(const struct relink *relink, const struct vif_record *record);

/* Sets the link of a card, as the guest sees it; in its turn, after what was said before. Nothing
 * is sent where it is so already, as far as we know. */
void relink_set_link(struct relink *relink, const struct vif_record *record, bool up);

/* Says that the macvtap of a card is gone. Its link is set down; and where it has several queues
 * and no hub, its netdev is taken away from it: QEMU would die else as soon as the guest resets its
 * card, such as when it reboots (relink-replug.c). So the card is good for nothing until
 * relink_replace().
 */
void relink_backend_gone(struct relink *relink, const struct vif_record *record);

/* Gives a card the queues `fds`, of which it takes duplicates, by the strategy of its port; sets
 * its link up, unless port.link_down, and has the guest announce itself. Replaces an earlier such
 * wish that was not carried out yet. */
void relink_replace(struct relink *relink, const struct vif_record *record, const int *fds,
                    size_t n_fds);

/* Forgets what was wished of a card, since it was unplugged. */
void relink_forget(struct relink *relink, const char *name);

/* Follows the address of a card: RELINK_MAC from then on. */
void relink_follow_mac(struct relink *relink, const struct vif_record *record);

/* Why a card can never be replaced while the guest runs, such as that it is on pcie.0, where
 * nothing can be plugged out; NULL where it can, or where that is not known yet. Known after
 * RELINK_READY and an answer; borrowed. */
const char *relink_obstacle(const struct relink *relink, const char *name);

/* What to wait for; relink_deadline() is in milliseconds of the monotonic clock, INT64_MAX for
 * none. relink_fd() is -1 while there is no connection. */
int relink_fd(const struct relink *relink);
short relink_poll_events(const struct relink *relink);
int64_t relink_deadline(const struct relink *relink);

/* Does what can be done without waiting, and takes the next event; returns whether there was one.
 */
bool relink_next(struct relink *relink, struct relink_event *event);

#endif
