/* netdev/link-watch.h: the end of a link is noticed at once, and of no other. */
#include "support/host.h"

#include <errno.h>
#include <net/if.h>
#include <sys/resource.h>
#include <time.h>

#include "netdev/link-watch.h"

static struct link_watch *watch;

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(link_watch_open(&watch, &error), &error);
    host_run("ip link add v0 type veth peer v1; ip link add br0 type bridge");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    link_watch_close(watch);
    host_run("ip link delete v0 2>/dev/null || true; ip link delete br0 2>/dev/null || true");
    return 0;
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long cpu_ms(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 +
           usage.ru_stime.tv_sec * 1000 + usage.ru_stime.tv_usec / 1000;
}

/* Runs a shell command in another process; the caller waits for that. */
static pid_t meanwhile(const char *command)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void finish(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void what_is_gone_already_is_seen_at_once(void **state)
{
    int ifindex = (int)if_nametoindex("v0");
    char *error = NULL;

    (void)state;
    check_ok(link_watch_wait_gone(watch, 1 << 30, &error), &error);
    host_run("ip link delete v0");
    check_ok(link_watch_wait_gone(watch, ifindex, &error), &error);
}

/* All that happens to the link and to others before is no end of it: it changes, is renamed, leaves
 * a bridge; another link takes its name. */
static void the_end_is_told_from_all_else(void **state)
{
    int ifindex = (int)if_nametoindex("v0");
    long long began = now_ms();
    long cpu = cpu_ms();
    char *error = NULL;

    (void)state;
    pid_t child = meanwhile("ip link set v0 master br0 up; sleep 0.1; ip link set v0 nomaster;"
                            "ip link add other type veth peer other1; ip link delete other;"
                            "ip link set v0 down; ip link set v0 name vx;"
                            "ip link add v0 type bridge; ip link delete v0; sleep 0.4;"
                            "ip link delete vx");
    check_ok(link_watch_wait_gone(watch, ifindex, &error), &error);
    assert_in_range(now_ms() - began, 500, 5000);
    assert_in_range(cpu_ms() - cpu, 0, 100);
    finish(child);
    assert_int_equal(if_nametoindex("vx"), 0);
}

/* More is told than there is room for while this process cannot listen, the end among it. */
static void what_was_not_heard_is_looked_for(void **state)
{
    int ifindex = (int)if_nametoindex("v0");
    auto_free char *command = str_printf(
        "sleep 0.2; kill -STOP %ld;"
        "for i in $(seq 2000); do echo link set br0 mtu $((1400 + i %% 2)); done | ip -batch -;"
        "ip link delete v0; kill -CONT %ld",
        (long)getpid(), (long)getpid());
    char *error = NULL;

    (void)state;
    pid_t child = meanwhile(command);
    check_ok(link_watch_wait_gone(watch, ifindex, &error), &error);
    finish(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_gone_already_is_seen_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_is_told_from_all_else, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_not_heard_is_looked_for, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
