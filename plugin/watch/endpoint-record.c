#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "vif/device.h"
#include "vif/plug.h"
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

    endpoint->owner_fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
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
    struct vif_record seen = endpoint->record;
    struct vif_records *records = endpoint->world->records;
    auto_free char *sentence = NULL;
    auto_close int lock = vif_records_lock(records, &sentence);

    if (lock >= 0 && read_again(endpoint, &sentence) == 0) {
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

/* Whether a guest is there that lost its macvtap, so that nobody has that open. */
static bool guest_waits(const struct endpoint *endpoint)
{
    return endpoint->phase != CONNECTED &&
           guests_is_ready(endpoint->world->guests, &endpoint->record);
}

void endpoint_look_again(struct endpoint *endpoint)
{
    struct world *world = endpoint->world;
    struct vif_device_state *state = NULL;
    auto_free char *sentence = NULL;

    endpoint->look_at = INT64_MAX;
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
    if (!error) {
        error = vif_unplug_known(world->host, &endpoint->record, 1, &sentence);
    }
    if (error) {
        world_log(world, LOG_WARNING, "%s: its guest is gone, but %s", endpoint->who, sentence);
    } else {
        world_log(world, LOG_NOTICE, "%s: it is unplugged, since its guest is gone", endpoint->who);
    }
}
