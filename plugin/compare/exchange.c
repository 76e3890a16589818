#include "compare/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

/* How soon the stop flag is noticed while nothing arrives. */
#define SLICE_MS 50

/* Longer than a software switch takes from one frame in its queue to the next. */
#define QUIET_MS 3

double exchange_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

uint32_t exchange_numbers(uint32_t n)
{
    static uint32_t next = 1;
    const uint32_t first = next;

    next += n;
    return first;
}

int exchange_check_stop(const struct compare_pair *pair, char **errorp)
{
    return pair->stop && *pair->stop ? error_set(errorp, EINTR, "interrupted") : 0;
}

static const char *endpoint_name(const struct compare_pair *pair, const struct endpoint *endpoint)
{
    return endpoint == &pair->a ? "A" : endpoint == &pair->b ? "B" : "C";
}

int exchange_send(const struct compare_pair *pair, const struct endpoint *from, unsigned char *room,
                  size_t length, char **errorp)
{
    const int error = endpoint_send(from, room, length);

    if (error == 0 || error == -EAGAIN) {
        return error;
    }
    return error_set(errorp, -error, "cannot send a frame from endpoint %s: %s",
                     endpoint_name(pair, from), strerror(-error));
}

/* Waits until there is something to be read, `end_us`, or the end of a slice. */
static int await_input(const struct compare_pair *pair, const struct endpoint *at, double end_us,
                       char **errorp)
{
    struct pollfd ready = {.fd = at->fd, .events = POLLIN};
    const double left_ms = (end_us - exchange_now_us()) / 1e3;

    if (left_ms > 0) {
        poll(&ready, 1, left_ms > SLICE_MS ? SLICE_MS : (int)left_ms + 1);
    }
    return exchange_check_stop(pair, errorp);
}

int exchange_receive(const struct compare_pair *pair, const struct endpoint *at,
                     unsigned char *room, int wait_ms, struct frame_seen *seen, char **errorp)
{
    double end_us = 0;

    for (;;) {
        /* Looked at before reading: a process that had to wait for a CPU may be late, but what has
         * come in time meanwhile is there. */
        const bool last = end_us > 0 && exchange_now_us() >= end_us;
        size_t length = 0;
        int error = endpoint_receive(at, room, ENDPOINT_FRAME_MAX, &length);

        if (error && error != -EAGAIN) {
            return error_set(errorp, -error, "cannot receive a frame at endpoint %s: %s",
                             endpoint_name(pair, at), strerror(-error));
        }
        if (!error && frame_recognise(room, length, pair->seed, seen)) {
            return 0;
        }
        if (last) {
            return -ETIMEDOUT;
        }
        /* Only now: a frame that is there already is to cost as little as can be. */
        if (end_us == 0) {
            end_us = exchange_now_us() + wait_ms * 1e3;
        }
        error = await_input(pair, at, end_us, errorp);
        if (error) {
            return error;
        }
    }
}

void exchange_wait_any(const struct compare_pair *pair, int wait_ms)
{
    struct pollfd ready[] = {
        {.fd = pair->a.fd, .events = POLLIN},
        {.fd = pair->b.fd, .events = POLLIN},
        {.fd = pair->other_vlan ? pair->other_vlan->fd : -1, .events = POLLIN},
    };

    poll(ready, sizeof ready / sizeof *ready, wait_ms > SLICE_MS ? SLICE_MS : wait_ms);
}

void exchange_drain(const struct compare_pair *pair)
{
    endpoint_drain(&pair->a, QUIET_MS);
    endpoint_drain(&pair->b, QUIET_MS);
    if (pair->other_vlan) {
        endpoint_drain(pair->other_vlan, QUIET_MS);
    }
}
