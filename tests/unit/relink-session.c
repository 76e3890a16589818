/* qemu/relink.h: the session with a QEMU, when it begins and ends, with whom, and what is wished in
 * the course of it. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#include "support/relink-guest.h"

static void the_last_wish_counts(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strategies); i++) {
        start(&guest, strategies[i], &none);
        replace(&guest);
        /* In the middle of that. */
        while (!strstr(guest.qemu->log, "netdev_add")) {
            next_within(guest.relink, 0, &event);
        }
        close(guest.new_file);
        guest.new_file = new_file();
        guest.new_ino = ino_of(guest.new_file);
        replace(&guest);
        relink_set_link(guest.relink, &guest.record, false);
        await(&guest, RELINK_CONNECTED, &event);
        check_backend(&guest, guest.new_ino);
        assert_true(guest.qemu->link_down);
        /* What is forgotten is not gone on with. */
        replace(&guest);
        relink_forget(guest.relink, "web0");
        assert_false(next_within(guest.relink, 100, &event));
        finish(&guest);
    }
}

static void links_that_are_to_be_down(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strategies); i++) {
        start(&guest, strategies[i], &none);
        guest.record.port.link_down = true;
        replace(&guest);
        await(&guest, RELINK_CONNECTED, &event);
        assert_true(guest.qemu->link_down);
        relink_set_link(guest.relink, &guest.record, true);
        assert_false(next_within(guest.relink, 100, &event));
        assert_true(guest.qemu->link_down);
        finish(&guest);
    }
}

/* Others may have said something to QEMU since. */
static void a_link_is_not_known_after_a_loss(void **state)
{
    const struct fake_trouble trouble = {.hang_up_after = 1};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_HUB, &trouble);
    relink_set_link(guest.relink, &guest.record, false);
    await(&guest, RELINK_READY, &event);
    assert_true(next_within(guest.relink, 5000, &event));
    assert_int_equal(event.kind, RELINK_LOST);
    assert_true(next_within(guest.relink, 5000, &event));
    assert_int_equal(event.kind, RELINK_READY);
    assert_false(next_within(guest.relink, 100, &event));
    assert_string_equal(guest.qemu->log, "set_link set_link ");
    finish(&guest);
}

static void addresses_are_followed(void **state)
{
    static const char changed[] = "52:54:00:00:06:99";
    struct relink_event event;
    struct guest guest;
    char text[MAC_TEXT_SIZE];

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &none);
    relink_follow_mac(guest.relink, &guest.record);
    await(&guest, RELINK_MAC, &event);
    assert_string_equal(mac_format(&event.mac, text), changed);
    /* It is the same afterwards, so nothing is said. */
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    assert_false(next_within(guest.relink, 100, &event));
    finish(&guest);
}

/* There is nothing more to do, and nothing is said of that. */
static void start_and_fall_silent(struct guest *guest)
{
    struct relink_event event;

    start(guest, VIF_STRATEGY_REPLUG, &none);
    relink_set_link(guest->relink, &guest->record, true);
    await(guest, RELINK_READY, &event);
    assert_false(next_within(guest->relink, 1500, &event));
}

/* One that serves others meanwhile. */
static void a_session_ends_when_it_is_not_needed(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    start_and_fall_silent(&guest);
    assert_int_equal(relink_fd(guest.relink), -1);
    assert_true(relink_deadline(guest.relink) == INT64_MAX);
    /* And begins without a word when it is. */
    replace(&guest);
    assert_true(next_within(guest.relink, 5000, &event));
    assert_int_equal(event.kind, RELINK_CONNECTED);
    check_backend(&guest, guest.new_ino);
    finish(&guest);
}

static void a_qemu_that_has_ended(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    start_and_fall_silent(&guest);
    stop_process(&guest);
    /* As long as its process may live, and something is to be done, it is tried again. */
    replace(&guest);
    assert_true(next_within(guest.relink, 5000, &event));
    assert_int_equal(event.kind, RELINK_LOST);
    assert_non_null(strstr(event.why, "nobody listens on"));
    assert_true(relink_deadline(guest.relink) < INT64_MAX);
    unlink(guest.path);
    start_process(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    check_backend(&guest, guest.new_ino);
    /* Of a process that is gone nothing more is expected. */
    assert_false(next_within(guest.relink, 1500, &event));
    stop_process(&guest);
    guest.record.pid_start = 1;
    replace(&guest);
    assert_true(next_within(guest.relink, 5000, &event));
    assert_int_equal(event.kind, RELINK_LOST);
    assert_true(relink_deadline(guest.relink) == INT64_MAX);
    unlink(guest.path);
    start_process(&guest);
    finish(&guest);
}

/* The path of a guest's socket may be another guest's by now, which does not get the card. */
static void a_socket_of_another_guest(void **state)
{
    struct relink_event event;
    struct guest guest;
    pid_t other = fork();

    (void)state;
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    start(&guest, VIF_STRATEGY_REPLUG, &none);
    vif_record_give_to(&guest.record, other);
    replace(&guest);
    assert_true(next_within(guest.relink, 5000, &event));
    assert_int_equal(event.kind, RELINK_LOST);
    assert_non_null(strstr(event.why, "another one's"));
    assert_false(relink_is_of(guest.relink, &guest.record));
    assert_false(next_within(guest.relink, 500, &event));
    check_backend(&guest, guest.old_ino);
    /* It is tried again as long as its process lives. */
    assert_true(relink_deadline(guest.relink) < INT64_MAX);
    vif_record_set_owner(&guest.record);
    relink_set_link(guest.relink, &guest.record, true);
    await(&guest, RELINK_CONNECTED, &event);
    assert_true(relink_is_of(guest.relink, &guest.record));
    check_backend(&guest, guest.new_ino);
    finish(&guest);
    kill(other, SIGKILL);
    assert_int_equal(waitpid(other, NULL, 0), other);
}

/* One whose parent was killed is known by its socket, where that is nobody else's. */
static void a_socket_that_is_trusted(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &none);
    guest.record.pid = 2; /* of the kernel */
    relink_trust_path(guest.relink);
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    check_backend(&guest, guest.new_ino);
    finish(&guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_wish_counts),
        cmocka_unit_test(links_that_are_to_be_down),
        cmocka_unit_test(a_link_is_not_known_after_a_loss),
        cmocka_unit_test(addresses_are_followed),
        cmocka_unit_test(a_session_ends_when_it_is_not_needed),
        cmocka_unit_test(a_qemu_that_has_ended),
        cmocka_unit_test(a_socket_of_another_guest),
        cmocka_unit_test(a_socket_that_is_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
