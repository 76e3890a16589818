/* Theory of operation. Frames are written by the same thread that reads them, burst by burst: what
 * such a burst takes is what the path costs, and nothing depends on where a scheduler puts a second
 * thread. Without a limit to what is on its way one would compare how paths drop or push back, not
 * how fast they are; so a burst is as large as the path's queues hold, which is tried first. The
 * median over the bursts does not mind those in which the thread had to wait for a CPU.
 */
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/cpu.h"
#include "compare/exchange.h"
#include "compare/values.h"

#define LARGE (FRAME_TCP_HEADERS + 45 * FRAME_SEGMENT)

/* So many bursts have to come through whole before one of that size is measured with. */
#define N_WHOLE 10

/* How long a frame is waited for that is not there at once: longer than a switch that is a process
 * has to wait for a CPU of a busy machine. What is given up too soon would count as lost, and be in
 * the way of the next burst. */
#define WAIT_MS 200

/* How often a frame is sent before none has ever come. */
#define N_FIRST 3

struct load {
    enum frame_kind kind;
    size_t length;
    size_t amount; /* of each frame, as frame_recognise() counts it */
    unsigned burst;
};

static const struct load loads[LOAD_N] = {
    [LOAD_64] = {.kind = FRAME_PLAIN, .length = 64, .amount = 1, .burst = 32},
    [LOAD_1500] = {.kind = FRAME_PLAIN, .length = 1500, .amount = 1, .burst = 32},
    [LOAD_GSO] = {.kind = FRAME_GSO,
                  .length = LARGE,
                  .amount = LARGE - FRAME_TCP_HEADERS,
                  .burst = 8},
};

struct loader {
    const struct compare_pair *pair;
    struct load load;
    unsigned char *frame; /* to send */
    unsigned char *room;  /* to receive into */
    unsigned burst;       /* frames */
};

struct burst {
    unsigned sent;    /* less than the burst when the path pushed back */
    unsigned arrived; /* whole frames, be it in segments */
    double us;
    double cpu_us; /* this thread's */
};

static int send_frames(const struct loader *loader, unsigned n, unsigned *sent, char **errorp)
{
    const struct compare_pair *pair = loader->pair;
    int error = 0;

    while (!error && *sent < n) {
        error = exchange_send(pair, &pair->a, loader->frame, loader->load.length, errorp);
        *sent += !error;
    }
    return error == -EAGAIN ? 0 : error;
}

static int receive_frames(const struct loader *loader, uint32_t number, unsigned n,
                          unsigned *arrived, char **errorp)
{
    const struct compare_pair *pair = loader->pair;
    const size_t wanted = n * loader->load.amount;
    size_t got = 0;
    int error = 0;

    while (!error && got < wanted) {
        struct frame_seen seen;

        error = exchange_receive(pair, &pair->b, loader->room, WAIT_MS, &seen, errorp);
        if (!error && seen.number == number) {
            got += seen.amount;
        }
    }
    *arrived = (unsigned)(got / loader->load.amount);
    return error == -ETIMEDOUT ? 0 : error;
}

static int run_burst(const struct loader *loader, unsigned n, struct burst *burst, char **errorp)
{
    const uint32_t number = exchange_numbers(1);

    *burst = (struct burst){0};
    frame_renumber(loader->frame, loader->load.kind, number);
    const double cpu_us = cpu_of_thread_us();
    const double start_us = exchange_now_us();
    int error = send_frames(loader, n, &burst->sent, errorp);

    if (!error) {
        error = receive_frames(loader, number, burst->sent, &burst->arrived, errorp);
    }
    burst->us = exchange_now_us() - start_us;
    burst->cpu_us = cpu_of_thread_us() - cpu_us;
    return error ? error : exchange_check_stop(loader->pair, errorp);
}

static int check_reached(const struct loader *loader, char **errorp)
{
    struct burst burst = {0};
    int error = 0;

    for (int i = 0; !error && !burst.arrived && i < N_FIRST; i++) {
        error = run_burst(loader, 1, &burst, errorp);
    }
    if (!error && !burst.arrived) {
        error = error_set(errorp, ENETUNREACH, "no frame of this size arrives");
    }
    return error;
}

