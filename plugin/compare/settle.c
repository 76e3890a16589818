#include <errno.h>

#include "base/mem.h"
#include "compare/exchange.h"

/* How long a frame is waited for before it is sent again: the first may be lost while a port comes
 * up, and the next goes through at once. */
#define TRY_MS 10

static const struct mac everyone = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* Whatever cannot be sent yet is sent with the next try. */
static void say(const struct compare_pair *pair, const struct endpoint *from,
                const struct mac *target, uint32_t number)
{
    unsigned char room[ENDPOINT_HEADER + 64];
    const struct frame frame = {
        .source = from->mac,
        .target = *target,
        .length = 64,
        .seed = pair->seed,
        .number = number,
    };

    frame_build(&frame, room);
    endpoint_send(from, room, frame.length);
}

/* Whether the frame of that number arrives within TRY_MS. */
static bool arrives(const struct compare_pair *pair, const struct endpoint *at, uint32_t number,
                    unsigned char *room)
{
    struct frame_seen seen;

    while (exchange_receive(pair, at, room, TRY_MS, &seen, NULL) == 0) {
        if (seen.number == number) {
            return true;
        }
    }
    return false;
}

void measure_settle(const struct compare_pair *pair, int timeout_ms)
{
    const double end_us = exchange_now_us() + timeout_ms * 1e3;
    auto_free unsigned char *room = mem_zalloc(ENDPOINT_FRAME_MAX);
    /* The same for all tries: what comes late has come, too. */
    const uint32_t number = exchange_numbers(3);
    bool there = false;
    bool back = false;

    do {
        say(pair, &pair->b, &everyone, number);
        if (pair->other_vlan) {
            say(pair, pair->other_vlan, &everyone, number);
        }
        say(pair, &pair->a, &pair->b.mac, number + 1);
        there = arrives(pair, &pair->b, number + 1, room) || there;
        say(pair, &pair->b, &pair->a.mac, number + 2);
        back = arrives(pair, &pair->a, number + 2, room) || back;
    } while (!(there && back) && exchange_now_us() < end_us && !exchange_check_stop(pair, NULL));
}
