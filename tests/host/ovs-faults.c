/* ovs/port.h when things go wrong: daemons that are stopped, dead or restarted, and connections
 * that are lost at the worst moment. */
#include "support/ovs.h"
#include "support/proxy.h"

#define PROXY "/run/proxy.sock"

/* A step may take its timeout, and we allow this for a loaded machine. */
#define SLACK_MS 2500

static int make_switch(void **state)
{
    (void)state;
    run("ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    run("ip tuntap add vif0 mode tap && ip tuntap add vif1 mode tap");
    return 0;
}

static int check_nothing_left_behind(void **state)
{
    (void)state;
    check_nothing_left();
    check_output("", "ovs-vsctl --no-wait list-ports br0");
    return 0;
}

/* Adds vif0 to br0. */
static int add_vif0(struct ovsdb *db, bool no_wait, int64_t *ofport, char **error)
{
    struct ovs_port port = wish("vif0", "br0");
    int result = ovs_ports_add(db, &port, 1, plug_id(), no_wait, ofport, error);

    ovs_port_clear(&port);
    return result;
}

static void a_stopped_vswitchd_is_not_waited_for_forever(void **state)
{
    struct ovsdb *db = open_remote(NULL, 700);
    char *error = NULL;

    (void)state;
    stop_daemon("ovs-vswitchd");
    long long start = test_now_ms();
    int result = add_vif0(db, false, NULL, &error);
    long long took = test_now_ms() - start;

    continue_daemon("ovs-vswitchd");
    check_error(result, -ETIMEDOUT, &error,
                "port \"vif0\": ovs-vswitchd is running, but is too busy or stuck: it did not "
                "realise the port within 0.7 s");
    assert_in_range(took, 700, 700 + SLACK_MS);
    ovsdb_close(db);
}

static void a_dead_vswitchd_is_named(void **state)
{
    struct ovsdb *db = open_remote(NULL, 500);
    char *error = NULL;
    bool runs = true;

    (void)state;
    run("ovs-appctl -t ovs-vswitchd exit && while pidof ovs-vswitchd > /dev/null; do :; done");
    check_error(add_vif0(db, false, NULL, &error), -ETIMEDOUT, &error,
                "port \"vif0\": no ovs-vswitchd is running for unix:/run/openvswitch/db.sock, so "
                "nothing was realised within 0.5 s");
    check_ok(ovsdb_vswitchd_runs(db, &runs, &error), &error);
    assert_false(runs);
    /* Asking has not taken the lock: one that starts now serves the database. */
    run("ovs-vswitchd --detach --no-chdir --pidfile -vconsole:off "
        "--log-file=/run/openvswitch/ovs-vswitchd.log");
    check_ok(add_vif0(db, false, NULL, &error), &error);
    remove_port(db, "vif0");
    ovsdb_close(db);
}

static void a_stopped_server_is_not_waited_for_forever(void **state)
{
    const struct ovsdb_options options = {.timeout_ms = 500};
    struct ovsdb *db = open_remote(NULL, 500);
    struct ovsdb *other = NULL;
    char *error = NULL;
    bool runs;

    (void)state;
    stop_daemon("ovsdb-server");
    long long start = test_now_ms();
    int opened = ovsdb_open(&other, &options, &error);
    auto_free char *open_error = steal_ptr(error);
    int asked = ovsdb_vswitchd_runs(db, &runs, &error);
    auto_free char *ask_error = steal_ptr(error);
    int added = add_vif0(db, false, NULL, &error);
    long long took = test_now_ms() - start;

    continue_daemon("ovsdb-server");
    assert_int_equal(opened, -ETIMEDOUT);
    assert_non_null(strstr(open_error, "the OVSDB server at unix:/run/openvswitch/db.sock did not "
                                       "answer in time"));
    assert_int_equal(asked, -ETIMEDOUT);
    assert_non_null(strstr(ask_error, "did not answer in time"));
    check_error(added, -ETIMEDOUT, &error, "taking the ports out again failed too");
    /* Open, ask, add, take out. */
    assert_in_range(took, 2000, 2000 + SLACK_MS);

    /* The sentence is right: the server had the transaction in its socket. */
    remove_port(db, "vif0");
    ovsdb_close(db);
}

static void a_full_queue_of_the_socket_is_bounded(void **state)
{
    const struct ovsdb_options options = {.remote = "unix:/run/full.sock", .timeout_ms = 300};
    int listener = proxy_socket_("/run/full.sock", true);
    int fds[64];
    struct ovsdb *db = NULL;
    char *error = NULL;

    (void)state;
    assert_return_code(listen(listener, 0), errno);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/full.sock"};

        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(fds[i], (struct sockaddr *)&address, sizeof address);
    }
    long long start = test_now_ms();

    check_error(ovsdb_open(&db, &options, &error), -ETIMEDOUT, &error, "/run/full.sock");
    assert_in_range(test_now_ms() - start, 300, 300 + SLACK_MS);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        close(fds[i]);
    }
    close(listener);
}

