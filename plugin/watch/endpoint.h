/* A macvtap of ours, and its guest's way to the network.
 *
 * Theory of operation. The kernel deletes a macvtap with the device below it, tells nobody who has
 * it open, and does not make it again. So
 *
 *      connected   the macvtap is there, and its guest sees as much carrier as it has
 *          |       its link goes, or what is below it goes to another network namespace: the guest
 *          |       is told that its link is down, the record that the interface is waiting
 *      waiting     for a device that the interface can go on
 *          |       there is one: the macvtap is made again (vif/reconnect.h)
 *      handing     the guest is given it (watch/guests.h), which may take as long as the guest is
 *          |       stopped, for instance
 *      connected   and the record says since when and how long it took
 *
 * What fails is tried again when a link appears or changes, and after a while that grows. Whether
 * an interface was unplugged is asked of its record, when its link goes and before anything is
 * made.
 *
 * An interface whose process is gone, with nobody who has the device open and no guest that
 * answers, is unplugged after a second look: what gc would do, at once.
 */
#ifndef WATCH_ENDPOINT_H
#define WATCH_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "watch/world.h"

struct endpoint;

/* Whether the interface of this record is one that is looked after here. */
bool endpoint_is_for(const struct vif_record *record);

/* An endpoint for the record, of which it takes a copy of its own; NULL when that is gone
 * meanwhile. The guest of one that `is_new` knows its link as it is; of another one an earlier
 * watcher may have told it something else. `world` outlives it. */
struct endpoint *endpoint_new(struct world *world, const char *name, bool is_new);
void endpoint_free(struct endpoint *endpoint);

/* As endpoint_free(), of one whose interface was unplugged. */
void endpoint_unplugged(struct endpoint *endpoint);

const char *endpoint_name(const struct endpoint *endpoint);

/* The record was written by somebody. */
void endpoint_record_changed(struct endpoint *endpoint);

/* Whether it is still of the same plug as the record. */
bool endpoint_is_of(const struct endpoint *endpoint, const struct vif_record *record);

/* Whether its guest is reached by the monitor at that socket. */
bool endpoint_is_at(const struct endpoint *endpoint, const char *socket);

/* The process that looks after it has ended: what is in the events of world->owners_fd. */
void endpoint_owner_ended(struct endpoint *endpoint);

/* A link is new, or another than before. */
void endpoint_link_came(struct endpoint *endpoint, const struct link_info *link);

/* Links, or networks, are to be looked at again as a whole. */
void endpoint_look(struct endpoint *endpoint);

void endpoint_guest_event(struct endpoint *endpoint, const struct guest_event *event);

/* Does what can be done now. Returns whether that took some time, so that others may have come
 * meanwhile whose turn it is. */
bool endpoint_run(struct endpoint *endpoint);

/* When there is something to do without an event, in milliseconds of the monotonic clock;
 * INT64_MAX for never. */
int64_t endpoint_deadline(const struct endpoint *endpoint);

#endif
