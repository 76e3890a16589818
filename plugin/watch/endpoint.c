#include "watch/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "ovs/loop.h"
#include "vif/device.h"
#include "vif/plug.h"
#include "vif/reconnect.h"

/* Between the tries of what failed. */
#define RETRY_FIRST_MS 250
#define RETRY_LAST_MS  60000

/* What fails may itself be what wakes us: it is not tried more often than this for events. */
#define RETRY_AT_EVENTS_MS 1000

/* Before the second look: who takes an interface away in the regular way has done so by then. */
#define SECOND_LOOK_MS 2000

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
    enum { UNTOLD, TOLD_DOWN, TOLD_UP } told; /* what the guest knows of its link */
    int64_t gone_at;                          /* when the macvtap went */
    bool due;         /* something has happened that it may have waited for */
    int64_t retry_at; /* or INT64_MAX */
    int64_t retry_ms;
    int64_t tried_at;
    int64_t look_at;   /* the second look, or INT64_MAX */
    char *waiting_for; /* what was said last */
    bool said_stuck;
    bool said_obstacle;
    int owner_fd; /* a pidfd, or -1 */
    bool has_guest_mac;
    struct mac guest_mac; /* that the guest gave its card */
};

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

static int64_t epoch(void)
{
    return (int64_t)time(NULL);
}

/* Says once what a guest that has its interface cannot be spared. */
static void say_limits(struct endpoint *endpoint)
{
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

static void look_again_later(struct endpoint *endpoint)
{
    if (endpoint->look_at == INT64_MAX) {
        endpoint->look_at = ovs_loop_now() + SECOND_LOOK_MS;
    }
}

/* Has us told when the process ends that looks after it; one that has ended is for a second look.
 */
static void watch_owner(struct endpoint *endpoint)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = endpoint}};
    pid_t pid = endpoint->record.pid;

    endpoint->owner_fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (pid > 0 &&
        (!vif_record_owner_lives(&endpoint->record) ||
         epoll_ctl(endpoint->world->owners_fd, EPOLL_CTL_ADD, endpoint->owner_fd, &event))) {
        look_again_later(endpoint);
    }
}

static void forget_owner(struct endpoint *endpoint)
{
    if (endpoint->owner_fd >= 0) {
        close(endpoint->owner_fd);
        endpoint->owner_fd = -1;
    }
}

void endpoint_owner_ended(struct endpoint *endpoint)
{
    forget_owner(endpoint);
    look_again_later(endpoint);
}

struct endpoint *endpoint_new(struct world *world, const char *name)
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
    guests_add(world->guests, &endpoint->record);
    if (record.waiting) {
        /* An earlier watcher saw it go, and knew to the second when that was. */
        endpoint->phase = WAITING;
        endpoint->due = true;
        endpoint->gone_at = ovs_loop_now() - (epoch() - record.changed) * 1000;
    }
    watch_owner(endpoint);
    say_limits(endpoint);
    return endpoint;
}

void endpoint_free(struct endpoint *endpoint)
{
    if (endpoint) {
        forget_owner(endpoint);
        guests_remove(endpoint->world->guests, &endpoint->record);
        vif_record_clear(&endpoint->record);
        free(endpoint->who);
        free(endpoint->waiting_for);
        free(endpoint);
    }
}

void endpoint_unplugged(struct endpoint *endpoint)
{
    guests_unplugged(endpoint->world->guests, &endpoint->record);
    endpoint_free(endpoint);
}

/* Whether the record on disk is still of this plug, and is not being unplugged; which then is the
 * one we go on with. */
static bool is_still_plugged(struct endpoint *endpoint)
{
    struct vif_record now;

    if (vif_records_read(endpoint->world->records, endpoint->record.port.name, &now, NULL)) {
        return false;
    }
    if (now.state != VIF_PLUGGED || !endpoint_is_of(endpoint, &now)) {
        vif_record_clear(&now);
        return false;
    }
    bool has_other_owner = now.pid != endpoint->record.pid;

    vif_record_clear(&endpoint->record);
    endpoint->record = now;
    if (has_other_owner) {
        forget_owner(endpoint);
        watch_owner(endpoint);
    }
    return true;
}

void endpoint_record_changed(struct endpoint *endpoint)
{
    is_still_plugged(endpoint);
}

