/* qemu/relink.h: what QEMU is told of a card that is to have another backend, in what order, and
 * what becomes of that when it refuses, does not answer, or hangs up at any point. */
#include "support/relink-guest.h"

static void check_order(enum vif_strategy strategy, const char *commands)
{
    struct relink_event event;
    struct guest guest;

    start(&guest, strategy, &none);
    relink_set_link(guest.relink, &guest.record, false);
    await(&guest, RELINK_READY, &event);
    while (next_within(guest.relink, 100, &event)) {
    }
    assert_true(guest.qemu->link_down);
    memset(guest.qemu->log, 0, sizeof guest.qemu->log);
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    assert_string_equal(event.name, "web0");
    assert_string_equal(guest.qemu->log, commands);
    check_backend(&guest, guest.new_ino);
    assert_false(guest.qemu->link_down);
    assert_true(guest.qemu->announced);
    finish(&guest);
}

static void the_order_of_a_replug(void **state)
{
    (void)state;
    check_order(VIF_STRATEGY_REPLUG,
                "qom-get qom-get qom-get qom-get netdev_del getfd netdev_add device_del device_add "
                "netdev_del query-pci announce-self ");
}

static void the_order_at_a_hub(void **state)
{
    (void)state;
    check_order(VIF_STRATEGY_HUB,
                "human-monitor-command getfd netdev_add set_link netdev_add announce-self "
                "netdev_del netdev_del object-add set_link announce-self object-del "
                "announce-self ");
}

/* Leaves but one of a row of the same commands, of which there are as many as time allows. */
static void forget_repeated(char *log, const char *command)
{
    size_t length = strlen(command);
    char *first = strstr(log, command);

    while (first && strncmp(first + length, command, length) == 0) {
        memmove(first, first + length, strlen(first + length) + 1);
    }
}

/* While the old backend is of use there is always one that hears, and one that speaks, or what is
 * said is held. */
static void the_order_of_a_move(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_HUB, &none);
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    forget_repeated(guest.qemu->log, "query-status ");
    assert_string_equal(
        guest.qemu->log,
        "human-monitor-command getfd netdev_add chardev-add chardev-add object-add object-add "
        "object-add qom-set qom-set netdev_add query-status netdev_del netdev_del object-del "
        "object-del set_link announce-self chardev-remove chardev-remove ");
    check_backend(&guest, guest.new_ino);
    assert_false(guest.qemu->lost);
    assert_int_equal(guest.qemu->sinks, 0);
    finish(&guest);
}

/* Then it is muted. */
static void a_qemu_without_filters(void **state)
{
    const struct fake_trouble trouble = {.no_filters = true};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_HUB, &trouble);
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    check_backend(&guest, guest.new_ino);
    assert_true(guest.qemu->announced);
    assert_int_equal(guest.qemu->sinks, 0);
    finish(&guest);
}

/* How many commands it takes. */
static unsigned count_commands(enum vif_strategy strategy)
{
    struct relink_event event;
    struct guest guest;
    unsigned n;

    start(&guest, strategy, &none);
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    n = guest.qemu->n_commands;
    finish(&guest);
    assert_in_range(n, 8, 30);
    return n;
}

/* Replaces a backend while QEMU hangs up at some command, and then once more without that. */
static void replace_twice(enum vif_strategy strategy, const struct fake_trouble *trouble)
{
    struct relink_event event;
    struct guest guest;

    start(&guest, strategy, trouble);
    for (unsigned i = 0; i < 2; i++) {
        replace(&guest);
        await(&guest, RELINK_CONNECTED, &event);
        check_backend(&guest, guest.new_ino);
        assert_false(guest.qemu->link_down);
        assert_true(guest.qemu->announced);
        guest.qemu->announced = false;
        /* Once is enough. */
        assert_int_equal(guest.qemu->n_let_go, strategy == VIF_STRATEGY_HUB ? 0 : i + 1);
        close(guest.new_file);
        guest.new_file = new_file();
        guest.new_ino = ino_of(guest.new_file);
    }
    finish(&guest);
}