static int find_burst(struct loader *loader, char **errorp)
{
    int error = 0;

    loader->burst = loader->load.burst;
    for (int n_whole = 0; !error && loader->burst > 1 && n_whole < N_WHOLE;) {
        struct burst burst;

        error = run_burst(loader, loader->burst, &burst, errorp);
        if (!error && burst.arrived == loader->burst) {
            n_whole++;
        } else if (!error) {
            loader->burst /= 2;
            n_whole = 0;
            exchange_drain(loader->pair);
        }
    }
    return error;
}

/* What the bursts of a round come to. */
struct tally {
    struct values us;     /* a frame, of the whole bursts */
    struct values cpu_us; /* likewise */
    unsigned long sent;
    unsigned long arrived;
    double all_us; /* of all bursts */
    double all_cpu_us;
};

static int run_bursts(const struct loader *loader, int ms, struct tally *tally, char **errorp)
{
    const double end_us = exchange_now_us() + ms * 1e3;
    int error = 0;

    do {
        struct burst burst;

        error = run_burst(loader, loader->burst, &burst, errorp);
        tally->sent += burst.sent;
        tally->arrived += burst.arrived;
        tally->all_us += burst.us;
        tally->all_cpu_us += burst.cpu_us;
        if (!error && burst.arrived == loader->burst) {
            values_add(&tally->us, burst.us / loader->burst);
            values_add(&tally->cpu_us, burst.cpu_us / loader->burst);
        }
    } while (!error && exchange_now_us() < end_us);
    return error;
}

/* Where no burst came through whole, what arrived of them has to do. */
static void sum_up(struct tally *tally, double switch_us, struct compare_sample *sample)
{
    const double n = (double)tally->arrived;
    const bool whole = tally->us.n > 0;
    const double us = whole ? values_percentile(&tally->us, 50) : tally->all_us / n;
    const double cpu_us = whole ? values_percentile(&tally->cpu_us, 50) : tally->all_cpu_us / n;

    *sample = (struct compare_sample){
        .pps = 1e6 / us,
        .cpu_us = cpu_us + switch_us / n,
        .sent = tally->sent,
        .lost = tally->sent - tally->arrived,
    };
}

static int run_round(const struct loader *loader, int ms, struct compare_sample *sample,
                     char **errorp)
{
    const struct compare_pair *pair = loader->pair;
    struct tally tally = {0};
    const double before_us = cpu_of_processes_us(pair->switch_pids, pair->n_switch_pids);
    int error = run_bursts(loader, ms, &tally, errorp);
    const double after_us = cpu_of_processes_us(pair->switch_pids, pair->n_switch_pids);

    if (!error && tally.arrived == 0) {
        error = error_set(errorp, ENETUNREACH, "of %lu frames of this size none arrived",
                          tally.sent);
    }
    if (!error) {
        sum_up(&tally, after_us - before_us, sample);
    }
    values_clear(&tally.us);
    values_clear(&tally.cpu_us);
    return error;
}

int measure_load(const struct compare_pair *pair, enum compare_load load, int ms,
                 struct compare_sample *sample, char **errorp)
{
    auto_free unsigned char *frame = mem_zalloc(ENDPOINT_FRAME_MAX);
    auto_free unsigned char *room = mem_zalloc(ENDPOINT_FRAME_MAX);
    struct loader loader = {.pair = pair, .load = loads[load], .frame = frame, .room = room};

    if (loader.load.kind == FRAME_GSO && !pair->a.offloads) {
        return error_set(errorp, ENETUNREACH, "the endpoint sends no frames of 64 KB");
    }
    frame_build(
        &(struct frame){
            .kind = loader.load.kind,
            .source = pair->a.mac,
            .target = pair->b.mac,
            .length = loader.load.length,
            .seed = pair->seed,
        },
        frame);
    exchange_drain(pair);
    int error = check_reached(&loader, errorp);

    if (!error) {
        error = find_burst(&loader, errorp);
    }
    return error ? error : run_round(&loader, ms, sample, errorp);
}
