/* watch/rows.h with real taps and a real Open vSwitch: what is put back, what is taken away, and
 * what is left alone. */
#include "support/ovs.h"

#include <poll.h>
#include <sys/prctl.h>

#include "netdev/link-events.h"
#include "ovs/loop.h"
#include "vif/host.h"
#include "watch/rows.h"
#include "watch/world.h"

#define MANY 500

/* As records have it. */
#define OVS_REMOTE "unix:" OVS_SOCKET

#define PORT_XML                                                                                   \
    "<interface type='bridge'><mac address='52:54:00:00:%02x:%02x'/><source bridge='br0'/>"        \
    "<vlan trunk='yes'><tag id='10'/><tag id='20' nativeMode='tagged'/></vlan>"                    \
    "<virtualport type='openvswitch'><parameters "                                                 \
    "interfaceid='6f6c0b7e-7d4f-4a3f-9b52-0000000%05x' profileid='web'/></virtualport>"            \
    "<target dev='%s%u'/><mtu size='1400'/>%s</interface>"
#define LIMITS                                                                                     \
    "<bandwidth><inbound average='1000' peak='2000' burst='128'/>"                                 \
    "<outbound average='500'/></bandwidth>"

static struct vif_host *host;
static struct world world;
static struct rows *rows;
static struct link_events *links;

/* What was told. */
static struct {
    int kind;
    char name[64];
    char why[500];
    int64_t gap_ms;
} told[2 * MANY];
static size_t n_told;

static int64_t stood_still; /* the longest that one turn took, in milliseconds */

static void note(void *data, const struct rows_report *report)
{
    (void)data;
    assert_in_range(n_told, 0, ARRAY_LEN(told) - 1);
    told[n_told].kind = report->kind;
    told[n_told].gap_ms = report->gap_ms;
    str_copy(told[n_told].name, sizeof told[0].name, report->name);
    snprintf(told[n_told++].why, sizeof told[0].why, "%s", report->why ? report->why : "");
}

static void say(void *data, int level, const char *sentence)
{
    (void)data;
    print_message("<%d>%s\n", level, sentence);
}

static void give_records(void)
{
    struct vif_record *all = NULL;
    struct vif_records *records;
    size_t n = 0;
    char *error = NULL;

    check_ok(vif_host_records(host, &records, &error), &error);
    check_ok(vif_records_read_all(records, &all, &n, &error), &error);
    rows_set_records(rows, all, n);
    vif_records_free(all, n);
}

static void hear_links(void)
{
    struct link_event event;
    char *error = NULL;

    while (!link_events_next(links, &event, &error)) {
        if (event.kind == LINK_IS_THERE) {
            rows_link_there(rows, event.link.name, event.link.ifindex);
        } else if (event.kind == LINK_IS_GONE) {
            rows_link_gone(rows, event.link.ifindex);
        } else {
            rows_look(rows);
        }
    }
}

/* Lets the rows do what they do, until so much was told, or until the time has passed. Returns
 * whether it was. */
static bool watch(size_t wanted, int64_t ms)
{
    int64_t end = ovs_loop_now() + ms;

    for (;;) {
        world_begin_turn(&world);
        hear_links();
        int64_t start = ovs_loop_now();
        rows_run(rows);
        int64_t took = ovs_loop_now() - start;
        stood_still = took > stood_still ? took : stood_still;
        if (n_told >= wanted || ovs_loop_now() >= end) {
            return n_told >= wanted;
        }
        rows_wait(rows);
        ovs_loop_fd(link_events_fd(links), POLLIN);
        ovs_loop_until(end);
        ovs_loop_block();
    }
}

static void watch_until_told(int kind, const char *name)
{
    n_told = 0;
    if (!watch(1, 15000)) {
        fail_msg("nothing is told of %s", name);
    }
    if (told[0].kind != kind || !str_eq(told[0].name, name)) {
        fail_msg("%d is told of %s (%s)", told[0].kind, told[0].name, told[0].why);
    }
}