/* Writes what was seen into the record as it is now, where it still is of this plug. */
static void store_seen(struct endpoint *endpoint)
{
    struct vif_record seen = endpoint->record;
    struct vif_records *records = endpoint->world->records;
    auto_free char *sentence = NULL;
    auto_close int lock = vif_records_lock(records, &sentence);

    if (lock >= 0 && is_still_plugged(endpoint)) {
        struct vif_record *record = &endpoint->record;

        record->waiting = seen.waiting;
        record->changed = seen.changed;
        record->reconnects = seen.reconnects;
        record->outage_ms = seen.outage_ms;
        record->outages_ms = seen.outages_ms;
        vif_records_write(records, record, &sentence);
    }
    if (sentence) {
        world_log(endpoint->world, LOG_ERR, "%s: %s", endpoint->who, sentence);
    }
}

/* The macvtap as it is now, if it is there with what it is on. That may be away in another
 * namespace: then the macvtap is there, and leads to where this host has nothing to say. */
static const struct link_info *whole_link(const struct endpoint *endpoint)
{
    const struct links *links = &endpoint->world->links;
    const struct link_info *link = links_find(links, endpoint->record.ifindex);

    return link && link->macvtap_mode && link->lower && links_find(links, link->lower) ? link
                                                                                       : NULL;
}

static void tell_link(struct endpoint *endpoint, bool up)
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

/* Whether it is time to try; an event that comes too early makes it time soon. */
static bool is_time_to_try(struct endpoint *endpoint, int64_t now)
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

/* The macvtap has gone. */
static void lose(struct endpoint *endpoint)
{
    struct vif_record *record = &endpoint->record;

    if (!is_still_plugged(endpoint)) {
        endpoint->phase = LOST; /* by who unplugs it, who removes the record, too */
        return;
    }
    tell_link(endpoint, false);
    if (endpoint->phase == CONNECTED) {
        endpoint->gone_at = ovs_loop_now();
    }
    if (!vif_record_owner_lives(record)) {
        look_again_later(endpoint);
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
        record->changed = epoch();
        store_seen(endpoint);
    }
}

/* The guest has the macvtap. */
static void be_connected(struct endpoint *endpoint)
{
    struct vif_record *record = &endpoint->record;
    int64_t outage = ovs_loop_now() - endpoint->gone_at;

    endpoint->phase = CONNECTED;
    endpoint->told = TOLD_UP;
    endpoint->retry_ms = 0;
    endpoint->said_stuck = false;
    record->waiting = false;
    record->changed = epoch();
    record->reconnects++;
    record->outage_ms = outage > 0 ? outage : 0;
    record->outages_ms += record->outage_ms;
    store_seen(endpoint);
    world_log(endpoint->world, LOG_NOTICE, "%s: it is connected again, on \"%s\", after %.3f s",
              endpoint->who, record->port.lower, (double)record->outage_ms / 1000);
}

/* Something failed that may succeed later: the sentence, which is freed, is told once in a row. */
static void fail(struct endpoint *endpoint, int level, char *sentence)
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

/* Gives the guest the macvtap that was made again. */
static void hand_over(struct endpoint *endpoint, const int *fds, size_t n_fds)
{
    learn_link(endpoint);
    if (!guests_can_reach(&endpoint->record)) {
        be_connected(endpoint); /* whoever is to have it opens it himself */
        return;
    }
    endpoint->phase = HANDING;
    guests_replace(endpoint->world->guests, &endpoint->record, fds, n_fds);
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
    hand_over(endpoint, fds, n_fds);
    close_all(fds, n_fds);
    return 0;
}

static void try(struct endpoint *endpoint)
{
    struct world *world = endpoint->world;
    char *sentence = NULL;
    char lower[IFNAMSIZ];

    endpoint->retry_at = INT64_MAX;
    endpoint->tried_at = ovs_loop_now();
    if (!is_still_plugged(endpoint)) {
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
        fail(endpoint, LOG_INFO, sentence);
        endpoint->retry_ms = 0;
    } else if (error && !is_still_plugged(endpoint)) {
        endpoint->phase = LOST;
        free(sentence);
    } else if (error) {
        fail(endpoint, LOG_WARNING, sentence);
        retry_later(endpoint);
    }
}

/* The guest was not given what was made for it. */
static void take_back(struct endpoint *endpoint, const char *why)
{
    char *sentence = NULL;

    fail(endpoint, LOG_WARNING,
         str_printf("%s: it was not connected again: %s", endpoint->who, why));
    endpoint->phase = WAITING;
    if (vif_reconnect_undo(endpoint->world->host, &endpoint->record, &sentence)) {
        fail(endpoint, LOG_WARNING, sentence);
    }
    retry_later(endpoint);
}

