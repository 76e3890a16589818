/* ovs/monitor.h and ovs/loop.h against a real OVSDB server: what is told of ports of ours, of a
 * server that comes back, and of nothing else. */
#include "support/ovs.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "ovs/loop.h"
#include "ovs/monitor.h"
#include "support/proxy.h"

#define PROXY "/run/proxy.sock"

/* Ports of ours, made without a device: the database does not mind. */
#define ADD_PORT                                                                                   \
    "ovs-vsctl --no-wait add-port br0 %s -- set Port %s external_ids:owner=vifplug 2>/dev/null"

static struct ovs_monitor *monitor;

static int make_switch(void **state)
{
    (void)state;
    run("ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    return 0;
}

static void open_at(const char *remote)
{
    const struct ovsdb_options options = {.remote = remote, .timeout_ms = 3000};
    char *error = NULL;

    check_ok(ovs_monitor_open(&options, &monitor, &error), &error);
}

static int close_monitor(void **state)
{
    (void)state;
    ovs_monitor_close(monitor);
    monitor = NULL;
    run("for port in $(ovs-vsctl --no-wait list-ports br0); do "
        "ovs-vsctl --no-wait del-port \"$port\"; done");
    return 0;
}

/* Takes the next event; fails where none comes within that time. */
static bool next_within(struct ovs_monitor_event *event, int64_t ms)
{
    int64_t end = ovs_loop_now() + ms;

    while (!ovs_monitor_next(monitor, event)) {
        if (ovs_loop_now() >= end) {
            return false;
        }
        ovs_monitor_wait(monitor);
        ovs_loop_until(end);
        ovs_loop_block();
    }
    return true;
}

static struct ovs_monitor_event next(void)
{
    struct ovs_monitor_event event;

    if (!next_within(&event, 10000)) {
        fail_msg("no event comes");
    }
    return event;
}

/* Takes what there is at the beginning. */
static void look(void)
{
    while (next().kind != OVS_MONITOR_SEEN) {
    }
}

#define check_next(kind_, name_)                                                                   \
    do {                                                                                           \
        struct ovs_monitor_event event_ = next();                                                  \
        assert_int_equal(event_.kind, kind_);                                                      \
        assert_string_equal(event_.name, name_);                                                   \
    } while (0)

/* Nothing more comes of what was done. */
static void check_quiet(void)
{
    struct ovs_monitor_event event;

    if (next_within(&event, 300)) {
        fail_msg("event %d of \"%s\"", event.kind, event.name);
    }
}

/* Nothing wakes the loop. */
static void check_asleep(void)
{
    int64_t start = ovs_loop_now();

    ovs_monitor_wait(monitor);
    ovs_loop_until(start + 300);
    ovs_loop_block();
    assert_in_range(ovs_loop_now() - start, 300, 5000);
}

static void ports_of_ours_come_and_go(void **state)
{
    (void)state;
    run(ADD_PORT, "vif0", "vif0");
    open_at(NULL);
    check_next(OVS_MONITOR_THERE, "");
    check_next(OVS_MONITOR_BRIDGE, "br0");
    check_next(OVS_MONITOR_PORT, "vif0");
    check_next(OVS_MONITOR_SEEN, "");
    check_quiet();

    run(ADD_PORT, "vif1", "vif1");
    check_next(OVS_MONITOR_PORT, "vif1");
    run("ovs-vsctl --no-wait del-port vif0");
    check_next(OVS_MONITOR_NO_PORT, "vif0");
    run("ovs-vsctl --no-wait set Port vif1 tag=7 external_ids:more=x");
    check_quiet();
}

static void a_port_that_is_put_elsewhere_is_there(void **state)
{
    (void)state;
    run(ADD_PORT, "vif0", "vif0");
    open_at(NULL);
    look();
    run("ovs-vsctl --no-wait del-port vif0 "
        "-- add-port br0 vif0 -- set Port vif0 external_ids:owner=vifplug 2>/dev/null");
    check_next(OVS_MONITOR_PORT, "vif0");
    check_quiet();
}

static void a_port_that_is_no_longer_ours_is_gone(void **state)
{
    (void)state;
    run(ADD_PORT, "vif0", "vif0");
    open_at(NULL);
    look();
    run("ovs-vsctl --no-wait set Port vif0 external_ids:owner=somebody");
    check_next(OVS_MONITOR_NO_PORT, "vif0");
    run("ovs-vsctl --no-wait set Port vif0 external_ids:owner=vifplug");
    check_next(OVS_MONITOR_PORT, "vif0");
}

static void a_new_bridge_is_told(void **state)
{
    (void)state;
    open_at(NULL);
    look();
    run("ovs-vsctl --no-wait add-br br9");
    check_next(OVS_MONITOR_BRIDGE, "br9");
    run("ovs-vsctl --no-wait del-br br9");
    check_quiet();
}

static void ports_of_others_cost_nothing(void **state)
{
    (void)state;
    open_at(NULL);
    look();
    check_quiet();
    run("ovs-vsctl --no-wait $(for i in $(seq 1000); do "
        "echo -- add-port br0 other$i -- set Port other$i external_ids:owner=other; done) "
        "2>/dev/null");
    check_asleep();
    run("ovs-vsctl --no-wait $(for i in $(seq 1000); do echo -- del-port other$i; done)");
    check_asleep();
}

/* Replaces the server, which is away for a moment. */
static void restart_server(const char *meanwhile)
{
    kill_daemon("ovsdb-server");
    run("%s", *meanwhile ? meanwhile : "true");
    run("ovsdb-server -vconsole:off /run/openvswitch/conf.db "
        "--remote=punix:/run/openvswitch/db.sock --detach --no-chdir --pidfile "
        "--log-file=/run/openvswitch/ovsdb-server.log");
}

static void a_server_that_comes_back_is_looked_at_anew(void **state)
{
    (void)state;
    run(ADD_PORT, "vif0", "vif0");
    run(ADD_PORT, "vif1", "vif1");
    open_at(NULL);
    look();
    auto_free char *uuid = output_("ovs-vsctl --no-wait get Port vif1 _uuid");
    auto_free char *removal = str_printf(
        "ovsdb-tool transact /run/openvswitch/conf.db '[\"Open_vSwitch\", "
        "{\"op\":\"mutate\",\"table\":\"Bridge\",\"where\":[],"
        "\"mutations\":[[\"ports\",\"delete\",[\"uuid\",\"%s\"]]]}]' > /dev/null",
        uuid);

    restart_server(removal);
    check_next(OVS_MONITOR_LOST, "");
    check_next(OVS_MONITOR_THERE, "");
    check_next(OVS_MONITOR_BRIDGE, "br0");
    check_next(OVS_MONITOR_PORT, "vif0");
    check_next(OVS_MONITOR_SEEN, "");
    check_quiet();
}

static void a_server_is_waited_for(void **state)
{
    struct ovs_monitor_event event;
    char *error = NULL;

    (void)state;
    open_at("unix:/run/later/db.sock,unix:/run/even-later.sock");
    assert_false(next_within(&event, 1000));
    run("mkdir /run/later");
    run("ln -s /run/openvswitch/db.sock /run/later/db.sock");
    check_next(OVS_MONITOR_THERE, "");
    run("rm -r /run/later");
    ovs_monitor_close(monitor);
    monitor = NULL;

    const struct ovsdb_options options = {.remote = "carrier-pigeon:7"};

    check_error(ovs_monitor_open(&options, &monitor, &error), -EINVAL, &error, "malformed");
}

/* A socket that appears is seen at once, however long the wait between two attempts is by then. */
static void a_socket_that_appears_is_tried_at_once(void **state)
{
    struct ovs_monitor_event event;

    (void)state;
    run("mkdir /run/soon");
    open_at("unix:/run/soon/db.sock");
    assert_false(next_within(&event, 3300)); /* the wait that has begun is one of 3.2 s */

    run("ln -s /run/openvswitch/db.sock /run/soon/db.sock");
    int64_t start = ovs_loop_now();

    check_next(OVS_MONITOR_THERE, "");
    assert_in_range(ovs_loop_now() - start, 0, 2000);
    run("rm -r /run/soon");
}

static void a_host_name_is_looked_up(void **state)
{
    (void)state;
    run("ovs-appctl -t ovsdb-server ovsdb-server/add-remote ptcp:6641:127.0.0.1");
    open_at("tcp:localhost:6641");
    check_next(OVS_MONITOR_THERE, "");
    run("ovs-appctl -t ovsdb-server ovsdb-server/remove-remote ptcp:6641:127.0.0.1");
}

/* Nobody answers for five seconds; and there is another remote behind it. */
static void a_silent_name_server_holds_up_nobody(void **state)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ovs_monitor_event event;
    int64_t longest = 0;
    int64_t start = ovs_loop_now();
    size_t turns = 0;

    (void)state;
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
    run("echo nameserver 127.0.0.1 > /run/resolv.conf && "
        "mount --bind /run/resolv.conf $(realpath /etc/resolv.conf)");
    open_at("tcp:switch.example,unix:" OVS_SOCKET);
    for (bool there = false; !there; turns++) {
        int64_t before = ovs_loop_now();

        there = ovs_monitor_next(monitor, &event);
        longest = ovs_loop_now() - before > longest ? ovs_loop_now() - before : longest;
        assert_in_range(ovs_loop_now() - start, 0, 15000);
        if (!there) {
            ovs_monitor_wait(monitor);
            ovs_loop_block();
        }
    }
    assert_int_equal(event.kind, OVS_MONITOR_THERE);
    assert_in_range(longest, 0, 500);
    assert_in_range(turns, 2, 200); /* and it was waited for, not looked again and again */
    run("umount $(realpath /etc/resolv.conf)");
}

