/* The guests, and the two ways to reach them: QEMU's own monitor, of which there is one session for
 * each socket, and libvirt (libvirt/relink.h). */
#ifndef WATCH_GUESTS_H
#define WATCH_GUESTS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "netdev/mac.h"
#include "vif/record.h"

struct guests;
struct vif_host;

struct guest_event {
    enum {
        GUEST_READY,     /* there is a session with it */
        GUEST_LOST,      /* there is none any more */
        GUEST_CONNECTED, /* it has the new backend of the interface `name` */
        GUEST_FAILED,    /* it has not, `why`; and has what it had before */
        GUEST_STUCK,     /* it does not react, `why`, and is waited for further */
        GUEST_UNTOLD,    /* it could not be told of its link's state, `why` */
        GUEST_STAYS,     /* the interface could not be unplugged, `why` */
        GUEST_MAC,       /* it gave its card the address `mac` */
    } kind;
    char name[IFNAMSIZ]; /* "" of a session, which all guests at `socket` have */
    const char *socket;  /* borrowed, as `why`, until the next call */
    const char *why;
    struct mac mac;
};

/* `host` and `rundir` outlive them. */
struct guests *guests_new(struct vif_host *host, const char *rundir);

/* Ends the sessions; waits, some seconds, for what libvirt is doing at this moment, and for what is
 * being unplugged. */
void guests_free(struct guests *guests);

/* Whether there is a way to the guest of this interface at all. */
bool guests_can_reach(const struct vif_record *record);

/* Whether its guest answered when it was last told something. */
bool guests_is_ready(const struct guests *guests, const struct vif_record *record);

/* An interface whose guest is to be reached from now on, and one that is not any more. */
void guests_add(struct guests *guests, const struct vif_record *record);
void guests_remove(struct guests *guests, const struct vif_record *record);

/* Besides, it was unplugged: nothing of what its guest had is to be kept. */
void guests_unplugged(struct guests *guests, const struct vif_record *record);

/* As relink_set_link(), relink_backend_gone(), relink_replace() and relink_obstacle(). */
void guests_set_link(struct guests *guests, const struct vif_record *record, bool up);
void guests_backend_gone(struct guests *guests, const struct vif_record *record);
void guests_replace(struct guests *guests, const struct vif_record *record, const int *fds,
                    size_t n_fds);
const char *guests_obstacle(const struct guests *guests, const struct vif_record *record);

/* Unplugs an interface whose guest is gone; its record goes with that. */
void guests_unplug(struct guests *guests, const struct vif_record *record);

/* Does what can be done without waiting, and takes the next event; returns whether there was one.
 */
bool guests_next(struct guests *guests, struct guest_event *event);

/* Says to the event loop what this waits for. */
void guests_wait(const struct guests *guests);

#endif