static void no_server_is_said_at_once(void **state)
{
    struct ovsdb_options options = {.remote = "unix:/run/none.sock", .timeout_ms = 5000};
    struct ovsdb *db = NULL;
    char *error = NULL;
    long long start = test_now_ms();

    (void)state;
    check_error(ovsdb_open(&db, &options, &error), -ENOENT, &error,
                "cannot connect to the OVSDB server (unix:/run/none.sock: No such file or "
                "directory); is ovsdb-server running?");
    options.remote = "tcp:127.0.0.1:1";
    check_error(ovsdb_open(&db, &options, &error), -ECONNREFUSED, &error,
                "tcp:127.0.0.1:1: Connection refused");
    assert_in_range(test_now_ms() - start, 0, SLACK_MS);
}

static void not_a_switch_is_said(void **state)
{
    const struct ovsdb_options options = {.remote = "unix:/run/empty.sock", .timeout_ms = 5000};
    struct ovsdb *db = NULL;
    char *error = NULL;

    (void)state;
    run("ovsdb-server --no-db --remote=punix:/run/empty.sock --detach --no-chdir -vconsole:off "
        "--pidfile=/run/empty.pid --unixctl=/run/empty.ctl --log-file=/run/empty.log 2>/dev/null");
    check_error(ovsdb_open(&db, &options, &error), -ENOENT, &error,
                "has no Open_vSwitch database: it is not that of a switch");
    run("kill $(cat /run/empty.pid)");
}

