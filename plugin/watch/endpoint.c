#include "watch/endpoint.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "watch/endpoint-state.h"

bool endpoint_is_for(const struct vif_record *record)
{
    return record->state == VIF_PLUGGED && record->port.device == VIF_DEVICE_MACVTAP &&
           record->port.attachment == VIF_ATTACH_LOWER;
}

const char *endpoint_name(const struct endpoint *endpoint)
{
    return endpoint->record.port.name;
}

bool endpoint_is_of(const struct endpoint *endpoint, const struct vif_record *record)
{
    return str_eq(endpoint->record.plug_id, record->plug_id) &&
           str_eq(endpoint->record.qmp, record->qmp) &&
           endpoint->record.of_libvirt == record->of_libvirt;
}

bool endpoint_is_at(const struct endpoint *endpoint, const char *socket)
{
    return str_eq(endpoint->record.qmp, socket);
}

static char *who_is(const struct vif_record *record)
{
    const struct vif_port *port = &record->port;
    const char *guest = port->domain_name ? port->domain_name : port->domain_uuid;

    return guest ? str_printf("\"%s\" of guest \"%s\"", port->name, guest)
                 : str_printf("\"%s\"", port->name);
}

/* How long after a plug its record may not say yet how its guest is reached: QEMU is started then.
 */
#define LIMITS_MS 5000

/* Says once what a guest that has its interface cannot be spared. */
static void say_limits(struct endpoint *endpoint)
{
    endpoint->limits_at = INT64_MAX;
    if (endpoint->record.port.strategy == VIF_STRATEGY_NONE) {
        return;
    }
    if (!guests_can_reach(&endpoint->record)) {
        world_log(endpoint->world, LOG_INFO,
                  "%s: there is no way to its guest, so that stays cut off if the device below it "
                  "goes",
                  endpoint->who);
    }
}

void endpoint_owner_ended(struct endpoint *endpoint)
{
    endpoint_forget_owner(endpoint);
    endpoint_look_again_later(endpoint);
}

struct endpoint *endpoint_new(struct world *world, const char *name, bool is_new)
{
    struct vif_record record;

    if (vif_records_read(world->records, name, &record, NULL)) {
        return NULL;
    }
    struct endpoint *endpoint = mem_zalloc(sizeof *endpoint);
    endpoint->world = world;
    endpoint->record = record;
    endpoint->who = who_is(&record);
    endpoint->retry_at = INT64_MAX;
    endpoint->look_at = INT64_MAX;
    endpoint->limits_at = is_new ? ovs_loop_now() + LIMITS_MS : 0;
    endpoint->told = !is_new ? UNTOLD : record.port.link_down ? TOLD_DOWN : TOLD_UP;
    guests_add(world->guests, &endpoint->record);
    if (endpoint->record.before) {
        endpoint_catch_up(endpoint, PENDING_SETTLE);
        endpoint_look(endpoint); /* it had a reason to be moved */
    }
    if (record.waiting) {
        /* An earlier watcher saw it go, and knew to the second when that was. */
        endpoint->phase = WAITING;
        endpoint->due = true;
        endpoint->gone_at = ovs_loop_now() - (endpoint_epoch() - record.changed) * 1000;
    }
    endpoint_watch_owner(endpoint);
    return endpoint;
}

void endpoint_free(struct endpoint *endpoint)
{
    if (endpoint) {
        endpoint_forget_owner(endpoint);
        guests_remove(endpoint->world->guests, &endpoint->record);
        vif_record_clear(&endpoint->record);
        free(endpoint->who);
        free(endpoint->waiting_for);
        free(endpoint);
    }
}

void endpoint_unplugged(struct endpoint *endpoint)
{
    if (endpoint->unplugs) {
        world_log(endpoint->world, LOG_NOTICE, "%s: it is unplugged, since its guest is gone",
                  endpoint->who);
    }
    guests_unplugged(endpoint->world->guests, &endpoint->record);
    endpoint_free(endpoint);
}

void endpoint_record_changed(struct endpoint *endpoint)
{
    endpoint_is_still_plugged(endpoint);
}