static void check_nothing_told(int64_t ms)
{
    n_told = 0;
    if (watch(1, ms)) {
        fail_msg("%d is told of %s (%s)", told[0].kind, told[0].name, told[0].why);
    }
}

/* Not even on a machine that is busy with other things. */
static void check_never_stood_still(void)
{
    assert_in_range(stood_still, 0, 1000);
}

/* Nothing is told, and in the end nothing is done any more. */
static void check_quiet(int64_t ms)
{
    check_nothing_told(ms);
    int64_t start = ovs_loop_now();

    rows_wait(rows);
    ovs_loop_until(start + 300);
    ovs_loop_block();
    assert_in_range(ovs_loop_now() - start, 300, 5000);
}

static void plug(const char *options)
{
    run("$VIFPLUG plug --bridge br0 %s > /dev/null", options);
    give_records();
}

static void plug_xml(unsigned n, const char *prefix, const char *more)
{
    FILE *file = fopen("/run/many.xml", "w");

    assert_non_null(file);
    fprintf(file, "<domain type='kvm'><name>many</name>"
                  "<uuid>8f1b1b1e-0000-4000-8000-000000000001</uuid><devices>");
    for (unsigned i = 0; i < n; i++) {
        fprintf(file, PORT_XML, i / 256, i % 256, i, prefix, i, more);
    }
    fprintf(file, "</devices></domain>");
    fclose(file);
    run("$VIFPLUG plug --timeout 60 --domain /run/many.xml > /dev/null");
    give_records();
}

/* All that the database has of the port, but for what says which row it is, and what ovs-vswitchd
 * writes; caller frees. */
static char *row_of(const char *name)
{
    return output_(
        "ovs-vsctl port-to-br %s; "
        "ovs-vsctl --columns=name,tag,trunks,vlan_mode,external_ids,protected,other_config "
        "list Port %s; "
        "ovs-vsctl --columns=name,type,external_ids,mtu_request,ingress_policing_rate,"
        "ingress_policing_burst,options,ofport_request list Interface %s; "
        "qos=$(ovs-vsctl --bare get Port %s qos); [ \"$qos\" = '[]' ] || "
        "ovs-vsctl --columns=type,other_config,external_ids list QoS $qos; "
        "ovs-vsctl --columns=other_config,external_ids find Queue external_ids:ifname=%s",
        name, name, name, name, name);
}

