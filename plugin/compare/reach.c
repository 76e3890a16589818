#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "compare/exchange.h"

#define FRAME_LENGTH 64

/* A macvtap passes the groups that it has joined by a hash of 256 values (macvlan_hash_mix() and
 * mc_hash() in drivers/net/macvlan.c), so one that it did not join may pass by accident, once in a
 * hundred times. Not three of them. */
#define N_GROUPS 3

/* A frame on its way, and who is asked about. */
struct question {
    enum compare_reach id;
    const struct endpoint *at;
    struct mac source;
    struct mac target;
    bool arrived;
};

struct inquiry {
    const struct compare_pair *pair;
    unsigned char *room;
    struct question questions[REACH_N + N_GROUPS];
    size_t n;
    uint32_t first; /* number of the first question's frame, and so on */
};

static struct mac address_of(uint32_t seed, uint8_t first, uint8_t which)
{
    return (struct mac){{first, which, (uint8_t)(seed >> 24), (uint8_t)(seed >> 16),
                         (uint8_t)(seed >> 8), (uint8_t)seed}};
}

static void add(struct inquiry *inquiry, enum compare_reach id, const struct endpoint *at,
                const struct mac *source, const struct mac *target)
{
    inquiry->questions[inquiry->n++] = (struct question){
        .id = id, .at = at, .source = *source, .target = *target};
}

static void pose(struct inquiry *inquiry)
{
    const struct compare_pair *pair = inquiry->pair;
    const struct mac everyone = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    /* The first octet makes them locally administered. */
    const struct mac nobody = address_of(pair->seed, 0x02, 0xb0);
    const struct mac other = address_of(pair->seed, 0x02, 0xa0);
    const struct endpoint *a = &pair->a;
    const struct endpoint *b = &pair->b;

    add(inquiry, REACH_UNICAST, b, &a->mac, &b->mac);
    add(inquiry, REACH_BROADCAST, b, &a->mac, &everyone);
    for (uint8_t i = 0; i < N_GROUPS; i++) {
        /* IPv4's: 01:00:5e and 23 bits, of which these are 224.127.x.x. */
        const struct mac group = {
            {0x01, 0x00, 0x5e, 0x7f, (uint8_t)(pair->seed >> 8), (uint8_t)(pair->seed + i * 85U)}};

        add(inquiry, REACH_MULTICAST, b, &a->mac, &group);
    }
    add(inquiry, REACH_UNKNOWN_UNICAST, b, &a->mac, &nobody);
    add(inquiry, REACH_OTHER_SOURCE, b, &other, &b->mac);
    add(inquiry, REACH_OWN_BROADCAST, a, &a->mac, &everyone);
    if (pair->other_vlan) {
        add(inquiry, REACH_OTHER_VLAN, pair->other_vlan, &a->mac, &pair->other_vlan->mac);
    }
    inquiry->first = exchange_numbers((uint32_t)inquiry->n);
}

static int ask(struct inquiry *inquiry, char **errorp)
{
    const struct compare_pair *pair = inquiry->pair;
    int error = 0;

    for (size_t i = 0; (!error || error == -EAGAIN) && i < inquiry->n; i++) {
        const struct question *question = &inquiry->questions[i];
        const struct frame frame = {
            .source = question->source,
            .target = question->target,
            .length = FRAME_LENGTH,
            .seed = pair->seed,
            .number = inquiry->first + (uint32_t)i,
        };

        if (!question->arrived) {
            frame_build(&frame, inquiry->room);
            error = exchange_send(pair, &pair->a, inquiry->room, frame.length, errorp);
        }
    }
    return error == -EAGAIN ? 0 : error;
}

/* Takes note of all that has arrived at one endpoint. Of another VLAN, whatever comes is one frame
 * too many. */
static int listen(struct inquiry *inquiry, const struct endpoint *at, char **errorp)
{
    struct frame_seen seen;
    int error;

    while (!(error = exchange_receive(inquiry->pair, at, inquiry->room, 0, &seen, errorp))) {
        const uint32_t i = seen.number - inquiry->first;

        if (i < inquiry->n && at == inquiry->pair->other_vlan) {
            inquiry->questions[inquiry->n - 1].arrived = true;
        } else if (i < inquiry->n && at->fd == inquiry->questions[i].at->fd) {
            inquiry->questions[i].arrived = true;
        }
    }
    return error == -ETIMEDOUT ? 0 : error;
}

static int listen_all(struct inquiry *inquiry, char **errorp)
{
    const struct compare_pair *pair = inquiry->pair;
    int error = listen(inquiry, &pair->a, errorp);

    if (!error) {
        error = listen(inquiry, &pair->b, errorp);
    }
    if (!error && pair->other_vlan) {
        error = listen(inquiry, pair->other_vlan, errorp);
    }
    return error ? error : exchange_check_stop(pair, errorp);
}

static bool all_arrived(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->n; i++) {
        if (!inquiry->questions[i].arrived) {
            return false;
        }
    }
    return true;
}

static int inquire(struct inquiry *inquiry, char **errorp)
{
    /* A frame takes less than a millisecond, even through a switch that is a process; unless that
     * has to wait for a CPU. */
    static const int tries_ms[] = {50, 50, 200};
    int error = 0;

    for (size_t try = 0; !error && try < ARRAY_LEN(tries_ms) && !all_arrived(inquiry); try++) {
        const double end_us = exchange_now_us() + tries_ms[try] * 1e3;

        error = ask(inquiry, errorp);
        while (!error && !all_arrived(inquiry) && exchange_now_us() < end_us) {
            exchange_wait_any(inquiry->pair, (int)((end_us - exchange_now_us()) / 1e3) + 1);
            error = listen_all(inquiry, errorp);
        }
    }
    return error;
}

static void answer(const struct inquiry *inquiry, enum compare_answer reach[REACH_N])
{
    for (size_t i = 0; i < inquiry->n; i++) {
        enum compare_answer *to = &reach[inquiry->questions[i].id];

        if (!inquiry->questions[i].arrived) {
            *to = COMPARE_NO;
        } else if (*to == COMPARE_UNTRIED) {
            *to = COMPARE_YES;
        }
    }
    if (inquiry->pair->other_vlan) {
        const bool reached = reach[REACH_UNICAST] == COMPARE_YES ||
                             reach[REACH_BROADCAST] == COMPARE_YES;

        reach[REACH_SAME_VLAN] = reached ? COMPARE_YES : COMPARE_NO;
    }
}

int measure_reach(const struct compare_pair *pair, enum compare_answer reach[REACH_N],
                  char **errorp)
{
    auto_free unsigned char *room = mem_zalloc(ENDPOINT_FRAME_MAX);
    struct inquiry inquiry = {.pair = pair, .room = room};

    exchange_drain(pair);
    pose(&inquiry);
    const int error = inquire(&inquiry, errorp);

    if (!error) {
        memset(reach, 0, REACH_N * sizeof *reach);
        answer(&inquiry, reach);
    }
    return error;
}
