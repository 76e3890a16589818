/* plugin/compare/exchange.h between the ends of a socket pair, and values.h. */
#include "support/test.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "compare/exchange.h"
#include "compare/values.h"

#define SEED 0x5eed1234U

static struct compare_pair pair;
static volatile int stopped;
static unsigned char room[ENDPOINT_FRAME_MAX];

static int setup(void **state)
{
    static const struct mac a = {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0a}};
    static const struct mac b = {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0b}};
    int fds[2];

    (void)state;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds)) {
        return -1;
    }
    stopped = 0;
    pair = (struct compare_pair){.seed = SEED, .stop = &stopped};
    endpoint_packet(fds[0], &a, &pair.a);
    endpoint_packet(fds[1], &b, &pair.b);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close(pair.a.fd);
    close(pair.b.fd);
    return 0;
}

static void say(uint32_t seed, uint32_t number)
{
    const struct frame frame = {
        .source = pair.a.mac, .target = pair.b.mac, .length = 64, .seed = seed, .number = number};
    char *error = NULL;

    frame_build(&frame, room);
    check_ok(exchange_send(&pair, &pair.a, room, frame.length, &error), &error);
}

static uint32_t hear(int wait_ms)
{
    struct frame_seen seen = {0};
    char *error = NULL;

    check_ok(exchange_receive(&pair, &pair.b, room, wait_ms, &seen, &error), &error);
    return seen.number;
}

/* Checks that nothing of ours comes. */
static void check_silence(int wait_ms)
{
    const double start_us = exchange_now_us();
    struct frame_seen seen;
    char *error = NULL;

    assert_int_equal(exchange_receive(&pair, &pair.b, room, wait_ms, &seen, &error), -ETIMEDOUT);
    assert_null(error);
    assert_true(exchange_now_us() - start_us >= wait_ms * 1e3);
}

static void frames_of_this_run_are_heard(void **state)
{
    (void)state;
    say(SEED, 1);
    say(SEED + 1, 2);
    say(SEED, 3);
    assert_int_equal(hear(100), 1);
    assert_int_equal(hear(100), 3);
    check_silence(30);
    check_silence(0);
}

/* However late one looks. */
static void what_is_there_when_time_is_up_has_come(void **state)
{
    (void)state;
    say(SEED + 1, 1);
    say(SEED, 2);
    assert_int_equal(hear(0), 2);
}

static void a_stop_ends_waiting(void **state)
{
    struct frame_seen seen;
    char *error = NULL;

    (void)state;
    stopped = 1;
    check_error(exchange_receive(&pair, &pair.b, room, 60000, &seen, &error), -EINTR, &error,
                "interrupted");
    check_error(exchange_check_stop(&pair, &error), -EINTR, &error, "interrupted");
    pair.stop = NULL;
    assert_int_equal(exchange_check_stop(&pair, &error), 0);
}

static void a_queue_that_is_full_is_no_failure(void **state)
{
    char *error = NULL;
    int result = 0;

    (void)state;
    say(SEED, 1);
    for (int i = 0; !result && i < 100000; i++) {
        result = exchange_send(&pair, &pair.a, room, 64, &error);
    }
    assert_int_equal(result, -EAGAIN);
    assert_null(error);
    exchange_drain(&pair);
    check_silence(0);
    say(SEED, 2);
    assert_int_equal(hear(0), 2);
}

static void failures_name_the_endpoint(void **state)
{
    static const struct endpoint c = {.fd = -1};
    struct frame_seen seen;
    char *error = NULL;

    (void)state;
    pair.other_vlan = &c;
    check_error(exchange_receive(&pair, &c, room, 100, &seen, &error), -EBADF, &error,
                "cannot receive a frame at endpoint C: Bad file descriptor");
    check_error(exchange_send(&pair, &c, room, 64, &error), -EBADF, &error,
                "cannot send a frame from endpoint C: Bad file descriptor");
}

static void numbers_are_given_once(void **state)
{
    const uint32_t first = exchange_numbers(5);

    (void)state;
    assert_int_equal(exchange_numbers(1), first + 5);
    assert_int_equal(exchange_numbers(1), first + 6);
}

static void percentiles_are_values(void **state)
{
    struct values values = {0};

    (void)state;
    assert_true(values_percentile(&values, 50) == 0);
    /* More than there is room for at first, the largest first. */
    for (int i = 5000; i > 0; i--) {
        values_add(&values, i);
    }
    assert_int_equal(values.n, 5000);
    assert_true(values_percentile(&values, 0) == 1);
    assert_true(values_percentile(&values, 50) == 2500);
    assert_true(values_percentile(&values, 99) == 4950);
    assert_true(values_percentile(&values, 100) == 5000);
    values_clear(&values);
    assert_int_equal(values.n, 0);
    values_add(&values, 7);
    assert_true(values_percentile(&values, 99) == 7);
    values_clear(&values);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(frames_of_this_run_are_heard),
        test(what_is_there_when_time_is_up_has_come),
        test(a_stop_ends_waiting),
        test(a_queue_that_is_full_is_no_failure),
        test(failures_name_the_endpoint),
        cmocka_unit_test(numbers_are_given_once),
        cmocka_unit_test(percentiles_are_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
