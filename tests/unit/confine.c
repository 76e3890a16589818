/* helper/confine.h: what a confined process cannot do. Each question is asked by a child of the
 * test, since there is no way back. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/confine.h"
#include "support/test.h"

/* Asks in a confined child; returns its exit status, or minus the signal that ended it. */
static int ask(int (*question)(void))
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        _exit(confine(NULL) ? 255 : question());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int errno_of(long result)
{
    return result < 0 ? errno : 0;
}

/* By its number, since the C library asks clone3() first. */
static int clone_user_namespace(void)
{
    return errno_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int signal_somebody(void)
{
    return errno_of(kill(getppid(), SIGCONT));
}

static int look_for_somebody(void)
{
    return errno_of(kill(getppid(), 0));
}

static int signal_a_thread(void)
{
    return errno_of(syscall(SYS_tgkill, getppid(), getppid(), SIGCONT));
}

static int open_packet_socket(void)
{
    return errno_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int mount_something(void)
{
    return errno_of(mount("none", "/", "tmpfs", 0, NULL));
}

static int run_a_program(void)
{
    return execl("/bin/true", "true", NULL);
}

static int give_up(void)
{
    abort();
}

static int go_on(void)
{
    return 0;
}

static void what_is_not_needed_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(ask(go_on), 0);
    assert_int_equal(ask(clone_user_namespace), ENOSYS);
    assert_int_equal(ask(open_packet_socket), ENOSYS);
    assert_int_equal(ask(mount_something), ENOSYS);
}

static void a_program_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(ask(run_a_program), -SIGSYS);
}

static void nobody_is_signalled(void **state)
{
    (void)state;
    assert_int_equal(ask(signal_somebody), ENOSYS);
    assert_int_equal(ask(signal_a_thread), ENOSYS);
    assert_int_equal(ask(look_for_somebody), 0);
    assert_int_equal(ask(give_up), -SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_needed_is_not_there),
        cmocka_unit_test(a_program_is_the_end),
        cmocka_unit_test(nobody_is_signalled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
