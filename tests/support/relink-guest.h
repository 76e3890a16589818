/* For C tests of qemu/relink.h: a guest with one card, a watcher's session with it, and a backend
 * for it. */
#ifndef TESTS_SUPPORT_RELINK_GUEST_H
#define TESTS_SUPPORT_RELINK_GUEST_H

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/mem.h"
#include "qemu/relink.h"
#include "support/fake-qemu.h"
#include "support/vif.h"

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

__attribute__((unused)) static ino_t ino_of(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

__attribute__((unused)) static int new_file(void)
{
    int fd = memfd_create("backend", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

__attribute__((unused)) static int listen_at(const char *path)
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

__attribute__((unused)) static void start_process(struct guest *guest)
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

__attribute__((unused)) static void start(struct guest *guest, enum vif_strategy strategy,
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

__attribute__((unused)) static void stop_process(struct guest *guest)
{
    close(guest->stop);
    assert_int_equal(waitpid(guest->pid, NULL, 0), guest->pid);
}

__attribute__((unused)) static void finish(struct guest *guest)
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

__attribute__((unused)) static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the next event, at most so long; false when none came. */
__attribute__((unused)) static bool next_within(struct relink *relink, int ms,
                                                struct relink_event *event)
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
__attribute__((unused)) static void await(struct guest *guest, int kind, struct relink_event *event)
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
__attribute__((unused)) static void check_backend(struct guest *guest, ino_t wanted)
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
    assert_int_equal(qemu->n_filters, 0);
    assert_false(qemu->looped);
}

__attribute__((unused)) static void replace(struct guest *guest)
{
    relink_replace(guest->relink, &guest->record, &guest->new_file, 1);
}

__attribute__((unused)) static const struct fake_trouble none;
__attribute__((unused)) static const enum vif_strategy strategies[] = {VIF_STRATEGY_REPLUG,
                                                                       VIF_STRATEGY_HUB};

#endif