/* The macvtap is to have the address that the guest gave its card. */
static void follow_mac(struct endpoint *endpoint)
{
    const struct link_info *link = whole_link(endpoint);
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

void endpoint_guest_event(struct endpoint *endpoint, const struct guest_event *event)
{
    switch (event->kind) {
    case GUEST_READY:
        endpoint->told = UNTOLD;
        break;
    case GUEST_LOST:
        look_again_later(endpoint);
        break;
    case GUEST_CONNECTED:
        if (endpoint->phase == HANDING) {
            be_connected(endpoint);
            /* A card that was plugged in anew has its first address again. */
            if (endpoint->has_guest_mac && endpoint->record.port.strategy == VIF_STRATEGY_HUB) {
                follow_mac(endpoint);
            }
        }
        break;
    case GUEST_FAILED:
        if (endpoint->phase == HANDING) {
            take_back(endpoint, event->why);
        }
        break;
    case GUEST_STUCK:
        if (!endpoint->said_stuck) {
            endpoint->said_stuck = true;
            world_log(endpoint->world, LOG_WARNING,
                      "%s: the guest does not let go of its card, and is waited for",
                      endpoint->who);
        }
        break;
    case GUEST_UNTOLD:
        world_log(endpoint->world, LOG_WARNING, "%s: the guest could not be told of its link: %s",
                  endpoint->who, event->why);
        break;
    case GUEST_MAC:
        endpoint->has_guest_mac = true;
        endpoint->guest_mac = event->mac;
        follow_mac(endpoint);
        break;
    }
}

/* Whether waiting for this link may be over. What was made for guests is never below others. */
void endpoint_link_came(struct endpoint *endpoint, const struct link_info *link)
{
    if (endpoint->phase == WAITING && !link_is_macvlan(link) && !str_eq(link->kind, "tun")) {
        endpoint->due = true;
    }
}

void endpoint_look(struct endpoint *endpoint)
{
    endpoint->due = true;
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

/* Whether a guest is there that lost its macvtap, so that nobody has that open. */
static bool guest_waits(const struct endpoint *endpoint)
{
    return endpoint->phase != CONNECTED &&
           guests_is_ready(endpoint->world->guests, &endpoint->record);
}

/* Unplugs what nobody has any more. */
static void look_again(struct endpoint *endpoint)
{
    struct world *world = endpoint->world;
    struct vif_device_state *state = NULL;
    auto_free char *sentence = NULL;

    endpoint->look_at = INT64_MAX;
    if (!is_still_plugged(endpoint) || !endpoint->record.pid ||
        vif_record_owner_lives(&endpoint->record) || guest_waits(endpoint)) {
        return;
    }
    int error = vif_device_look(world->host, &endpoint->record, 1, &state, &sentence);
    bool in_use = !error && state->in_use;

    free(state);
    if (in_use) {
        return;
    }
    if (!error) {
        error = vif_unplug_known(world->host, &endpoint->record, 1, &sentence);
    }
    if (error) {
        world_log(world, LOG_WARNING, "%s: its guest is gone, but %s", endpoint->who, sentence);
    } else {
        world_log(world, LOG_NOTICE, "%s: it is unplugged, since its guest is gone", endpoint->who);
    }
}

void endpoint_run(struct endpoint *endpoint)
{
    int64_t now = ovs_loop_now();
    const struct link_info *link = whole_link(endpoint);

    say_obstacle(endpoint);
    if (now >= endpoint->look_at) {
        look_again(endpoint);
    }
    if (!link && (endpoint->phase == CONNECTED || endpoint->phase == HANDING)) {
        lose(endpoint);
    }
    if (endpoint->phase == CONNECTED) {
        tell_link(endpoint, link && link->up && link->carrier);
    } else if (endpoint->phase == WAITING) {
        tell_link(endpoint, false);
        if (is_time_to_try(endpoint, now)) {
            try(endpoint);
        }
    }
    endpoint->due = false;
}

int64_t endpoint_deadline(const struct endpoint *endpoint)
{
    int64_t retry_at = endpoint->phase == WAITING ? endpoint->retry_at : INT64_MAX;

    return retry_at < endpoint->look_at ? retry_at : endpoint->look_at;
}
