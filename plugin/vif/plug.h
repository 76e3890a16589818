/* Plugging: the only place that changes the host, and the only one that takes a change back.
 *
 * Theory of operation. Of a plan, those interfaces that are plugged already, just as wished, are
 * left as they are; the others are plugged together, all or none:
 *
 *   1. a record of each, in state "plugging", which is the journal: from here on gc can undo. For
 *      macvtaps this is done under vif_records_lock(), and begins with counting anew who uses their
 *      lower devices, choosing among these, and noting what is to be set back of them; it ends with
 *      VLAN links (vif/lower-use.h);
 *   2. the devices, DOWN. Taps are not persistent, so that they would go with this process.
 *      Macvtaps would not; they get their mark at once, and their queues are opened, or their node
 *      is given to whom it is for;
 *   3. of taps: mark, MAC address, MTU and Linux bridge, in one burst for all (every link event
 *      wakes ovs-vswitchd); what goes to Open vSwitch stays DOWN;
 *   4. one OVSDB transaction for all ports, stale rows replaced in it, and the wait for
 *      ovs-vswitchd. Little time may pass between the first link event and the transaction:
 *      ovs-vswitchd begins to reconfigure itself a millisecond or two after that event, and what
 *      comes later waits for the end of it. That is why nothing is brought up before (which takes
 *      the kernel as long as all the rest), and it halves the time of a plug;
 *   5. what is on Open vSwitch brought UP, in one burst: its row, with its VLAN, stands and is
 *      realised, so no frame ever passes on another;
 *   6. scripts;
 *   7. hand-over: taps made persistent; macvtaps, and what is below them, brought UP, since from
 *      then on frames are on their way to the guest. The records in state "plugged".
 *
 * Whatever fails, vif_unplug_records() takes back all that the records stand for.
 */
#ifndef VIF_PLUG_H
#define VIF_PLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vif/host.h"

struct vif_plug_options {
    bool no_wait;     /* do not wait until ovs-vswitchd has realised the ports */
    bool supervised;  /* a process looks after the interfaces as long as it lives: `run` */
    pid_t supervisor; /* which, where it is not this one */
    int64_t began_us; /* when it began, clock_us(); 0: with vif_plug() */

    /* An interface that is plugged already is refused, not left as it is: its queues are wanted,
     * and cannot be had twice. */
    bool fresh;

    bool of_libvirt; /* the guest is libvirt's */

    /* For the bridge helper: the name that was asked for, and who asked; NULL for all others. */
    const char *granted_name;
    uid_t granted_user;
    /* For vif_plug_wishes(): called with each plan, and before_data, before it is carried out; a
     * negative errno value that it returns is the end. NULL: nothing is to be said to a plan. */
    int (*before)(void *before_data, const struct vif_plan *plan, char **errorp);
    void *before_data;
};

/* An interface that is plugged. */
struct vif_plugged {
    struct vif_record record;
    bool already; /* it was there before */
    int *fds;     /* its queues, close-on-exec; none where the device is not opened here */
    size_t n_fds;
};

/* Carries out a settled plan, with the view it was settled with, of which the lower devices are
 * looked at anew. On success stores the plan's interfaces in its order in *plugged,
 * which the caller frees with vif_plugged_free(); queues are left open unless the port is
 * persistent. On failure the host is as it was, or else the sentence says what is left; -EAGAIN is
 * a failure that another plan would not have: what this one chose was taken meanwhile. */
int vif_plug(struct vif_host *host, const struct vif_plan *plan, struct vif_view *view,
             const struct vif_plug_options *options, struct vif_plugged **plugged, char **errorp);

/* Plans the `n` wishes and carries the plan out; and again, a few times, when something that the
 * plan chose was taken between the two. As vif_host_plan() and vif_plug(); *plugged has an element
 * for each wish. */
int vif_plug_wishes(struct vif_host *host, const struct vif_wish *wishes, size_t n,
                    struct vif_networks *networks, const struct vif_plan_options *plan_options,
                    const struct vif_plug_options *options, struct vif_plugged **plugged,
                    char **errorp);

/* Closes the descriptors and frees `n` elements; plugs nothing out. */
void vif_plugged_free(struct vif_plugged *plugged, size_t n);

/* Unplugs what these records, claimed by the caller, stand for: OVS rows (all in one transaction),
 * downscripts, devices, and the records themselves. Only what bears our mark is removed, and what
 * is gone already is fine. Does all it can: on an error the rest is still done, and the record of
 * what could not be undone is kept, for gc. */
int vif_unplug_records(struct vif_host *host, struct vif_record *records, size_t n, char **errorp);

/* Claims the record of each name and unplugs them. A name without a record is success. */
int vif_unplug(struct vif_host *host, const char *const *names, size_t n, char **errorp);

/* As vif_unplug(), but only what still is of the very plugs that the caller knows: a name that was
 * unplugged and plugged again meanwhile is left alone. */
int vif_unplug_known(struct vif_host *host, const struct vif_record *records, size_t n,
                     char **errorp);

#endif