static int make_switch(void **state)
{
    (void)state;
    run("ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    return 0;
}

static int begin(void **state)
{
    const struct vif_host_options options = {.ovsdb = {.timeout_ms = 3000, .caller = "rows-test"}};
    char *error = NULL;

    (void)state;
    host = vif_host_open(&options);
    world = (struct world){.host = host, .log = say};
    check_ok(vif_host_records(host, &world.records, &error), &error);
    check_ok(vif_records_make_folders(world.records, &error), &error);
    rows = rows_new(&world, &options.ovsdb, note, NULL);
    check_ok(link_events_open(&links, &error), &error);
    n_told = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    rows_free(rows);
    link_events_close(links);
    vif_host_close(host);
    run("ovs-vsctl --no-wait --may-exist add-br br0 -- set Bridge br0 datapath_type=netdev");
    run("$VIFPLUG unplug --all > /dev/null");
    check_nothing_left();
    check_output("", "ls /run/vifplug/ports");
    return 0;
}

static void a_row_is_put_back_as_it_was(void **state)
{
    (void)state;
    plug_xml(1, "vif", LIMITS);
    check_quiet(300);
    auto_free char *before = row_of("vif0");

    run("ovs-vsctl del-port vif0");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    assert_in_range(told[0].gap_ms, 0, 5000);
    auto_free char *after = row_of("vif0");

    assert_string_equal(after, before);
    assert_non_null(strstr(after, "linux-htb"));
    check_output("1", "ovs-vsctl --bare --columns=_uuid list QoS | grep -c .");
    check_output("1", "ovs-vsctl --bare --columns=_uuid list Queue | grep -c .");
    run("$VIFPLUG verify vif0 > /dev/null");
    give_records();
    check_quiet(1500);
    run("[ $(ovs-vsctl get Interface vif0 ofport) = "
        "$(sed -n 's/.*\"ofport\":[[:space:]]*\\([0-9]*\\).*/\\1/p' "
        "/run/vifplug/ports/vif0.json) ]");
}

static void a_bridge_is_waited_for(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("ovs-vsctl del-br br0");
    watch_until_told(ROWS_FAILED, "vif0");
    assert_non_null(strstr(told[0].why, "no OVS bridge \"br0\""));
    check_quiet(2500);
    run("ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    check_output("7", "ovs-vsctl get Port vif0 tag");
}

#define START_SERVER                                                                               \
    "ovsdb-server -vconsole:off /run/openvswitch/conf.db "                                         \
    "--remote=punix:/run/openvswitch/db.sock --detach --no-chdir --pidfile "                       \
    "--log-file=/run/openvswitch/ovsdb-server.log"

static void another_database_is_filled(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    kill_daemon("ovsdb-server");
    run("rm /run/openvswitch/conf.db && "
        "ovsdb-tool create /run/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema");
    check_nothing_told(500);
    run(START_SERVER " && ovs-vsctl --no-wait init && "
                     "ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    while (n_told == 0 || told[n_told - 1].kind != ROWS_PUT_BACK) {
        assert_true(watch(n_told + 1, 15000));
    }
    check_output("7", "ovs-vsctl get Port vif0 tag");
}

static void a_switch_that_is_away_blocks_nobody(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    stop_daemon("ovs-vswitchd");
    run("ovs-vsctl --no-wait del-port vif0");
    int64_t start = ovs_loop_now();

    n_told = 0;
    while (!watch(1, 50)) {
        auto_free char *names = output_("ovs-vsctl --no-wait list-ports br0");

        if (str_eq(names, "vif0")) {
            break;
        }
    }
    assert_in_range(ovs_loop_now() - start, 0, 2000);
    check_quiet(1500);
    continue_daemon("ovs-vswitchd");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    assert_in_range(told[0].gap_ms, 1500, 10000);
}

static void a_switch_that_comes_back_finds_its_rows(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    kill_daemon("ovs-vswitchd");
    check_quiet(500);
    run("ovs-vswitchd -vconsole:off --detach --no-chdir --pidfile "
        "--log-file=/run/openvswitch/ovs-vswitchd.log 2>/dev/null");
    check_quiet(1000);
    run("$VIFPLUG verify vif0 > /dev/null");
}

static void what_a_tap_has_left_is_taken_away(void **state)
{
    int64_t start;

    (void)state;
    plug_xml(1, "vif", LIMITS);
    check_quiet(300);
    run("ip link del vif0");
    start = ovs_loop_now();
    watch_until_told(ROWS_REMOVED, "vif0");
    assert_string_equal(told[0].why, "its device is gone");
    /* Not without a second look. */
    assert_in_range(ovs_loop_now() - start, 900, 5000);
    check_nothing_left();
    check_output("", "ls /run/vifplug/ports");
    check_quiet(500);
}

static void a_tap_that_was_gone_before_is_seen(void **state)
{
    (void)state;
    run("$VIFPLUG plug --bridge br0 --target vif0 > /dev/null && ip link del vif0");
    give_records();
    watch_until_told(ROWS_REMOVED, "vif0");
    check_nothing_left();
}

static void the_tap_of_somebody_else_is_not_touched(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("ip link del vif0 && ip tuntap add vif0 mode tap && ip link set vif0 alias theirs");
    watch_until_told(ROWS_REMOVED, "vif0");
    check_output("theirs", "cat /sys/class/net/vif0/ifalias");
    check_nothing_left();

    /* Nor is it given the row of one that has lost both. */
    run("ip link del vif0");
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("ip link del vif0 && ip tuntap add vif0 mode tap && ovs-vsctl del-port vif0");
    watch_until_told(ROWS_REMOVED, "vif0");
    check_nothing_left();
    run("ip link del vif0");
}

/* Starts a process that does nothing but live. */
static pid_t start_owner(void)
{
    fflush(NULL);
    pid_t pid = fork();

    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    return pid;
}

static void give_to(const char *name, pid_t pid)
{
    struct vif_records *records;
    struct vif_record record;
    char *error = NULL;

    check_ok(vif_host_records(host, &records, &error), &error);
    check_ok(vif_records_read(records, name, &record, &error), &error);
    vif_record_give_to(&record, pid);
    check_ok(vif_records_write(records, &record, &error), &error);
    vif_record_clear(&record);
    give_records();
}

static void what_somebody_looks_after_is_left_to_him(void **state)
{
    pid_t owner = start_owner();

    (void)state;
    plug("--target vif0 --vlan 7");
    give_to("vif0", owner);
    check_quiet(300);
    run("ip link del vif0");
    check_quiet(2500);
    check_output("vif0", "ovs-vsctl list-ports br0");
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    watch_until_told(ROWS_REMOVED, "vif0");
    assert_string_equal(told[0].why, "the process that looked after it is gone");
}

/* While its owner lives, too, a tap's row is put back. */
static void rows_of_what_somebody_looks_after_are_put_back(void **state)
{
    pid_t owner = start_owner();

    (void)state;
    plug("--target vif0 --vlan 7");
    give_to("vif0", owner);
    check_quiet(300);
    run("ovs-vsctl del-port vif0");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    check_quiet(1500);
}

static void what_is_unplugged_is_not_put_back(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        plug("--target vif0 --vlan 7");
        check_quiet(200);
        run("$VIFPLUG unplug vif0 > /dev/null");
        /* The records are not looked at before the rows are. */
        watch(1, 400);
        assert_int_equal(n_told, 0);
        give_records();
        check_quiet(300);
        check_nothing_left();
    }
}

static void the_row_of_somebody_else_is_not_touched(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("ovs-vsctl del-port vif0 -- add-port br0 vif0 tag=99");
    check_quiet(2500);
    check_output("99", "ovs-vsctl get Port vif0 tag");
    run("ovs-vsctl del-port vif0");
    give_records();
    run("ip link del vif0");
    watch_until_told(ROWS_REMOVED, "vif0");
}

/* How often the database was changed by us. */
static int transactions(void)
{
    auto_free char *text = output_(
        "ovsdb-tool show-log /run/openvswitch/conf.db | grep -c '\"rows-test\"'");

    return atoi(text);
}

static void many_are_put_back_in_one_go(void **state)
{
    (void)state;
    plug_xml(MANY, "w", "");
    check_quiet(2000);
    int before = transactions();

    /* Which takes many seconds to forget so many, were it to see that they are gone. */
    stop_daemon("ovs-vswitchd");
    run("ovs-vsctl --no-wait $(for i in $(seq 0 %d); do echo -- del-port w$i; done)", MANY - 1);
    int64_t start = ovs_loop_now();

    while (transactions() == before) {
        watch(1, 20);
        assert_in_range(ovs_loop_now() - start, 0, 20000);
    }
    print_message("%d rows put back within %d ms\n", MANY, (int)(ovs_loop_now() - start));
    continue_daemon("ovs-vswitchd");
    n_told = 0;
    assert_true(watch(MANY, 40000));
    print_message("and realised within %d ms\n", (int)(ovs_loop_now() - start));
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(told[i].kind, ROWS_PUT_BACK);
    }
    assert_int_equal(transactions() - before, 1);
    run("$VIFPLUG verify > /dev/null");

    /* And taken away. */
    run("ip link | sed -n 's/^[0-9]*: \\(w[0-9]*\\):.*/link del \\1/p' | ip -batch -");
    n_told = 0;
    assert_true(watch(MANY, 40000));
    /* Few transactions: links do not go all at once. */
    assert_in_range(transactions() - before, 2, 10);
    check_nothing_left();
}

