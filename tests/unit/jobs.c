/* watch/jobs.h: what the processes that speak to libvirt have open, and what is told of them.
 * libvirtd is a socket here, that never answers. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "libvirt/guest.h"
#include "support/vif.h"
#include "watch/jobs.h"

#define LIMIT_MS 20000

/* A folder with the socket that libvirtd would have. */
struct place {
    char rundir[40];
    struct sockaddr_un address;
    int listener;
    struct jobs *jobs;
    struct vif_record record;
};

static const struct place *at;

int __wrap_libvirt_guest_open(const char *domain, struct libvirt_guest **guestp, char **errorp);

/* In the new process: waits for an answer, until the connection is closed. */
int __wrap_libvirt_guest_open(const char *domain, struct libvirt_guest **guestp, char **errorp)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte;

    (void)domain;
    *guestp = NULL;
    if (connect(fd, (const struct sockaddr *)&at->address, sizeof at->address) == 0 &&
        read(fd, &byte, 1) == 0) {
        return error_set(errorp, EIO, "libvirt: no answer");
    }
    return error_set(errorp, errno, "libvirt: %m");
}

static bool no_pidfd;

int __wrap_pidfd_open(pid_t pid, unsigned flags);
int __real_pidfd_open(pid_t pid, unsigned flags);

int __wrap_pidfd_open(pid_t pid, unsigned flags)
{
    if (no_pidfd) {
        errno = ENFILE;
        return -1;
    }
    return __real_pidfd_open(pid, flags);
}

static int set_up(void **state)
{
    struct place *place = mem_zalloc(sizeof *place);

    strcpy(place->rundir, "/tmp/vifplug-jobs.XXXXXX");
    assert_non_null(mkdtemp(place->rundir));
    place->address.sun_family = AF_UNIX;
    snprintf(place->address.sun_path, sizeof place->address.sun_path, "%s/sock", place->rundir);
    place->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(place->listener, (struct sockaddr *)&place->address, sizeof place->address), 0);
    assert_int_equal(listen(place->listener, 8), 0);
    place->jobs = jobs_new(NULL, place->rundir);
    strcpy(place->record.port.name, "mv0");
    place->record.port.domain_uuid = str_dup("11111111-1111-4111-8111-111111111111");
    place->record.of_libvirt = true;
    at = place;
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    close(place->listener); /* which ends what still waits for an answer */
    jobs_free(place->jobs);
    vif_record_clear(&place->record);
    unlink(place->address.sun_path);
    rmdir(place->rundir);
    free(place);
    return 0;
}

/* Goes on until a process has come to libvirtd's socket, counting what is told meanwhile. Returns
 * the connection. */
static int come(const struct place *place, size_t *n_told)
{
    struct pollfd comes = {.fd = place->listener, .events = POLLIN};
    struct guest_event event;

    for (int ms = 0; ms < LIMIT_MS; ms += 20) {
        *n_told += jobs_next(place->jobs, &event);
        if (poll(&comes, 1, 20) > 0) {
            return accept4(place->listener, NULL, NULL, SOCK_CLOEXEC);
        }
    }
    fail_msg("no process came to libvirt's socket");
    return -1;
}

static void processes_have_nothing_of_ours_open(void **state)
{
    struct place *place = *state;
    size_t n_told = 0;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    jobs_replace(place->jobs, &place->record);
    int connection = come(place, &n_told);

    /* As a QEMU sees it, whose monitor we leave. */
    struct pollfd end = {.fd = ends[1], .events = POLLIN};
    close(ends[0]);
    assert_int_equal(poll(&end, 1, 0), 1);
    close(ends[1]);
    close(connection);
}

static void only_the_last_replace_is_told(void **state)
{
    struct place *place = *state;
    struct guest_event event;
    size_t n_told = 0;

    jobs_replace(place->jobs, &place->record);
    int first = come(place, &n_told);
    jobs_replace(place->jobs, &place->record);
    close(first);
    int second = come(place, &n_told);
    assert_int_equal(n_told, 0);

    close(second);
    for (int ms = 0; !jobs_next(place->jobs, &event); ms += 20) {
        assert_in_range(ms, 0, LIMIT_MS);
        poll(NULL, 0, 20);
    }
    assert_int_equal(event.kind, GUEST_FAILED);
    assert_string_equal(event.name, "mv0");
    assert_non_null(strstr(event.why, "libvirt: no answer"));
}

/* What failed to begin takes nobody's place: more do than there are places. */
static void one_that_does_not_begin_has_no_place(void **state)
{
    struct place *place = *state;
    struct guest_event event;
    size_t n_told = 0;

    no_pidfd = true;
    for (int i = 0; i < 5; i++) {
        jobs_replace(place->jobs, &place->record);
        while (jobs_next(place->jobs, &event)) {
            n_told++;
            assert_int_equal(event.kind, GUEST_FAILED);
            assert_non_null(strstr(event.why, "cannot watch a process"));
        }
    }
    assert_int_equal(n_told, 5);
    no_pidfd = false;
    jobs_replace(place->jobs, &place->record);
    close(come(place, &n_told));
    assert_int_equal(n_told, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(processes_have_nothing_of_ours_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_last_replace_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_does_not_begin_has_no_place, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
