/* qemu/relink.h: what QEMU is told, in what order, and what becomes of that when it refuses, does
 * not answer, or hangs up at any point. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/mem.h"
#include "qemu/relink.h"
#include "support/fake-qemu.h"
#include "support/vif.h"

/* A guest with one card, a watcher's session with it, and a backend for it. */
struct guest {
    struct fake_qemu *qemu; /* shared with its process */
    char folder[64];
    char *path;
    int stop; /* written to to end it */
    pid_t pid;
    struct vif_record record;
    struct relink *relink;
    int new_file; /* what the card is to get */
    ino_t old_ino;
    ino_t new_ino;
};

static ino_t ino_of(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static int new_file(void)
{
    int fd = memfd_create("backend", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(str_copy(address.sun_path, sizeof address.sun_path, path));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

#define INTERFACE                                                                                  \
    "<interface type='direct'><source dev='eth0' mode='bridge'/><alias name='net0'/>"              \
    "<mac address='52:54:00:00:00:01'/><target dev='web0'/></interface>"

static void start_process(struct guest *guest)
{
    int fds[2];
    int listener = listen_at(guest->path);

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    guest->pid = fork();
    assert_true(guest->pid >= 0);
    if (guest->pid == 0) {
        close(fds[1]);
        fake_serve(guest->qemu, listener, fds[0]);
        _exit(0);
    }
    close(listener);
    close(fds[0]);
    guest->stop = fds[1];
}

static void start(struct guest *guest, enum vif_strategy strategy,
                  const struct fake_trouble *trouble)
{
    struct vif_plan plan = drafted(INTERFACE);

    *guest = (struct guest){.folder = "/tmp/vifplug-relink.XXXXXX"};
    assert_non_null(mkdtemp(guest->folder));
    guest->path = str_printf("%s/qmp", guest->folder);
    guest->qemu = mmap(NULL, sizeof *guest->qemu, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(guest->qemu, MAP_FAILED);
    guest->qemu->trouble = *trouble;
    int old = new_file();
    guest->old_ino = ino_of(old);
    guest->new_file = new_file();
    guest->new_ino = ino_of(guest->new_file);
    if (strategy == VIF_STRATEGY_HUB) {
        fake_add(guest->qemu, "hostnet0-tap0", "", false, guest->old_ino);
        fake_add(guest->qemu, "hostnet0-port0", "hostnet0-tap0", true, 0);
        fake_add(guest->qemu, "hostnet0", "", true, 0);
    } else {
        fake_add(guest->qemu, "hostnet0", "", false, guest->old_ino);
    }
    str_copy(guest->qemu->device, sizeof guest->qemu->device, "hostnet0");
    start_process(guest);
    close(old);
    vif_port_copy(&guest->record.port, &plan.ports[0]);
    guest->record.port.strategy = strategy;
    guest->record.qemu_bus = str_dup("rp0");
    vif_record_set_owner(&guest->record);
    vif_plan_clear(&plan);
    guest->relink = relink_open(guest->path);
}

static void stop_process(struct guest *guest)
{
    close(guest->stop);
    assert_int_equal(waitpid(guest->pid, NULL, 0), guest->pid);
}

static void finish(struct guest *guest)
{
    relink_close(guest->relink);
    stop_process(guest);
    vif_record_clear(&guest->record);
    close(guest->new_file);
    unlink(guest->path);
    assert_int_equal(rmdir(guest->folder), 0);
    free(guest->path);
    munmap(guest->qemu, sizeof *guest->qemu);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the next event, at most so long; false when none came. */
static bool next_within(struct relink *relink, int ms, struct relink_event *event)
{
    int64_t end = now_ms() + ms;

    while (!relink_next(relink, event)) {
        int64_t deadline = relink_deadline(relink);
        int64_t left = (deadline < end ? deadline : end) - now_ms();
        struct pollfd pfd = {.fd = relink_fd(relink), .events = relink_poll_events(relink)};

        if (now_ms() >= end) {
            return false;
        }
        poll(&pfd, 1, left > 0 ? (int)left : 0);
    }
    return true;
}

/* Waits for an event of that kind, over any that say that the session comes and goes. */
static void await(struct guest *guest, int kind, struct relink_event *event)
{
    do {
        if (!next_within(guest->relink, 5000, event)) {
            fail_msg("no event of kind %d; QEMU was told: %s", kind, guest->qemu->log);
        }
    } while ((int)event->kind != kind &&
             (event->kind == RELINK_READY || event->kind == RELINK_LOST));
    if ((int)event->kind != kind) {
        fail_msg("event %d instead of %d: %s; QEMU was told: %s", event->kind, kind,
                 event->why ? event->why : "", guest->qemu->log);
    }
}

/* Checks that the card has one backend, just this, and nothing is left besides. */
static void check_backend(struct guest *guest, ino_t wanted)
{
    struct fake_qemu *qemu = guest->qemu;
    bool hub = guest->record.port.strategy == VIF_STRATEGY_HUB;
    struct fake_netdev *of_card = fake_find(qemu, qemu->device);

    assert_non_null(of_card);
    assert_int_equal(qemu->n_netdevs, hub ? 3 : 1);
    if (!hub) {
        assert_int_equal(of_card->file, wanted);
    }
    for (size_t i = 0; i < qemu->n_netdevs && hub; i++) {
        const struct fake_netdev *netdev = &qemu->netdevs[i];
        const struct fake_netdev *tap = fake_find(qemu, netdev->peer);

        assert_true(!netdev->port || netdev == of_card || tap);
        assert_true(netdev->port || netdev->file == wanted);
        assert_false(netdev->down);
    }
    assert_int_equal(qemu->given, 0);
}

static void replace(struct guest *guest)
{
    relink_replace(guest->relink, &guest->record, &guest->new_file, 1);
}

static const struct fake_trouble none;

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
                "netdev_del netdev_del set_link announce-self ");
}

static const enum vif_strategy strategies[] = {VIF_STRATEGY_REPLUG, VIF_STRATEGY_HUB};

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
    assert_in_range(n, 8, 20);
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

/* One that serves others meanwhile. */
static void a_session_ends_when_it_is_not_needed(void **state)
{
    struct relink_event event;
    struct guest guest;

    (void)state;
    start(&guest, VIF_STRATEGY_REPLUG, &none);
    relink_set_link(guest.relink, &guest.record, true);
    await(&guest, RELINK_READY, &event);
    assert_false(next_within(guest.relink, 1500, &event));
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
    start(&guest, VIF_STRATEGY_REPLUG, &none);
    relink_set_link(guest.relink, &guest.record, true);
    await(&guest, RELINK_READY, &event);
    assert_false(next_within(guest.relink, 1500, &event));
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
        cmocka_unit_test(the_order_of_a_replug),
        cmocka_unit_test(the_order_at_a_hub),
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