/* A name that is taken keeps the others from nothing. */
static void one_that_cannot_be_does_not_keep_the_others(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    plug("--target vif1 --vlan 8");
    run("ip tuntap add slave1 mode tap");
    check_quiet(300);
    run("ovs-vsctl --no-wait del-port vif0 -- del-port vif1 -- add-bond br0 bond0 vif0 slave1");
    n_told = 0;
    assert_true(watch(2, 10000));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(told[i].kind, str_eq(told[i].name, "vif0") ? ROWS_FAILED : ROWS_PUT_BACK);
    }
    run("ovs-vsctl del-port bond0");
    run("ip link del slave1");
    watch_until_told(ROWS_PUT_BACK, "vif0");
}

static void there_may_be_two_servers(void **state)
{
    (void)state;
    run("ovsdb-tool create /run/second.db /usr/share/openvswitch/vswitch.ovsschema && "
        "ovsdb-server -vconsole:off /run/second.db --remote=punix:/run/second.sock --detach "
        "--no-chdir --pidfile=/run/second.pid --unixctl=/run/second.ctl && "
        "ovs-vsctl --db=unix:/run/second.sock --no-wait init -- add-br other0");
    plug("--target vif0 --vlan 7");
    run("$VIFPLUG plug --db unix:/run/second.sock --bridge other0 --target vif1 --no-wait "
        "> /dev/null");
    give_records();
    check_quiet(300);
    run("ovs-vsctl del-port vif0; ovs-vsctl --db=unix:/run/second.sock --no-wait del-port vif1");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    check_quiet(1500);
    check_output("vif1", "ovs-vsctl --db=unix:/run/second.sock --no-wait list-ports other0");
    /* One that is away keeps the other from nothing. */
    run("kill -STOP $(cat /run/second.pid)");
    run("ovs-vsctl del-port vif0");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    run("kill -CONT $(cat /run/second.pid)");
    check_quiet(300);
    /* Nor does one that owes an answer. */
    run("ovs-vsctl --db=unix:/run/second.sock --no-wait del-port vif1; "
        "kill -STOP $(cat /run/second.pid); ovs-vsctl del-port vif0");
    stood_still = 0;
    watch_until_told(ROWS_PUT_BACK, "vif0");
    check_never_stood_still();
    run("kill -CONT $(cat /run/second.pid)");
    check_nothing_told(1000);
    run("$VIFPLUG unplug vif1 > /dev/null");
    run("kill $(cat /run/second.pid)");
}

