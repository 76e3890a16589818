#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "netdev/link.h"
#include "ovs/loop.h"
#include "vif/reconnect.h"
#include "watch/endpoint-state.h"

/* Between the tries of what failed. */
#define RETRY_FIRST_MS 250
#define RETRY_LAST_MS  60000

/* What fails may itself be what wakes us: it is not tried more often than this for events. */
#define RETRY_AT_EVENTS_MS 1000

const struct link_info *endpoint_whole_link(const struct endpoint *endpoint)
{
    const struct links *links = &endpoint->world->links;
    const struct link_info *link = links_find(links, endpoint->record.ifindex);

    return link && link->macvtap_mode && link->lower && links_find(links, link->lower) ? link
                                                                                       : NULL;
}

void endpoint_tell_link(struct endpoint *endpoint, bool up)
{
    int wanted = up ? TOLD_UP : TOLD_DOWN;

    if (up && endpoint->record.port.link_down) {
        return; /* it was to be down from the beginning */
    }
    if ((int)endpoint->told != wanted) {
        endpoint->told = wanted;
        guests_set_link(endpoint->world->guests, &endpoint->record, up);
    }
}

void endpoint_tell_gone(struct endpoint *endpoint)
{
    if (endpoint->told != TOLD_GONE) {
        endpoint->told = TOLD_GONE;
        guests_backend_gone(endpoint->world->guests, &endpoint->record);
    }
}

bool endpoint_is_time_to_try(struct endpoint *endpoint, int64_t now)
{
    int64_t pause = endpoint->retry_ms < RETRY_AT_EVENTS_MS ? endpoint->retry_ms
                                                            : RETRY_AT_EVENTS_MS;
    int64_t soon = endpoint->tried_at + pause;

    if (endpoint->due && soon < endpoint->retry_at) {
        endpoint->retry_at = soon;
    }
    return now >= endpoint->retry_at;
}

static void retry_later(struct endpoint *endpoint)
{
    endpoint->retry_ms = endpoint->retry_ms ? endpoint->retry_ms * 2 : RETRY_FIRST_MS;
    if (endpoint->retry_ms > RETRY_LAST_MS) {
        endpoint->retry_ms = RETRY_LAST_MS;
    }
    endpoint->retry_at = ovs_loop_now() + endpoint->retry_ms;
}

/* Why nothing can be done about a macvtap that is gone, or NULL. */
static const char *why_lost(const struct vif_record *record)
{
    if (record->port.strategy == VIF_STRATEGY_NONE) {
        return "it is not to be connected again";
    }
    return guests_can_reach(record) || record->port.persistent ? NULL
                                                               : "there is no way to its guest";
}

void endpoint_lose(struct endpoint *endpoint)
{
    struct vif_record *record = &endpoint->record;

    if (!endpoint_is_still_plugged(endpoint)) {
        endpoint->phase = LOST; /* by who unplugs it, who removes the record, too */
        return;
    }
    endpoint_tell_gone(endpoint);
    if (endpoint->phase == CONNECTED) {
        endpoint->gone_at = ovs_loop_now();
    }
    if (!vif_record_owner_lives(record)) {
        endpoint_look_again_later(endpoint);
    }
    const char *why = why_lost(record);
    world_log(endpoint->world, why ? LOG_WARNING : LOG_NOTICE,
              "%s: its macvtap is gone, or \"%s\" below it is%s%s", endpoint->who,
              record->port.lower, why ? ": " : "", why ? why : "");
    if (why) {
        endpoint->phase = LOST;
        return;
    }
    endpoint->phase = WAITING;
    endpoint->due = true;
    endpoint->retry_at = INT64_MAX;
    endpoint->retry_ms = 0;
    str_assign(&endpoint->waiting_for, NULL);
    if (!record->waiting) {
        record->waiting = true;
        record->changed = endpoint_epoch();
        endpoint_catch_up(endpoint, PENDING_STORE);
    }
}

void endpoint_be_connected(struct endpoint *endpoint)
{
    struct vif_record *record = &endpoint->record;
    int64_t outage = ovs_loop_now() - endpoint->gone_at;

    bool moved = endpoint->phase == HANDING && !record->waiting;
    endpoint->phase = CONNECTED;
    endpoint->told = TOLD_UP;
    endpoint->retry_ms = 0;
    endpoint->said_stuck = false;
    record->waiting = false;
    record->changed = endpoint_epoch();
    record->reconnects++;
    if (!moved) {
        record->outage_ms = outage > 0 ? outage : 0;
        record->outages_ms += record->outage_ms;
    }
    endpoint_catch_up(endpoint, PENDING_STORE | (record->before ? PENDING_MOVED : 0));
    if (moved) {
        world_log(endpoint->world, LOG_NOTICE, "%s: it is moved to \"%s\"", endpoint->who,
                  record->port.lower);
        return;
    }
    world_log(endpoint->world, LOG_NOTICE, "%s: it is connected again, on \"%s\", after %.3f s",
              endpoint->who, record->port.lower, (double)record->outage_ms / 1000);
}

