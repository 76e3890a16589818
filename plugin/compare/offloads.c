#include <errno.h>

#include "base/mem.h"
#include "compare/exchange.h"

#define TRIES 3

/* For the first frame of a try, and for each segment after it; see load.c. */
#define WAIT_MS 200

/* Small enough to need no segments, and large enough to be hurt by a checksum of only the header.
 */
#define SMALL (FRAME_TCP_HEADERS + 200)
#define LARGE (FRAME_TCP_HEADERS + 45 * FRAME_SEGMENT)

struct trial {
    const struct compare_pair *pair;
    unsigned char *room;
    struct frame frame;
};

/* Waits for what comes of the frame, in as many pieces as it may. */
static int collect(const struct trial *trial, enum compare_offload *fate, char **errorp)
{
    const size_t wanted = trial->frame.length - FRAME_TCP_HEADERS;
    const struct endpoint *b = &trial->pair->b;
    struct frame_seen seen = {0};
    size_t n = 0;

    while (n < wanted) {
        int error = exchange_receive(trial->pair, b, trial->room, WAIT_MS, &seen, errorp);

        if (error) {
            return error == -ETIMEDOUT ? 0 : error;
        }
        if (seen.number != trial->frame.number || !seen.tcp) {
            continue;
        }
        if (!frame_is_right(trial->room, b->header > 0)) {
            *fate = OFFLOAD_CORRUPTED;
            return 0;
        }
        n += seen.amount;
    }
    *fate = OFFLOAD_RIGHT;
    return 0;
}

static int try_kind(struct trial *trial, enum frame_kind kind, size_t length,
                    enum compare_offload *fate, char **errorp)
{
    const struct compare_pair *pair = trial->pair;
    int error = 0;

    *fate = OFFLOAD_LOST;
    trial->frame.kind = kind;
    trial->frame.length = length;
    for (int i = 0; !error && *fate == OFFLOAD_LOST && i < TRIES; i++) {
        trial->frame.number = exchange_numbers(1);
        frame_build(&trial->frame, trial->room);
        error = exchange_send(pair, &pair->a, trial->room, length, errorp);
        if (!error || error == -EAGAIN) {
            error = collect(trial, fate, errorp);
        }
    }
    return error;
}

int measure_offloads(const struct compare_pair *pair, enum compare_offload *checksum,
                     enum compare_offload *segmentation, char **errorp)
{
    auto_free unsigned char *room = mem_zalloc(ENDPOINT_FRAME_MAX);
    struct trial trial = {
        .pair = pair,
        .room = room,
        .frame = {.source = pair->a.mac, .target = pair->b.mac, .seed = pair->seed},
    };
    enum compare_offload finished = OFFLOAD_UNTRIED;

    *checksum = OFFLOAD_UNTRIED;
    *segmentation = OFFLOAD_UNTRIED;
    if (!pair->a.offloads) {
        return 0;
    }
    exchange_drain(pair);
    int error = try_kind(&trial, FRAME_TCP, SMALL, &finished, errorp);

    /* What loses every frame says nothing of these. */
    if (error || finished == OFFLOAD_LOST) {
        return error;
    }
    error = try_kind(&trial, FRAME_CHECKSUM, SMALL, checksum, errorp);
    return error ? error : try_kind(&trial, FRAME_GSO, LARGE, segmentation, errorp);
}