static void realised_ports_are_told(void **state)
{
    struct ovs_monitor_event event;

    (void)state;
    run("ip tuntap add vif0 mode tap");
    open_at(NULL);
    look();
    ovs_monitor_expect(monitor, "vif0");
    ovs_monitor_expect(monitor, "ghost0");
    ovs_monitor_expect(monitor, "never0");
    stop_daemon("ovs-vswitchd");
    run(ADD_PORT, "vif0", "vif0");
    check_next(OVS_MONITOR_PORT, "vif0");
    check_quiet();
    continue_daemon("ovs-vswitchd");
    event = next();
    assert_int_equal(event.kind, OVS_MONITOR_REALISED);
    assert_string_equal(event.name, "vif0");
    assert_true(event.ofport > 0);

    run(ADD_PORT, "ghost0", "ghost0");
    check_next(OVS_MONITOR_PORT, "ghost0");
    event = next();
    assert_int_equal(event.kind, OVS_MONITOR_REALISED);
    assert_string_equal(event.name, "ghost0");
    assert_int_equal(event.ofport, -1);

    /* Of one that has been realised for long. */
    ovs_monitor_expect(monitor, "vif0");
    check_next(OVS_MONITOR_REALISED, "vif0");
    run("ip link del vif0");
}

static void what_is_expected_outlives_the_server(void **state)
{
    (void)state;
    run("ip tuntap add vif0 mode tap");
    open_at(NULL);
    look();
    stop_daemon("ovs-vswitchd");
    run(ADD_PORT, "vif0", "vif0");
    ovs_monitor_expect(monitor, "vif0");
    check_next(OVS_MONITOR_PORT, "vif0");
    check_quiet();
    restart_server("");
    look();
    continue_daemon("ovs-vswitchd");
    check_next(OVS_MONITOR_REALISED, "vif0");
    run("ip link del vif0");
}

