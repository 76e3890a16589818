/* vif/lock.h: the lock of a file, taken, waited for, and given up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/test.h"
#include "vif/lock.h"

/* A file, opened twice: flock(2) does not let one open file have what another one has. */
struct files {
    char path[40];
    int ours;
    int theirs;
};

static int set_up(void **state)
{
    struct files *files = mem_zalloc(sizeof *files);

    strcpy(files->path, "/tmp/vifplug-lock.XXXXXX");
    files->ours = mkostemp(files->path, O_CLOEXEC);
    files->theirs = open(files->path, O_RDWR | O_CLOEXEC);
    assert_true(files->ours >= 0 && files->theirs >= 0);
    *state = files;
    return 0;
}

static int tear_down(void **state)
{
    struct files *files = *state;

    close(files->ours);
    close(files->theirs);
    unlink(files->path);
    free(files);
    return 0;
}

static void test_nobodys(void **state)
{
    const struct files *files = *state;
    char *error = NULL;

    check_ok(vif_lock(files->ours, 0, &error), &error);
    assert_int_equal(flock(files->theirs, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
}

/* Who has it is named, among those who have others. */
static void test_kept(void **state)
{
    const struct files *files = *state;
    auto_free char *holder = str_printf("process %ld has it", (long)getpid());
    struct timespec begin;
    struct timespec end;
    char *error = NULL;

    assert_int_equal(flock(files->theirs, LOCK_EX), 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    int result = vif_lock(files->ours, 200, &error);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >=
                200);
    check_error(result, -ETIME, &error, holder);
}

/* A process that is stopped, as one in a frozen cgroup is. */
static void test_stopped(void **state)
{
    const struct files *files = *state;
    char *error = NULL;
    int status;
    pid_t child = fork();

    if (child == 0) {
        int fd = open(files->path, O_RDWR | O_CLOEXEC);

        /* Nobody lets it go on when this test has failed. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(flock(fd, LOCK_EX) || raise(SIGSTOP));
    }
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    auto_free char *holder = str_printf("process %ld has it", (long)child);
    check_error(vif_lock(files->ours, 50, &error), -ETIME, &error, holder);

    /* Once it goes on, it ends, and gives the lock back. */
    kill(child, SIGCONT);
    check_ok(vif_lock(files->ours, 10000, &error), &error);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_no_file(void **state)
{
    char *error = NULL;

    (void)state;
    check_error(vif_lock(-1, 1000, &error), -EBADF, &error, "Bad file descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobodys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped, set_up, tear_down),
        cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