static void a_stopped_server_holds_up_nobody(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("ovs-vsctl --no-wait del-port vif0");
    stop_daemon("ovsdb-server");
    stood_still = 0;
    watch_until_told(ROWS_FAILED, OVS_REMOTE);
    assert_non_null(strstr(told[0].why, "does not answer"));
    check_quiet(1000); /* it is told once, and waited for with nothing to do */
    check_never_stood_still();
    continue_daemon("ovsdb-server");
    watch_until_told(ROWS_PUT_BACK, "vif0");
    check_output("7", "ovs-vsctl get Port vif0 tag");
}

static void what_a_tap_has_left_waits_for_a_stopped_server(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("ip link del vif0");
    stop_daemon("ovsdb-server");
    stood_still = 0;
    watch_until_told(ROWS_FAILED, "vif0"); /* by the process that is to unplug it, after its time */
    check_never_stood_still();
    continue_daemon("ovsdb-server");
    watch_until_told(ROWS_REMOVED, "vif0");
    check_nothing_left();
}

/* The server carries out what it was asked before it was stopped, when nobody wants it any more. */
static void what_was_unplugged_meanwhile_does_not_come_back(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        plug("--target vif0 --vlan 7");
        check_quiet(300);
        run("ovs-vsctl --no-wait del-port vif0");
        stop_daemon("ovsdb-server");
        check_nothing_told(1000);
        run("flock --timeout 5 /run/vifplug/lock rm /run/vifplug/ports/vif0.json; "
            "ip link del vif0");
        if (!known) {
            give_records();
        }
        check_nothing_told(500);
        continue_daemon("ovsdb-server");
        watch(1, 1000);
        check_nothing_left();
        give_records();
        check_quiet(300);
    }
}

