/* Round trips by one thread, which writes and reads at both ends: with two, a trip takes 4 us or
 * 80, by whether the scheduler has put them on one CPU or has to wake a second one each time.
 */
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/exchange.h"
#include "compare/values.h"

#define FRAME_LENGTH 64

/* How long a frame is waited for, and how often in a row none may come before none has ever come.
 */
#define WAIT_MS  50
#define MAX_LOST 5

struct tripper {
    const struct compare_pair *pair;
    struct frame frame;
    unsigned char *room;
};

/* Waits for the frame of that number; others are of a trip that was given up. */
static int await(const struct tripper *tripper, const struct endpoint *at, uint32_t number,
                 char **errorp)
{
    struct frame_seen seen = {0};
    int error = 0;

    do {
        error = exchange_receive(tripper->pair, at, tripper->room, WAIT_MS, &seen, errorp);
    } while (!error && seen.number != number);
    return error;
}

/* A to B and back. -EAGAIN or -ETIMEDOUT where the frame is lost. */
static int run_trip(struct tripper *tripper, double *us, char **errorp)
{
    const struct compare_pair *pair = tripper->pair;

    tripper->frame.number = exchange_numbers(2);
    frame_build(&tripper->frame, tripper->room);
    const double start_us = exchange_now_us();
    int error = exchange_send(pair, &pair->a, tripper->room, FRAME_LENGTH, errorp);

    if (!error) {
        error = await(tripper, &pair->b, tripper->frame.number, errorp);
    }
    if (!error) {
        frame_return(tripper->room, tripper->frame.number + 1);
        error = exchange_send(pair, &pair->b, tripper->room, FRAME_LENGTH, errorp);
    }
    if (!error) {
        error = await(tripper, &pair->a, tripper->frame.number + 1, errorp);
    }
    *us = exchange_now_us() - start_us;
    return error;
}

static int run_trips(struct tripper *tripper, int ms, struct values *values, char **errorp)
{
    const double end_us = exchange_now_us() + ms * 1e3;
    int n_lost = 0;
    int error = 0;

    do {
        double us = 0;

        error = run_trip(tripper, &us, errorp);
        if (!error) {
            values_add(values, us);
        } else if (error == -EAGAIN || error == -ETIMEDOUT) {
            error = 0;
            n_lost++;
        }
        error = error ? error : exchange_check_stop(tripper->pair, errorp);
    } while (!error && (exchange_now_us() < end_us || (!values->n && n_lost < MAX_LOST)));
    return error;
}

int measure_trips(const struct compare_pair *pair, int ms, struct compare_trip *trip, char **errorp)
{
    auto_free unsigned char *room = mem_zalloc(ENDPOINT_FRAME_MAX);
    struct values values = {0};
    struct tripper tripper = {
        .pair = pair,
        .frame = {.source = pair->a.mac,
                  .target = pair->b.mac,
                  .length = FRAME_LENGTH,
                  .seed = pair->seed},
        .room = room,
    };

    exchange_drain(pair);
    int error = run_trips(&tripper, ms, &values, errorp);

    if (!error && values.n == 0) {
        error = error_set(errorp, ENETUNREACH, "no frame makes a round trip");
    }
    if (!error) {
        *trip = (struct compare_trip){
            .p50_us = values_percentile(&values, 50),
            .p90_us = values_percentile(&values, 90),
            .p99_us = values_percentile(&values, 99),
        };
    }
    values_clear(&values);
    return error;
}