static void a_server_that_talks_nonsense_is_survived(void **state)
{
    static const char *const replies[] = {"{\"id\":0,\"result\":[{\"rows\":7}],\"error\":null}",
                                          "[]", "\"", "{\"method\":\"echo\"}",
                                          "GET / HTTP/1.0\r\n\r\n"};
    const struct ovsdb_options options = {.remote = "unix:/run/odd.sock", .timeout_ms = 200};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        int listener = proxy_socket_("/run/odd.sock", true);
        struct ovsdb *db = NULL;
        char *error = NULL;

        fflush(NULL);
        pid_t pid = fork();

        if (!pid) {
            int client = accept(listener, NULL, NULL);
            char data[4096];

            (void)!recv(client, data, sizeof data, 0);
            (void)!send(client, replies[i], strlen(replies[i]), MSG_NOSIGNAL);
            (void)!recv(client, data, sizeof data, 0);
            _exit(0);
        }
        close(listener);
        assert_true(ovsdb_open(&db, &options, &error) < 0);
        assert_non_null(error);
        free(error);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

/* The connection is lost around the transaction that inserts. */
static int add_through_proxy(struct proxy proxy, char **error)
{
    int64_t ofport = 0;

    proxy.path = PROXY;
    proxy.server = OVS_SOCKET;

    proxy_start(&proxy);
    struct ovsdb *db = open_remote("unix:" PROXY, 3000);
    int result = add_vif0(db, false, &ofport, error);

    if (!result) {
        assert_true(ofport > 0);
        check_output("vif0", "ovs-vsctl --no-wait list-ports br0");
        remove_port(db, "vif0");
    }
    ovsdb_close(db);
    proxy_stop(&proxy);
    return result;
}

static void a_reply_that_was_lost_is_found_out(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(add_through_proxy((struct proxy){.trigger = "\"insert\"", .times = 1, .deliver = true},
                               &error),
             &error);
}

static void a_request_that_was_lost_is_sent_again(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(add_through_proxy((struct proxy){.trigger = "\"insert\"", .times = 1}, &error),
             &error);
}

/* The server reads the first request only after we have looked, so the second one finds the names
 * taken: by us. */
static void a_request_that_comes_late_is_ours(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(add_through_proxy((struct proxy){.trigger = "\"insert\"", .times = 1, .late = true},
                               &error),
             &error);
}

static void a_request_that_is_lost_twice_is_given_up(void **state)
{
    char *error = NULL;

    (void)state;
    check_error(add_through_proxy((struct proxy){.trigger = "\"insert\"", .times = 2}, &error),
                -ECONNRESET, &error,
                "closed the connection twice while the ports were being added");
}

static void a_connection_lost_while_waiting_is_made_again(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(add_through_proxy((struct proxy){.trigger = "\"ofport\"", .times = 1}, &error),
             &error);
    check_ok(add_through_proxy((struct proxy){.trigger = "\"ofport\"", .times = 1, .deliver = true},
                               &error),
             &error);
}

static void a_lost_removal_is_repeated(void **state)
{
    struct proxy proxy = {
        .path = PROXY, .server = OVS_SOCKET, .trigger = "\"delete\"", .times = 1, .deliver = true};
    char *error = NULL;

    (void)state;
    proxy_start(&proxy);
    struct ovsdb *db = open_remote("unix:" PROXY, 3000);

    check_ok(add_vif0(db, false, NULL, &error), &error);
    remove_port(db, "vif0");
    ovsdb_close(db);
    proxy_stop(&proxy);
}

static void a_restarted_server_is_found_again(void **state)
{
    struct ovsdb *db = open_remote(NULL, 10000);
    int64_t ofport = 0;
    char *error = NULL;

    (void)state;
    /* While we wait for a vswitchd that stands still, the server is restarted under us. */
    stop_daemon("ovs-vswitchd");
    run("(until ovs-vsctl --no-wait list-ports br0 | grep -q vif0; do :; done"
        " && kill $(cat /run/openvswitch/ovsdb-server.pid)"
        " && while pidof ovsdb-server > /dev/null; do :; done"
        " && ovsdb-server /run/openvswitch/conf.db --remote=punix:" OVS_SOCKET " --detach"
        " --no-chdir --pidfile --log-file=/run/openvswitch/ovsdb-server.log -vconsole:off"
        " && kill -CONT %d) > /run/restart.log 2>&1 &",
        daemon_pid("ovs-vswitchd"));
    check_ok(add_vif0(db, false, &ofport, &error), &error);
    assert_true(ofport > 0);
    remove_port(db, "vif0");
    ovsdb_close(db);
}

/* Also its QoS goes then, to which nothing else leads any more. */
static void a_port_removed_by_others_meanwhile_is_said(void **state)
{
    struct ovsdb *db = open_remote(NULL, 10000);
    struct ovs_port port = wish("vif0", "br0");
    char *error = NULL;

    (void)state;
    port.qos.egress_max_bps = 1000000;
    stop_daemon("ovs-vswitchd");
    run("(until ovs-vsctl --no-wait list-ports br0 | grep -q vif0; do :; done"
        " && ovs-vsctl --no-wait del-port vif0) > /run/meddle.log 2>&1 &");
    int result = ovs_ports_add(db, &port, 1, plug_id(), false, NULL, &error);

    continue_daemon("ovs-vswitchd");
    check_error(result, -EIO, &error,
                "port \"vif0\": someone else removed it while it was being realised");
    ovs_port_clear(&port);
    ovsdb_close(db);
}

/* The server probes TCP clients, and drops those that do not answer: one second at the least, and
 * then another one. */
static void probes_are_answered_while_waiting(void **state)
{
    char *error = NULL;

    (void)state;
    run("ovs-appctl -t ovsdb-server ovsdb-server/add-remote "
        "db:Open_vSwitch,Open_vSwitch,manager_options");
    run("ovs-vsctl --no-wait -- --id=@m create Manager 'target=\"ptcp:16640:127.0.0.1\"' "
        "inactivity_probe=1000 -- add Open_vSwitch . manager_options @m > /dev/null");
    struct ovsdb *db = open_remote("tcp:localhost:16640", 3500);

    stop_daemon("ovs-vswitchd");
    int result = add_vif0(db, false, NULL, &error);

    continue_daemon("ovs-vswitchd");
    check_error(result, -ETIMEDOUT, &error, "too busy or stuck");
    check_output("0", "grep -c 'no response to inactivity probe' "
                      "/run/openvswitch/ovsdb-server.log");
    ovsdb_close(db);
}

#define test(f) cmocka_unit_test_teardown(f, check_nothing_left_behind)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_stopped_vswitchd_is_not_waited_for_forever),
        test(a_dead_vswitchd_is_named),
        test(a_stopped_server_is_not_waited_for_forever),
        test(a_full_queue_of_the_socket_is_bounded),
        test(no_server_is_said_at_once),
        test(not_a_switch_is_said),
        test(a_server_that_talks_nonsense_is_survived),
        test(a_reply_that_was_lost_is_found_out),
        test(a_request_that_was_lost_is_sent_again),
        test(a_request_that_comes_late_is_ours),
        test(a_request_that_is_lost_twice_is_given_up),
        test(a_connection_lost_while_waiting_is_made_again),
        test(a_lost_removal_is_repeated),
        test(a_restarted_server_is_found_again),
        test(a_port_removed_by_others_meanwhile_is_said),
        test(probes_are_answered_while_waiting),
    };

    return cmocka_run_group_tests(tests, make_switch, NULL);
}