static void a_stopped_holder_of_the_lock_holds_up_nobody(void **state)
{
    (void)state;
    plug("--target vif0 --vlan 7");
    check_quiet(300);
    run("flock /run/vifplug/lock sh -c 'echo $$ > /run/holder.pid; exec sleep 100' & "
        "until [ -s /run/holder.pid ]; do sleep 0.01; done; kill -STOP $(cat /run/holder.pid)");
    run("ovs-vsctl --no-wait del-port vif0");
    stood_still = 0;
    check_nothing_told(2000);
    check_never_stood_still();
    check_output("", "ovs-vsctl list-ports br0");
    run("kill -KILL $(cat /run/holder.pid) && rm /run/holder.pid");
    watch_until_told(ROWS_PUT_BACK, "vif0");
}

static void a_remote_that_cannot_be_opened_is_told_once(void **state)
{
    struct vif_records *records = world.records;
    struct vif_record record;
    char *error = NULL;

    (void)state;
    plug("--target vif0 --vlan 7");
    check_ok(vif_records_read(records, "vif0", &record, &error), &error);
    str_assign(&record.remote, "ssl:192.0.2.1");
    check_ok(vif_records_write(records, &record, &error), &error);
    n_told = 0;
    for (int i = 0; i < 3; i++) {
        give_records();
    }
    assert_int_equal(n_told, 1);
    assert_string_equal(told[0].name, "ssl:192.0.2.1");
    assert_non_null(strstr(told[0].why, "private key"));

    /* Until nobody names it any more. */
    rows_set_records(rows, NULL, 0);
    give_records();
    assert_int_equal(n_told, 2);
    str_assign(&record.remote, OVS_REMOTE);
    check_ok(vif_records_write(records, &record, &error), &error);
    vif_record_clear(&record);
    give_records();
    check_quiet(300);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_put_back_as_it_was),
        TEST(a_bridge_is_waited_for),
        TEST(another_database_is_filled),
        TEST(a_switch_that_is_away_blocks_nobody),
        TEST(a_switch_that_comes_back_finds_its_rows),
        TEST(what_a_tap_has_left_is_taken_away),
        TEST(a_tap_that_was_gone_before_is_seen),
        TEST(the_tap_of_somebody_else_is_not_touched),
        TEST(what_somebody_looks_after_is_left_to_him),
        TEST(rows_of_what_somebody_looks_after_are_put_back),
        TEST(what_is_unplugged_is_not_put_back),
        TEST(the_row_of_somebody_else_is_not_touched),
        TEST(one_that_cannot_be_does_not_keep_the_others),
        TEST(there_may_be_two_servers),
        TEST(a_stopped_server_holds_up_nobody),
        TEST(what_a_tap_has_left_waits_for_a_stopped_server),
        TEST(what_was_unplugged_meanwhile_does_not_come_back),
        TEST(a_stopped_holder_of_the_lock_holds_up_nobody),
        TEST(a_remote_that_cannot_be_opened_is_told_once),
        /* Last, since ovs-vswitchd takes seconds to forget so many. */
        TEST(many_are_put_back_in_one_go),
    };

    return cmocka_run_group_tests(tests, make_switch, NULL);
}