static void a_session_that_is_lost_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strategies); i++) {
        unsigned n = count_commands(strategies[i]);

        for (unsigned at = 1; at <= n; at++) {
            const struct fake_trouble before = {.hang_up_before = at};
            const struct fake_trouble after = {.hang_up_after = at};

            replace_twice(strategies[i], &before);
            replace_twice(strategies[i], &after);
        }
    }
}

/* Another watcher finds what one that was killed has left. */
static void a_watcher_that_is_killed_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strategies); i++) {
        unsigned n = count_commands(strategies[i]);

        for (unsigned at = 1; at <= n; at++) {
            const struct fake_trouble trouble = {.hang_up_after = at};
            struct relink_event event;
            struct guest guest;

            start(&guest, strategies[i], &trouble);
            replace(&guest);
            do {
                assert_true(next_within(guest.relink, 5000, &event));
            } while (event.kind != RELINK_LOST);
            relink_close(guest.relink);
            guest.relink = relink_open(guest.path);
            replace(&guest);
            await(&guest, RELINK_CONNECTED, &event);
            check_backend(&guest, guest.new_ino);
            finish(&guest);
        }
    }
}

/* What does not matter is overlooked; all else is undone. */
static void a_refusal_anywhere(void **state)
{
    unsigned n_failed = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strategies); i++) {
        unsigned n = count_commands(strategies[i]);

        for (unsigned at = 1; at <= n; at++) {
            const struct fake_trouble trouble = {.refuse = at};
            struct relink_event event;
            struct guest guest;

            start(&guest, strategies[i], &trouble);
            replace(&guest);
            do {
                assert_true(next_within(guest.relink, 5000, &event));
            } while (event.kind == RELINK_READY);
            if (event.kind == RELINK_FAILED) {
                assert_non_null(strstr(event.why, "QEMU refused "));
                check_backend(&guest, guest.old_ino);
                n_failed++;
            } else {
                assert_int_equal(event.kind, RELINK_CONNECTED);
                assert_int_equal(fake_find(guest.qemu, guest.qemu->device)->file,
                                 strategies[i] == VIF_STRATEGY_HUB ? 0 : guest.new_ino);
            }
            /* The next one finds nothing in its way. */
            replace(&guest);
            await(&guest, RELINK_CONNECTED, &event);
            check_backend(&guest, guest.new_ino);
            finish(&guest);
        }
    }
    assert_true(n_failed >= 8);
}

/* There is nothing more that could be done for it, but to try again. */
static void a_card_that_cannot_be_restored(void **state)
{
    const struct fake_trouble trouble = {.refuse = 9, .refuse_also = 11};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &trouble);
    replace(&guest);
    await(&guest, RELINK_FAILED, &event);
    assert_string_equal(event.why,
                        "QEMU refused device_add: no: the guest is without its card now");
    assert_string_equal(guest.qemu->device, "");
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    check_backend(&guest, guest.new_ino);
    finish(&guest);
}

static void a_guest_that_refuses(void **state)
{
    const struct fake_trouble trouble = {.guest_refuses = true};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &trouble);
    replace(&guest);
    await(&guest, RELINK_FAILED, &event);
    assert_string_equal(event.why, "the guest refuses to let go of it");
    check_backend(&guest, guest.old_ino);
    finish(&guest);
}

/* It complies only after somebody has hung up. */
/* Replaces a backend of a guest that has that to do with its new card. */
static void check_taken(const struct fake_trouble *trouble, int64_t longest_ms,
                        const char *commands)
{
    struct relink_event event;
    struct guest guest;
    int64_t began;

    start(&guest, VIF_STRATEGY_REPLUG, trouble);
    replace(&guest);
    await(&guest, RELINK_READY, &event);
    began = now_ms();
    await(&guest, RELINK_CONNECTED, &event);
    assert_in_range(now_ms() - began, 0, longest_ms);
    if (!strstr(guest.qemu->log, commands)) {
        fail_msg("QEMU was told: %s", guest.qemu->log);
    }
    assert_int_equal(guest.qemu->n_let_go, 1 + trouble->ejects);
    check_backend(&guest, guest.new_ino);
    assert_true(guest.qemu->announced);
    finish(&guest);
}

