#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "vif/device.h"
#include "watch/endpoint-state.h"

/* Before the second look: who takes an interface away in the regular way has done so by then. */
#define SECOND_LOOK_MS 2000

int64_t endpoint_epoch(void)
{
    return (int64_t)time(NULL);
}

void endpoint_look_again_later(struct endpoint *endpoint)
{
    if (endpoint->look_at == INT64_MAX) {
        endpoint->look_at = ovs_loop_now() + SECOND_LOOK_MS;
    }
}

void endpoint_watch_owner(struct endpoint *endpoint)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = endpoint}};
    pid_t pid = endpoint->record.pid;

    endpoint->owner_fd = pid > 0 ? pidfd_open(pid, 0) : -1;
    if (pid > 0 &&
        (!vif_record_owner_lives(&endpoint->record) ||
         epoll_ctl(endpoint->world->owners_fd, EPOLL_CTL_ADD, endpoint->owner_fd, &event))) {
        endpoint_look_again_later(endpoint);
    }
}

void endpoint_forget_owner(struct endpoint *endpoint)
{
    if (endpoint->owner_fd >= 0) {
        /* Not left to close(2): a process of ours may have it open yet, and would keep it there. */
        epoll_ctl(endpoint->world->owners_fd, EPOLL_CTL_DEL, endpoint->owner_fd, NULL);
        close(endpoint->owner_fd);
        endpoint->owner_fd = -1;
    }
}

/* Puts into a record what was seen. */
static void keep_seen(struct vif_record *record, const struct vif_record *seen)
{
    record->waiting = seen->waiting;
    record->changed = seen->changed;
    record->reconnects = seen->reconnects;
    record->outage_ms = seen->outage_ms;
    record->outages_ms = seen->outages_ms;
}

/* Reads the record on disk, which is the one we go on with where it is still of this plug, and is
 * not being unplugged; -ENOENT, without a sentence, where there is none such. */
static int read_again(struct endpoint *endpoint, char **errorp)
{
    struct vif_record now;
    int error = vif_records_read(endpoint->world->records, endpoint->record.port.name, &now,
                                 errorp);

    if (error) {
        return error;
    }
    if (now.state != VIF_PLUGGED || !endpoint_is_of(endpoint, &now)) {
        vif_record_clear(&now);
        return -ENOENT;
    }
    bool has_other_owner = now.pid != endpoint->record.pid;

    if (endpoint->pending & PENDING_STORE) {
        keep_seen(&now, &endpoint->record);
    }

    vif_record_clear(&endpoint->record);
    endpoint->record = now;
    if (has_other_owner) {
        endpoint_forget_owner(endpoint);
        endpoint_watch_owner(endpoint);
    }
    return 0;
}

bool endpoint_is_still_plugged(struct endpoint *endpoint)
{
    return read_again(endpoint, NULL) != -ENOENT;
}

void endpoint_store_seen(struct endpoint *endpoint)
{
    auto_free char *sentence = NULL;

    if (read_again(endpoint, &sentence) == 0) {
        vif_records_write(endpoint->world->records, &endpoint->record, &sentence);
    }
    if (sentence) {
        world_log(endpoint->world, LOG_ERR, "%s: %s", endpoint->who, sentence);
    }
}

bool endpoint_lock(struct endpoint *endpoint)
{
    bool locked = world_lock(endpoint->world);

    endpoint->locked_out |= !locked;
    return locked;
}

bool endpoint_catch_up(struct endpoint *endpoint, unsigned more)
{
    endpoint->pending |= more;
    if (!endpoint->pending) {
        return true;
    }
    if (!endpoint_lock(endpoint)) {
        return false;
    }
    endpoint_end_move(endpoint);
    if (endpoint->pending & PENDING_UNDO) {
        endpoint_undo(endpoint);
    }
    if (endpoint->pending & PENDING_STORE) {
        endpoint_store_seen(endpoint);
    }
    endpoint->pending = 0;
    world_unlock(endpoint->world);
    return true;
}

/* Whether a guest is there that lost its macvtap, so that nobody has that open. */
static bool guest_waits(const struct endpoint *endpoint)
{
    return endpoint->phase != CONNECTED &&
           guests_is_ready(endpoint->world->guests, &endpoint->record);
}

void endpoint_stays(struct endpoint *endpoint, const char *why)
{
    endpoint->unplugs = false;
    world_log(endpoint->world, LOG_WARNING, "%s: its guest is gone, but %s", endpoint->who, why);
}

void endpoint_look_again(struct endpoint *endpoint)
{
    struct world *world = endpoint->world;
    struct vif_device_state *state = NULL;
    auto_free char *sentence = NULL;

    endpoint->look_at = INT64_MAX;
    if (endpoint->unplugs) {
        return;
    }
    if (endpoint->owner_fd < 0 && vif_record_owner_lives(&endpoint->record)) {
        endpoint_watch_owner(endpoint); /* there were no descriptors for it before */
    }
    if (!endpoint_is_still_plugged(endpoint) || !endpoint->record.pid ||
        vif_record_owner_lives(&endpoint->record) || guest_waits(endpoint)) {
        return;
    }
    int error = vif_device_look(world->host, &endpoint->record, 1, &state, &sentence);
    bool in_use = !error && state->in_use;

    free(state);
    if (in_use) {
        return;
    }
    if (error) {
        endpoint_stays(endpoint, sentence);
        return;
    }
    endpoint->unplugs = true;
    guests_unplug(world->guests, &endpoint->record);
}
