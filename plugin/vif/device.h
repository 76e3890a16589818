/* The devices of interfaces, taps and macvtaps: made, found again, looked at.
 *
 * A device comes into being in steps, so that plug can take each with all devices together:
 *
 *                  tap                                  macvtap
 *      make        exists and is open, down; goes       exists, down and marked; queues open, or
 * its with this process                    node given to whom it is for set up      mark, MAC
 * address, MTU, bridge       - attached    up, if on Open vSwitch               - hand over
 * outlives its descriptors,            up, and the lower device before it if persistent
 *
 * A macvtap comes up last since from then on frames are on their way to the guest.
 */
#ifndef VIF_DEVICE_H
#define VIF_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/link.h"
#include "vif/record.h"

struct vif_host;
struct vif_plugged;
struct vif_sight;

/* What plug knows of a device that it makes. */
struct vif_device_job {
    struct vif_plugged *out;       /* the record, whose `ifindex` is filled in; the queues */
    const struct vif_sight *sight; /* what was there before */
    int lower;                     /* ifindex of the link that a macvtap is put on */
    bool supervised;               /* the queues are for this process; also of an existing device */
};

/* The steps. Each returns 0 or a negative errno value; vif_device_make() -EEXIST when the name is
 * in use. */
int vif_device_make(struct vif_host *host, const struct vif_device_job *job, char **errorp);
int vif_device_set_up(struct vif_host *host, const struct vif_device_job *job, char **errorp);
int vif_device_attached(struct vif_host *host, const struct vif_device_job *job, char **errorp);
int vif_device_hand_over(struct vif_host *host, const struct vif_device_job *job, char **errorp);

/* The rest of vif_device_make() for a macvtap that is there already, out->record.ifindex: its
 * queues are opened, or its node is given to whom it is for. */
int vif_device_take(struct vif_host *host, const struct vif_device_job *job, char **errorp);

/* Sets a device of somebody else's back to what was seen of it before vif_device_set_up(). */
int vif_device_restore(struct vif_host *host, const struct vif_device_job *job, char **errorp);

/* Whether the device is made here, and so is ours to remove. */
bool vif_device_is_made(const struct vif_port *port);

/* Finds the device that a record stands for, of those made here: *ifindex is 0 when there is none,
 * or another one of its name. It is known by its mark; a macvtap that was cut short before it got
 * one by being of the record's lower device and MAC address. */
int vif_device_find(struct vif_host *host, const struct vif_record *record, int *ifindex,
                    char **errorp);

/* What is there of a record's device. */
struct vif_device_state {
    bool exists;
    bool in_use; /* some process has it open, or the one that is before it */
    pid_t user;  /* which one; 0: none, or not known */
};

/* Looks at the devices of `n` records, or of ports in a view. On success the caller frees *states,
 * which has an element for each. */
int vif_device_look(struct vif_host *host, const struct vif_record *records, size_t n,
                    struct vif_device_state **states, char **errorp);

/* Whether links are open in any process: in_use[i] for links[i]. A tap shows it by its carrier; of
 * macvtaps all processes are asked, once. */
int vif_device_find_users(const struct link_info *links, size_t n, bool *in_use, char **errorp);

#endif
