/* ovs/: what libopenvswitch would do to its process is not done: signals, SIGPIPE, descriptors, and
 * what it would print. One connection with everything in it: success, failure, a server that dies.
 */
#include "support/ovs.h"

#include <dirent.h>
#include <fcntl.h>
#include <syslog.h>

#include "ovs/bridge.h"

#define STDERR_FILE "/run/stderr"

/* The C library's own business: the kernel tells it of actions that were once set. */
#define SA_RESTORER_ 0x04000000

static bool openlog_called;

/* In place of the C library's. */
void openlog(const char *ident, int option, int facility)
{
    (void)ident;
    (void)option;
    (void)facility;
    openlog_called = true;
}

static int make_switch(void **state)
{
    (void)state;
    run("ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    run("ip tuntap add vif0 mode tap");
    run("ovsdb-tool create /run/second.db /usr/share/openvswitch/vswitch.ovsschema");
    return 0;
}

struct dispositions {
    struct sigaction actions[NSIG];
    sigset_t mask;
    sigset_t pending;
};

static void read_dispositions(struct dispositions *d)
{
    memset(d, 0, sizeof *d);
    for (int i = 1; i < NSIG; i++) {
        sigaction(i, NULL, &d->actions[i]);
    }
    sigprocmask(SIG_BLOCK, NULL, &d->mask);
    sigpending(&d->pending);
}

static void check_same(const struct dispositions *a, const struct dispositions *b)
{
    for (int i = 1; i < NSIG; i++) {
        if (a->actions[i].sa_handler != b->actions[i].sa_handler ||
            (a->actions[i].sa_flags ^ b->actions[i].sa_flags) & ~SA_RESTORER_) {
            fail_msg("the action of signal %d (%s) has changed", i, strsignal(i));
        }
        assert_int_equal(sigismember(&a->mask, i), sigismember(&b->mask, i));
        assert_int_equal(sigismember(&a->pending, i), sigismember(&b->pending, i));
    }
}

/* The descriptors that the test was started with. */
static bool inherited[1024];

static void note_inherited_fds(void)
{
    for (int fd = 0; fd < (int)ARRAY_LEN(inherited); fd++) {
        inherited[fd] = fcntl(fd, F_GETFD) >= 0;
    }
}

/* All descriptors of ours are close-on-exec. */
static void check_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int sockets = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);
        struct stat st;

        assert_in_range(fd, 0, ARRAY_LEN(inherited) - 1);
        if (*entry->d_name != '.' && !inherited[fd] && !fstat(fd, &st)) {
            sockets += S_ISSOCK(st.st_mode);
            if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC)) {
                auto_free char *target = output_("readlink /proc/%d/fd/%d", getpid(), fd);

                fail_msg("descriptor %d (%s) would be inherited", fd, target);
            }
        }
    }
    closedir(dir);
    assert_true(sockets > 0);
}

static void start_second_server(void)
{
    run("ovsdb-server /run/second.db --remote=punix:/run/second.sock --remote=ptcp:16640:127.0.0.1 "
        "--detach --no-chdir -vconsole:off --pidfile=/run/second.pid --unixctl=/run/second.ctl "
        "--log-file=/run/second.log 2>/dev/null");
}

static void kill_second_server(void)
{
    run("pid=$(cat /run/second.pid) && kill -KILL $pid && while kill -0 $pid 2>/dev/null; do :; "
        "done");
}

static void succeed_and_fail(struct ovsdb *db)
{
    struct ovs_port port = wish("vif0", "br0");
    char *error = NULL;

    check_ok(ovs_ports_add(db, &port, 1, plug_id(), false, NULL, &error), &error);
    assert_int_equal(ovs_ports_add(db, &port, 1, plug_id(), false, NULL, NULL), -EEXIST);
    remove_port(db, "vif0");
    ovs_port_clear(&port);
}

/* Writes to a server that is dead: SIGPIPE, were it not for us. */
static void write_to_the_dead(const char *remote)
{
    struct ovs_switch *sw = NULL;
    char *error = NULL;

    start_second_server();
    struct ovsdb *db = open_remote(remote, 300);

    check_fds();
    kill_second_server();
    for (int i = 0; i < 3; i++) {
        assert_true(ovs_switch_read(db, &sw, &error) < 0);
    }
    free(error);
    ovsdb_close(db);
}

static void use_everything(void)
{
    struct ovsdb *db = open_remote(NULL, 3000);

    check_fds();
    succeed_and_fail(db);
    write_to_the_dead("unix:/run/second.sock");
    write_to_the_dead("tcp:localhost:16640");
    ovsdb_close(db);
}

static void nothing_of_the_process_changes(void **state)
{
    struct dispositions before;
    struct dispositions after;

    (void)state;
    read_dispositions(&before);
    use_everything();
    read_dispositions(&after);
    check_same(&before, &after);
    assert_true(after.actions[SIGPIPE].sa_handler == SIG_DFL);
    check_nothing_left();
}

static void a_blocked_sigpipe_of_ours_stays(void **state)
{
    sigset_t sigpipe;
    sigset_t pending;

    (void)state;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    sigprocmask(SIG_BLOCK, &sigpipe, NULL);
    raise(SIGPIPE);
    write_to_the_dead("unix:/run/second.sock");
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    sigwaitinfo(&sigpipe, NULL);
    sigprocmask(SIG_UNBLOCK, &sigpipe, NULL);
}

/* The library records a SIGTERM, and dies of it at its next call, when its handler is in place. */
static void sigterm_kills_at_once(void **state)
{
    int status;

    (void)state;
    ovsdb_close(open_remote(NULL, 3000));
    fflush(NULL);
    pid_t pid = fork();

    if (!pid) {
        raise(SIGTERM);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static int n_lines;
static char *last_line;

static void take_line(int level, const char *module, const char *line)
{
    assert_in_range(level, 0, 7);
    assert_true(*module);
    assert_null(strchr(line, '\n'));
    str_assign(&last_line, line);
    n_lines++;
}

static void the_log_goes_where_it_is_wanted(void **state)
{
    const struct ovsdb_options options = {.remote = "tcp:127.0.0.1:1", .timeout_ms = 100};
    struct ovsdb *db = NULL;

    (void)state;
    ovsdb_set_log(take_line);
    write_to_the_dead("unix:/run/second.sock");
    assert_true(n_lines > 0);
    assert_non_null(strstr(last_line, "/run/second.sock"));
    assert_false(openlog_called);
    ovsdb_set_log(NULL);
    n_lines = 0;
    assert_true(ovsdb_open(&db, &options, NULL) < 0);
    write_to_the_dead("unix:/run/second.sock");
    assert_int_equal(n_lines, 0);
    free(last_line);
}

static int run_all(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_the_process_changes),
        cmocka_unit_test(a_blocked_sigpipe_of_ours_stays),
        cmocka_unit_test(sigterm_kills_at_once),
        cmocka_unit_test(the_log_goes_where_it_is_wanted),
    };

    return cmocka_run_group_tests(tests, make_switch, NULL);
}

/* Nothing may be printed to stderr but what cmocka has to say there, in brackets. */
int main(void)
{
    int failed;

    note_inherited_fds();
    int saved = fcntl(2, F_DUPFD_CLOEXEC, 10);
    int file = open(STDERR_FILE, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    dup2(file, 2);
    failed = run_all();
    fflush(stderr);
    dup2(saved, 2);
    run("cat " STDERR_FILE " >&2");
    auto_free char *printed = output_("grep -v '^\\[' " STDERR_FILE);

    if (!failed && *printed) {
        print_error("the library has printed to stderr\n");
        failed++;
    }
    return failed;
}