void endpoint_guest_event(struct endpoint *endpoint, const struct guest_event *event)
{
    switch (event->kind) {
    case GUEST_READY:
        break;
    case GUEST_LOST:
        endpoint->told = UNTOLD;
        endpoint_look_again_later(endpoint);
        break;
    case GUEST_CONNECTED:
        if (endpoint->phase == HANDING) {
            endpoint_be_connected(endpoint);
            /* A card that was plugged in anew has its first address again. */
            if (endpoint->has_guest_mac && endpoint->record.port.strategy == VIF_STRATEGY_HUB) {
                endpoint_follow_mac(endpoint);
            }
        } else {
            endpoint->told = UNTOLD; /* that it is up, on what is gone again */
        }
        break;
    case GUEST_FAILED:
        if (endpoint->phase == HANDING) {
            endpoint_take_back(endpoint, event->why);
        }
        break;
    case GUEST_STUCK:
        if (!endpoint->said_stuck) {
            endpoint->said_stuck = true;
            world_log(endpoint->world, LOG_WARNING, "%s: it waits for its guest: %s", endpoint->who,
                      event->why);
        }
        break;
    case GUEST_UNTOLD:
        world_log(endpoint->world, LOG_WARNING, "%s: the guest could not be told of its link: %s",
                  endpoint->who, event->why);
        break;
    case GUEST_STAYS:
        endpoint_stays(endpoint, event->why);
        break;
    case GUEST_MAC:
        endpoint->has_guest_mac = true;
        endpoint->guest_mac = event->mac;
        endpoint_follow_mac(endpoint);
        break;
    }
}

/* Whether waiting for this link may be over. What was made for guests is never below others. */
void endpoint_link_came(struct endpoint *endpoint, const struct link_info *link)
{
    bool waits = endpoint->phase == WAITING || endpoint->reread;

    if (waits && !link_is_macvlan(link) && !str_eq(link->kind, "tun")) {
        endpoint->due = true;
    }
}

void endpoint_look(struct endpoint *endpoint)
{
    endpoint->due = true;
    endpoint->reread = true;
}

static void say_obstacle(struct endpoint *endpoint)
{
    const char *obstacle = endpoint->said_obstacle
                               ? NULL
                               : guests_obstacle(endpoint->world->guests, &endpoint->record);

    if (obstacle) {
        endpoint->said_obstacle = true;
        world_log(endpoint->world, LOG_WARNING,
                  "%s: it cannot be connected again while the guest runs: %s", endpoint->who,
                  obstacle);
    }
}

bool endpoint_run(struct endpoint *endpoint)
{
    int64_t now = ovs_loop_now();
    bool acted = endpoint->pending != 0;

    endpoint->locked_out = false;
    if (!endpoint_catch_up(endpoint, 0)) {
        acted = false;
        if (endpoint->pending & PENDING_SETTLE) {
            return false; /* who knows what it is on */
        }
    }
    const struct link_info *link = endpoint_whole_link(endpoint);

    say_obstacle(endpoint);
    if (now >= endpoint->limits_at) {
        say_limits(endpoint);
    }
    if (now >= endpoint->look_at) {
        endpoint_look_again(endpoint);
        acted = true;
    }
    if (!link && (endpoint->phase == CONNECTED || endpoint->phase == HANDING)) {
        endpoint_lose(endpoint);
        return true; /* all guests are told before the first one is seen to */
    }
    if (endpoint->phase == CONNECTED) {
        endpoint_tell_link(endpoint, link && link->up && link->carrier);
        if (endpoint->reread && endpoint->due && !endpoint->pending) {
            endpoint_move(endpoint);
        }
    } else if (endpoint->phase == WAITING) {
        endpoint_tell_gone(endpoint);
        if (!endpoint->pending && endpoint_is_time_to_try(endpoint, now)) {
            endpoint_try(endpoint);
            acted |= !endpoint->locked_out;
        }
    }
    endpoint->due = endpoint->locked_out;
    return acted;
}

int64_t endpoint_deadline(const struct endpoint *endpoint)
{
    int64_t deadline = endpoint->look_at < endpoint->limits_at ? endpoint->look_at
                                                               : endpoint->limits_at;
    bool waits = endpoint->phase == WAITING && !endpoint->locked_out;

    return waits && endpoint->retry_at < deadline ? endpoint->retry_at : deadline;
}