void endpoint_fail(struct endpoint *endpoint, int level, char *sentence)
{
    if (!str_eq(endpoint->waiting_for, sentence)) {
        world_log(endpoint->world, level, "%s", sentence);
    }
    free(endpoint->waiting_for);
    endpoint->waiting_for = sentence;
}

/* What was made is in the kernel before it has told us of it. */
static void learn_link(struct endpoint *endpoint)
{
    struct link_info link;
    struct link_info before;

    if (link_get_by_index(endpoint->world->rtnl, endpoint->record.ifindex, &link, NULL) == 0) {
        links_put(&endpoint->world->links, &link, &before);
        /* It may be on a VLAN link that was made for it. */
        if (link.lower && !links_find(&endpoint->world->links, link.lower) &&
            link_get_by_index(endpoint->world->rtnl, link.lower, &link, NULL) == 0) {
            links_put(&endpoint->world->links, &link, &before);
        }
    }
}

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        close(fds[i]);
    }
    free(fds);
}

void endpoint_hand_over(struct endpoint *endpoint, int *fds, size_t n_fds)
{
    learn_link(endpoint);
    if (guests_can_reach(&endpoint->record)) {
        endpoint->phase = HANDING;
        guests_replace(endpoint->world->guests, &endpoint->record, fds, n_fds);
    } else {
        endpoint_be_connected(endpoint); /* whoever is to have it opens it himself */
    }
    close_all(fds, n_fds);
}

/* Makes the macvtap again on that device. */
static int make_again(struct endpoint *endpoint, const char *lower, char **errorp)
{
    struct world *world = endpoint->world;
    int *fds = NULL;
    size_t n_fds = 0;
    int error = vif_reconnect(world->host, &endpoint->record, lower, &fds, &n_fds, errorp);

    if (error) {
        return error;
    }
    world_log(world, LOG_INFO, "%s: its macvtap is made again on \"%s\"", endpoint->who, lower);
    endpoint_hand_over(endpoint, fds, n_fds);
    return 0;
}

/* Under the lock of the records. */
static void try_now(struct endpoint *endpoint)
{
    struct world *world = endpoint->world;
    char *sentence = NULL;
    char lower[IFNAMSIZ];

    endpoint->retry_at = INT64_MAX;
    endpoint->tried_at = ovs_loop_now();
    if (!endpoint_is_still_plugged(endpoint)) {
        endpoint->phase = LOST;
        return;
    }
    if (guests_obstacle(world->guests, &endpoint->record)) {
        return; /* as was said */
    }
    int error = vif_reconnect_find(world->host, world->networks, &endpoint->record, lower,
                                   &sentence);
    if (!error) {
        error = make_again(endpoint, lower, &sentence);
    }
    if (error == -ENODEV) {
        endpoint_fail(endpoint, LOG_INFO, sentence);
        endpoint->retry_ms = 0;
    } else if (error && !endpoint_is_still_plugged(endpoint)) {
        endpoint->phase = LOST;
        free(sentence);
    } else if (error) {
        endpoint_fail(endpoint, LOG_WARNING, sentence);
        retry_later(endpoint);
    }
}

void endpoint_try(struct endpoint *endpoint)
{
    if (endpoint_lock(endpoint)) {
        try_now(endpoint);
        world_unlock(endpoint->world);
    }
}

void endpoint_take_back(struct endpoint *endpoint, const char *why)
{
    if (endpoint->record.before) {
        world_log(endpoint->world, LOG_WARNING, "%s: it was not moved: %s", endpoint->who, why);
        endpoint->phase = CONNECTED;
        endpoint->told = UNTOLD;
        endpoint_catch_up(endpoint, PENDING_MOVE_BACK);
        return;
    }
    endpoint_fail(endpoint, LOG_WARNING,
                  str_printf("%s: it was not connected again: %s", endpoint->who, why));
    endpoint->phase = WAITING;
    endpoint_catch_up(endpoint, PENDING_UNDO);
    retry_later(endpoint);
}

void endpoint_undo(struct endpoint *endpoint)
{
    char *sentence = NULL;

    if (vif_reconnect_undo(endpoint->world->host, &endpoint->record, &sentence)) {
        endpoint_fail(endpoint, LOG_WARNING, sentence);
    }
}

void endpoint_follow_mac(struct endpoint *endpoint)
{
    const struct link_info *link = endpoint_whole_link(endpoint);
    const struct link_change change = {.mac = &endpoint->guest_mac};
    auto_free char *sentence = NULL;
    char text[MAC_TEXT_SIZE];

    if (!endpoint->record.port.follows_mac || !link ||
        mac_equal(&link->mac, &endpoint->guest_mac)) {
        return;
    }
    mac_format(&endpoint->guest_mac, text);
    if (link_change(endpoint->world->rtnl, link->ifindex, &change, &sentence)) {
        world_log(endpoint->world, LOG_WARNING, "%s: cannot follow its guest to the address %s: %s",
                  endpoint->who, text, sentence);
    } else {
        world_log(endpoint->world, LOG_INFO, "%s: it follows its guest to the address %s",
                  endpoint->who, text);
    }
}
