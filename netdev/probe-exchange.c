#include "netdev/probe-exchange.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define TRIES  3
#define TRY_MS 50

/* A frame as it goes over the wire. The token tells ours from those of others who experiment or
 * probe, the role the frames of one probe. */
struct frame {
    struct mac target;
    struct mac source;
    uint8_t ethertype[2];
    uint8_t token[8];
    uint8_t role;
    uint8_t padding[37]; /* to 60 bytes, Ethernet's minimum without the checksum */
};
_Static_assert(sizeof(struct frame) == 60 && offsetof(struct frame, token) == 14,
               "no gaps between the fields");

enum role {
    ROLE_BROADCAST = 'b',
    ROLE_UNICAST = 'u',
};

static const struct mac everyone = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int fill_random(void *bytes, size_t size, char **errorp)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size) {
        return error_set(errorp, EIO, "cannot get random bytes: %m");
    }
    return 0;
}

int probe_random_mac(struct mac *mac, char **errorp)
{
    int error = fill_random(mac->octet, sizeof mac->octet, errorp);

    mac->octet[0] = 0x02;
    return error;
}

/* A queue that is full, or a driver that is short of memory, loses a frame as the wire may: the
 * next try sends another. */
static bool is_loss(int error)
{
    return error == EAGAIN || error == ENOBUFS || error == EINTR;
}

static int send_frame(int fd, const struct frame *frame, char **errorp)
{
    if (write(fd, frame, sizeof *frame) < 0 && !is_loss(errno)) {
        return error_set(errorp, errno, "cannot send: %m");
    }
    return 0;
}

static int send_round(const struct probe_stations *stations, struct frame *frame, char **errorp)
{
    frame->role = ROLE_BROADCAST;
    frame->target = everyone;
    frame->source = stations->broadcast_only ? stations->a : stations->b;
    int error = send_frame(stations->broadcast_only ? stations->a_fd : stations->b_fd, frame,
                           errorp);

    if (!error && !stations->broadcast_only) {
        frame->role = ROLE_UNICAST;
        frame->target = stations->b;
        frame->source = stations->a;
        error = send_frame(stations->a_fd, frame, errorp);
    }
    return error;
}

/* Takes all that has arrived. */
static int receive(int fd, const struct frame *sent, struct probe_echo *echo, char **errorp)
{
    struct frame got;
    ssize_t n;

    while ((n = read(fd, &got, sizeof got)) >= 0) {
        if (n < (ssize_t)offsetof(struct frame, padding) ||
            memcmp(got.ethertype, sent->ethertype, sizeof got.ethertype) != 0 ||
            memcmp(got.token, sent->token, sizeof got.token) != 0) {
            continue;
        }
        echo->unicast |= got.role == ROLE_UNICAST;
        echo->broadcast |= got.role == ROLE_BROADCAST;
    }
    return is_loss(errno) ? 0 : error_set(errorp, errno, "cannot receive: %m");
}

/* Waits until what decides is back, or `end`. */
static int await_echo(const struct probe_stations *stations, const struct frame *sent, double end,
                      struct probe_echo *echo, char **errorp)
{
    struct pollfd poll_fd = {
        .fd = stations->broadcast_only ? stations->a_fd : stations->b_fd,
        .events = POLLIN,
    };
    const bool *decides = stations->broadcast_only ? &echo->broadcast : &echo->unicast;
    int error = 0;

    while (!error && !*decides && now_ms() < end) {
        if (poll(&poll_fd, 1, (int)(end - now_ms()) + 1) > 0) {
            error = receive(poll_fd.fd, sent, echo, errorp);
        }
    }
    return error;
}

int probe_exchange(const struct probe_stations *stations, struct probe_echo *echo, char **errorp)
{
    struct frame frame = {.ethertype = {PROBE_ETHERTYPE >> 8, PROBE_ETHERTYPE & 0xff}};
    int error = fill_random(frame.token, sizeof frame.token, errorp);
    double start = now_ms();

    memset(echo, 0, sizeof *echo);
    for (int i = 0; !error && i < TRIES; i++) {
        error = send_round(stations, &frame, errorp);
        if (!error) {
            error = await_echo(stations, &frame, start + (i + 1) * TRY_MS, echo, errorp);
        }
        if (stations->broadcast_only ? echo->broadcast : echo->unicast) {
            break;
        }
    }
    echo->elapsed_ms = now_ms() - start;
    return error;
}