static void an_old_server_will_do(void **state)
{
    struct proxy proxy = {
        .path = PROXY, .server = OVS_SOCKET, .trigger = "monitor_cond", .instead = "monitor_gone"};

    (void)state;
    run("ovs-vsctl --no-wait add-port br0 other0 2>/dev/null");
    run(ADD_PORT, "vif0", "vif0");
    proxy_start(&proxy);
    open_at("unix:" PROXY);
    check_next(OVS_MONITOR_THERE, "");
    check_next(OVS_MONITOR_BRIDGE, "br0");
    check_next(OVS_MONITOR_PORT, "vif0");
    check_next(OVS_MONITOR_SEEN, "");
    run("ovs-vsctl --no-wait add-port br0 other1 2>/dev/null");
    run(ADD_PORT, "vif1", "vif1");
    check_next(OVS_MONITOR_PORT, "vif1");
    run("ovs-vsctl --no-wait del-port vif0 -- del-port other0 -- set Port vif1 tag=7");
    check_next(OVS_MONITOR_NO_PORT, "vif0");
    run("ovs-vsctl --no-wait set Port vif1 external_ids:owner=somebody");
    check_next(OVS_MONITOR_NO_PORT, "vif1");
    check_quiet();
    proxy_stop(&proxy);
    check_next(OVS_MONITOR_LOST, "");
}

static void nothing_wakes_an_idle_loop(void **state)
{
    (void)state;
    open_at(NULL);
    look();
    check_quiet();
    for (int i = 0; i < 5; i++) {
        check_asleep();
    }
}

static void a_descriptor_and_a_time_wake_the_loop(void **state)
{
    int pipe_fds[2];

    (void)state;
    assert_return_code(pipe2(pipe_fds, O_CLOEXEC), errno);
    int64_t start = ovs_loop_now();

    ovs_loop_fd(pipe_fds[0], POLLIN);
    ovs_loop_until(start + 100);
    ovs_loop_block();
    assert_in_range(ovs_loop_now() - start, 100, 5000);
    assert_return_code(write(pipe_fds[1], "x", 1), errno);
    ovs_loop_fd(pipe_fds[0], POLLIN);
    ovs_loop_until(ovs_loop_now() + 60000);
    ovs_loop_block();
    /* What was said before is forgotten. */
    start = ovs_loop_now();
    ovs_loop_until(start + 50);
    ovs_loop_block();
    assert_in_range(ovs_loop_now() - start, 50, 5000);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, close_monitor)
    const struct CMUnitTest tests[] = {
        TEST(ports_of_ours_come_and_go),
        TEST(a_port_that_is_put_elsewhere_is_there),
        TEST(a_port_that_is_no_longer_ours_is_gone),
        TEST(a_new_bridge_is_told),
        TEST(ports_of_others_cost_nothing),
        TEST(a_server_that_comes_back_is_looked_at_anew),
        TEST(a_server_is_waited_for),
        TEST(a_socket_that_appears_is_tried_at_once),
        TEST(a_host_name_is_looked_up),
        TEST(a_silent_name_server_holds_up_nobody),
        TEST(realised_ports_are_told),
        TEST(what_is_expected_outlives_the_server),
        TEST(an_old_server_will_do),
        TEST(nothing_wakes_an_idle_loop),
        cmocka_unit_test(a_descriptor_and_a_time_wake_the_loop),
    };

    return cmocka_run_group_tests(tests, make_switch, NULL);
}
