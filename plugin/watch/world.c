#include "watch/world.h"

#include <stdarg.h>

#include "base/mem.h"
#include "ovs/loop.h"

/* Between two tries to have the lock: as long as it was tried already, within these. */
#define LOCK_PAUSE_MIN_MS 1
#define LOCK_PAUSE_MAX_MS 100

/* Nobody has it for so long in the regular way. */
#define LOCK_PATIENCE_MS 5000

void world_log(const struct world *world, int level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *sentence = str_vprintf(format, args);
    va_end(args);
    world->log(world->log_data, level, sentence);
}

static bool refuse_lock(struct world *world)
{
    world->lock_wanted = true;
    return false;
}

/* Another process has the lock, or it cannot be looked at who has. */
static void wait_for_lock(struct world *world, int64_t now, const char *sentence)
{
    world->locked_since = world->locked_since ? world->locked_since : now;
    int64_t waited = now - world->locked_since;
    int64_t pause = waited < LOCK_PAUSE_MIN_MS   ? LOCK_PAUSE_MIN_MS
                    : waited > LOCK_PAUSE_MAX_MS ? LOCK_PAUSE_MAX_MS
                                                 : waited;

    world->lock_again = now + pause;
    if (sentence) {
        world->said_locked = true;
        world_log(world, LOG_WARNING, "no macvtap is made again while this lasts: %s", sentence);
    }
}

static void be_unlocked(struct world *world)
{
    if (world->said_locked) {
        world_log(world, LOG_NOTICE, "the lock of the records is given back");
    }
    world->locked_since = 0;
    world->lock_again = 0;
    world->said_locked = false;
}

bool world_lock(struct world *world)
{
    auto_free char *sentence = NULL;
    int64_t now = ovs_loop_now();

    if (now < world->lock_again && !vif_records_have_lock(world->records)) {
        return refuse_lock(world);
    }
    bool is_long = world->locked_since && now - world->locked_since >= LOCK_PATIENCE_MS;

    if (vif_records_try_lock(world->records, is_long && !world->said_locked ? &sentence : NULL)) {
        wait_for_lock(world, now, sentence);
        return refuse_lock(world);
    }
    be_unlocked(world);
    return true;
}

void world_unlock(struct world *world)
{
    vif_records_unlock(world->records);
}

void world_begin_turn(struct world *world)
{
    if (!world->lock_wanted) {
        world->locked_since = 0; /* whoever wanted it is gone */
    }
    world->lock_wanted = false;
}

int64_t world_deadline(const struct world *world)
{
    return world->lock_wanted ? world->lock_again : INT64_MAX;
}
