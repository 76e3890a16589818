/* Moving a guest that works, off a device that its network does not have any more. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "vif/reconnect.h"
#include "watch/endpoint-state.h"

/* Whether its guest can be moved while it runs. One of libvirt's opens its macvtap by name, after
 * it has let go of the one that it has: then the device may as well go first. */
static bool can_move(struct endpoint *endpoint)
{
    const struct vif_record *record = &endpoint->record;

    return record->port.strategy != VIF_STRATEGY_NONE && !record->of_libvirt && !record->before &&
           guests_can_reach(record) && !guests_obstacle(endpoint->world->guests, record);
}

static int make(struct endpoint *endpoint, const char *lower, char **errorp)
{
    struct world *world = endpoint->world;
    auto_free char *from = str_dup(endpoint->record.port.lower);
    int *fds = NULL;
    size_t n_fds = 0;
    int error = vif_reconnect_move(world->host, &endpoint->record, lower, &fds, &n_fds, errorp);

    if (!error) {
        world_log(world, LOG_INFO, "%s: it is being moved from \"%s\" to \"%s\"", endpoint->who,
                  from, lower);
        endpoint->gone_at = ovs_loop_now();
        endpoint_hand_over(endpoint, fds, n_fds);
    }
    return error;
}

/* Under the lock of the records. */
static void move_now(struct endpoint *endpoint)
{
    const struct world *world = endpoint->world;
    auto_free char *sentence = NULL;
    char lower[IFNAMSIZ];
    bool leaves;

    endpoint->reread = false;
    if (!endpoint_is_still_plugged(endpoint) || !can_move(endpoint)) {
        return;
    }
    int error = vif_reconnect_leaves(world->networks, &endpoint->record, &leaves, &sentence);
    if (!error && !leaves) {
        return;
    }
    if (!error) {
        error = vif_reconnect_find(world->host, world->networks, &endpoint->record, lower,
                                   &sentence);
        endpoint->reread = error == -ENODEV; /* it may yet come */
    }
    if (!error) {
        error = make(endpoint, lower, &sentence);
    }
    if (error) {
        endpoint_fail(endpoint, endpoint->reread ? LOG_INFO : LOG_WARNING,
                      str_printf("%s: it stays on \"%s\": %s", endpoint->who,
                                 endpoint->record.port.lower, sentence));
    }
}

void endpoint_move(struct endpoint *endpoint)
{
    if (endpoint_lock(endpoint)) {
        move_now(endpoint);
        world_unlock(endpoint->world);
    }
}

void endpoint_end_move(struct endpoint *endpoint)
{
    static const struct {
        unsigned pending;
        int (*end)(struct vif_host *host, struct vif_record *record, char **errorp);
    } ends[] = {
        {PENDING_SETTLE, vif_reconnect_settle},
        {PENDING_MOVED, vif_reconnect_moved},
        {PENDING_MOVE_BACK, vif_reconnect_move_back},
    };

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        auto_free char *sentence = NULL;

        if (endpoint->pending & ends[i].pending &&
            ends[i].end(endpoint->world->host, &endpoint->record, &sentence)) {
            world_log(endpoint->world, LOG_WARNING, "%s: %s", endpoint->who, sentence);
        }
    }
}
