/* netdev/link-events.h: what happens to links is told in its order, and when something could not be
 * told, that is. */
#include "support/host.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>

#include "netdev/link-events.h"

static struct link_events *events;

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip link add v0 type veth peer v1; ip link add br0 type bridge");
    check_ok(link_events_open(&events, &error), &error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    link_events_close(events);
    host_run("for l in v0 vx br0 low.7 m0; do ip link delete $l 2>/dev/null || true; done;"
             "ip netns delete other 2>/dev/null || true");
    return 0;
}

/* The next event, which must be there or come soon. */
static struct link_event next(void)
{
    struct pollfd readable = {.fd = link_events_fd(events), .events = POLLIN};
    struct link_event event;
    char *error = NULL;
    int result = link_events_next(events, &event, &error);

    while (result == -EAGAIN) {
        assert_null(error);
        assert_int_equal(poll(&readable, 1, 5000), 1);
        result = link_events_next(events, &event, &error);
    }
    check_ok(result, &error);
    return event;
}

/* Waits for an event of that kind about the link of that name, whatever comes before. */
static struct link_info await(int kind, const char *name)
{
    for (;;) {
        struct link_event event = next();

        assert_int_not_equal(event.kind, LINKS_MISSED);
        if ((int)event.kind == kind && str_eq(event.link.name, name)) {
            return event.link;
        }
    }
}

/* Forgets all that has been told until now. */
static void drain(void)
{
    struct link_event event;

    while (link_events_next(events, &event, NULL) == 0) {
    }
}

static void nothing_is_told_when_nothing_happens(void **state)
{
    struct link_event event;
    struct pollfd readable = {.fd = link_events_fd(events), .events = POLLIN};
    char *error = NULL;

    (void)state;
    drain();
    assert_int_equal(link_events_next(events, &event, &error), -EAGAIN);
    assert_null(error);
    assert_int_equal(poll(&readable, 1, 0), 0);
    assert_int_equal(fcntl(link_events_fd(events), F_GETFD), FD_CLOEXEC);
}

static void a_link_is_told_of_from_its_beginning_to_its_end(void **state)
{
    (void)state;
    host_run("ip link add low type veth peer low-p address 52:54:00:00:00:09;"
             "ip link add link low name m0 address 52:54:00:00:00:01 type macvtap mode vepa;"
             "ip link set low-p mtu 1400 up; ip link set low up; ip link delete low");
    struct link_info low = await(LINK_IS_THERE, "low-p");
    assert_int_equal(low.mac.octet[5], 9);
    assert_false(low.up);
    struct link_info macvtap = await(LINK_IS_THERE, "m0");
    assert_string_equal(macvtap.kind, "macvtap");
    assert_int_equal(macvtap.macvtap_mode, MACVTAP_VEPA);
    assert_int_equal(macvtap.mac.octet[0], 0x52);
    do {
        low = await(LINK_IS_THERE, "low-p");
    } while (!low.up || !low.carrier);
    assert_int_equal(low.mtu, 1400);
    /* The macvtap ends first, and before it the device below has no carrier any more. */
    struct link_info gone = await(LINK_IS_GONE, "m0");
    assert_int_equal(gone.ifindex, macvtap.ifindex);
    await(LINK_IS_GONE, "low");
}

static void a_rename_is_a_change(void **state)
{
    int ifindex = (int)if_nametoindex("v0");

    (void)state;
    drain();
    host_run("ip link set v0 name vx");
    assert_int_equal(await(LINK_IS_THERE, "vx").ifindex, ifindex);
    host_run("ip link set vx name v0");
    await(LINK_IS_THERE, "v0");
}

/* A bridge says of its ports with messages of the same types that they come and go. */
static void a_port_that_leaves_a_bridge_is_there(void **state)
{
    (void)state;
    drain();
    host_run("ip link set v0 master br0; ip link set v0 nomaster; ip link set v0 mtu 1400");
    for (;;) {
        struct link_event event = next();

        assert_int_equal(event.kind, LINK_IS_THERE);
        assert_int_not_equal(event.link.mtu, 0);
        if (event.link.mtu == 1400) {
            break;
        }
    }
}

static void a_link_that_moves_away_is_gone(void **state)
{
    int ifindex = (int)if_nametoindex("v0");

    (void)state;
    drain();
    host_run("ip netns add other; ip link set v0 netns other");
    assert_int_equal(await(LINK_IS_GONE, "v0").ifindex, ifindex);
    host_run("ip -n other link set v0 netns $$");
    await(LINK_IS_THERE, "v0");
}

/* Thousands that nobody reads, and then more than there is room for. */
static void what_is_missed_is_missed_aloud(void **state)
{
    unsigned n = 0;

    (void)state;
    drain();
    host_run(
        "for i in $(seq 1000); do echo link set br0 mtu $((1400 + i %% 2)); done | ip -batch -");
    while (n < 1000) {
        struct link_event event = next();

        assert_int_equal(event.kind, LINK_IS_THERE);
        n += str_eq(event.link.name, "br0");
    }
    host_run(
        "for i in $(seq 9000); do echo link set br0 mtu $((1400 + i %% 2)); done | ip -batch -;"
        "ip link set v0 alias last");
    for (;;) {
        struct link_event event = next();

        if (event.kind == LINKS_MISSED) {
            break;
        }
    }
    /* And then it goes on. */
    drain();
    host_run("ip link set v0 up");
    assert_true(await(LINK_IS_THERE, "v0").up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_told_when_nothing_happens, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_is_told_of_from_its_beginning_to_its_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_rename_is_a_change, setup, teardown),
        cmocka_unit_test_setup_teardown(a_port_that_leaves_a_bridge_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_that_moves_away_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_missed_is_missed_aloud, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