static void a_card_that_the_guest_has_yet_to_take(void **state)
{
    const struct fake_trouble slow = {.slow = 3};
    const struct fake_trouble ejects = {.ejects = 2};
    const struct fake_trouble no_driver = {.slow = 1000};
    const struct fake_trouble not_freed = {.not_freed = 2};
    const struct fake_trouble not_pci = {.not_pci = true};

    (void)state;
    check_taken(&slow, 4000, "device_add netdev_del query-pci query-pci query-pci query-pci ann");
    check_taken(&ejects, 4000, "device_add netdev_del query-pci announce-self");
    check_taken(&no_driver, 8000, "query-pci query-pci query-pci");
    check_taken(&not_freed, 4000,
                "device_del device_add device_add device_add netdev_del query-pci");
    check_taken(&not_pci, 4000, "query-pci qom-get qom-get qom-get qom-get netdev_del announce");
}

static void a_card_that_the_guest_never_takes(void **state)
{
    const struct fake_trouble trouble = {.ejects = 100000};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &trouble);
    replace(&guest);
    await(&guest, RELINK_READY, &event);
    assert_true(next_within(guest.relink, 9000, &event));
    assert_int_equal(event.kind, RELINK_FAILED);
    assert_non_null(strstr(event.why, "the guest lets go of it as soon as it has it"));
    finish(&guest);
}

static void a_guest_that_is_late(void **state)
{
    const struct fake_trouble trouble = {.late = true, .hang_up_after = 8};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &trouble);
    replace(&guest);
    await(&guest, RELINK_CONNECTED, &event);
    check_backend(&guest, guest.new_ino);
    finish(&guest);
}

static void a_bus_that_nothing_leaves(void **state)
{
    const struct fake_trouble trouble = {.handler = ""};
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &trouble);
    relink_set_link(guest.relink, &guest.record, true);
    assert_null(relink_obstacle(guest.relink, "web0"));
    await(&guest, RELINK_READY, &event);
    while (next_within(guest.relink, 100, &event)) {
    }
    assert_non_null(strstr(relink_obstacle(guest.relink, "web0"), "is on bus \"rp0\""));
    replace(&guest);
    await(&guest, RELINK_FAILED, &event);
    assert_non_null(strstr(event.why, "QEMU takes nothing out"));
    check_backend(&guest, guest.old_ino);
    assert_null(strstr(guest.qemu->log, "getfd"));
    finish(&guest);
}

static void a_macvtap_of_several_queues(void **state)
{
    const struct fake_trouble trouble = {.two_queues = true};
    struct relink_event event;
    struct guest guest;

    (void)state;
    for (unsigned told = 0; told < 2; told++) {
        start(&guest, VIF_STRATEGY_REPLUG, &trouble);
        guest.record.port.n_queues = 2;
        if (told) {
            relink_backend_gone(guest.relink, &guest.record);
            await(&guest, RELINK_READY, &event);
            assert_false(next_within(guest.relink, 100, &event));
            assert_int_equal(guest.qemu->n_netdevs, 0);
            assert_true(guest.qemu->link_down);
        }
        const int fds[] = {guest.new_file, guest.new_file};
        relink_replace(guest.relink, &guest.record, fds, 2);
        await(&guest, RELINK_CONNECTED, &event);
        check_backend(&guest, guest.new_ino);
        assert_false(guest.qemu->link_down);
        finish(&guest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_a_replug),
        cmocka_unit_test(the_order_at_a_hub),
        cmocka_unit_test(the_order_of_a_move),
        cmocka_unit_test(a_qemu_without_filters),
        cmocka_unit_test(a_session_that_is_lost_anywhere),
        cmocka_unit_test(a_watcher_that_is_killed_anywhere),
        cmocka_unit_test(a_refusal_anywhere),
        cmocka_unit_test(a_card_that_cannot_be_restored),
        cmocka_unit_test(a_guest_that_refuses),
        cmocka_unit_test(a_guest_that_is_late),
        cmocka_unit_test(a_card_that_the_guest_has_yet_to_take),
        cmocka_unit_test(a_card_that_the_guest_never_takes),
        cmocka_unit_test(a_bus_that_nothing_leaves),
        cmocka_unit_test(a_macvtap_of_several_queues),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
