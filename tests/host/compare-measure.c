/* plugin/compare/measure.h on paths of the kernel, for which the answers are known. Speeds are
 * nobody's to promise: only that they are of some order is checked. */
#include "support/endpoints.h"
#include "support/host.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "compare/frame.h"
#include "netdev/packet.h"

static struct compare_pair pair;
static struct endpoint c;
static volatile int stopped;

static int setup(void **state)
{
    (void)state;
    pair = (struct compare_pair){.seed = SEED, .stop = &stopped};
    stopped = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_endpoints();
    host_run("cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - "
             ">/dev/null 2>&1 || true");
    return 0;
}

/* Taps on one Linux bridge. */
static void make_bridge(void)
{
    host_run("ip link add br0 type bridge mcast_snooping 0; ip link set br0 up;"
             "for n in tapA tapB tapC; do"
             " ip tuntap add dev $n mode tap; ip link set $n master br0 up; done");
}

/* Opens tapA and tapB. */
static void open_taps(bool a_offloads, bool b_offloads)
{
    pair.a = open_tap("tapA", 0, true, a_offloads);
    pair.b = open_tap("tapB", 1, true, b_offloads);
    measure_settle(&pair, 5000);
}

/* Two macvtaps of that mode on a device whose switch, a Linux bridge, has hairpin on or off. */
static void make_macvtaps(const char *mode, const char *hairpin)
{
    host_run("ip link add low0 type veth peer peer0;"
             "ip link add br0 type bridge mcast_snooping 0; ip link set peer0 master br0;"
             "ip link set peer0 type bridge_slave hairpin %s;"
             "for n in br0 peer0 low0; do ip link set $n up; done;"
             "for n in mvA mvB; do ip link add link low0 name $n type macvtap mode %s;"
             " ip link set $n up; done",
             hairpin, mode);
}

/* Each on a device of its own, with a bridge between. */
static void make_passthru(void)
{
    host_run("ip link add br0 type bridge mcast_snooping 0; ip link set br0 up;"
             "for n in A B; do ip link add low$n type veth peer peer$n;"
             " ip link set peer$n master br0 up; ip link set low$n up;"
             " ip link add link low$n name mv$n type macvtap mode passthru; ip link set mv$n up;"
             " done");
}

static void open_macvtaps(bool offloads)
{
    pair.a = open_macvtap("mvA", offloads);
    pair.b = open_macvtap("mvB", offloads);
    measure_settle(&pair, 500);
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void an_endpoint_is_a_guests(void **state)
{
    struct endpoint endpoint;
    char *error = NULL;

    (void)state;
    make_bridge();
    endpoint = open_tap("tapA", 0, true, true);
    assert_int_equal(endpoint.header, ENDPOINT_HEADER);
    assert_true(endpoint.offloads);
    assert_true(mac_equal(&endpoint.mac, &guest_macs[0]));
    endpoint = open_tap("tapB", 1, true, false);
    assert_int_equal(endpoint.header, ENDPOINT_HEADER);
    assert_false(endpoint.offloads);
    /* Without a header there is no word for what is left to be done. */
    endpoint = open_tap("tapC", 2, false, true);
    assert_int_equal(endpoint.header, 0);
    assert_false(endpoint.offloads);
    check_error(endpoint_prepare(0, &guest_macs[0], true, &endpoint, &error), -ENOTTY, &error,
                "descriptor 0 is no queue of a tap or macvtap");
}

/* Reads frames of ours at B until `total` bytes of payload are there; returns how many came, and
 * whether they came with their checksum still to be done. */
static unsigned receive_payload(size_t total, bool *unfinished)
{
    static unsigned char room[ENDPOINT_FRAME_MAX];
    struct pollfd ready = {.fd = pair.b.fd, .events = POLLIN};
    unsigned n = 0;

    for (size_t got = 0; got < total;) {
        struct frame_seen seen = {0};
        size_t length = 0;

        assert_int_equal(poll(&ready, 1, 2000), 1);
        assert_int_equal(endpoint_receive(&pair.b, room, sizeof room, &length), 0);
        if (frame_recognise(room, length, SEED, &seen) && seen.tcp) {
            assert_true(frame_is_right(room, pair.b.header));
            *unfinished = room[0] & VIRTIO_NET_HDR_F_NEEDS_CSUM;
            got += seen.amount;
            n++;
        }
    }
    return n;
}

static void send_large(unsigned n)
{
    static unsigned char room[ENDPOINT_FRAME_MAX];
    const struct frame frame = {.kind = FRAME_GSO,
                                .source = pair.a.mac,
                                .target = pair.b.mac,
                                .length = FRAME_TCP_HEADERS + 45 * FRAME_SEGMENT,
                                .seed = SEED,
                                .number = 1};

    frame_build(&frame, room);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(endpoint_send(&pair.a, room, frame.length), 0);
    }
}

static void a_guest_gets_of_offloads_what_it_takes(void **state)
{
    bool unfinished = false;

    (void)state;
    make_bridge();
    open_taps(true, true);
    send_large(1);
    assert_int_equal(receive_payload(45UL * FRAME_SEGMENT, &unfinished), 1);
    assert_true(unfinished);
    close_endpoints();
    open_taps(true, false);
    send_large(1);
    assert_int_equal(receive_payload(45UL * FRAME_SEGMENT, &unfinished), 45);
    assert_false(unfinished);
}

/* A macvtap's frames are its own until they are read, and by itself it would not take many. */
static void a_macvtap_takes_a_burst(void **state)
{
    bool unfinished = false;

    (void)state;
    make_macvtaps("bridge", "off");
    open_macvtaps(true);
    send_large(8);
    assert_int_equal(receive_payload(8UL * 45 * FRAME_SEGMENT, &unfinished), 8);
}

static void a_bridge_reaches_all(void **state)
{
    (void)state;
    make_bridge();
    open_taps(true, true);
    check_reach(&pair, "yes yes yes yes yes no - -");
}

static void taps_without_a_header_do_as_well(void **state)
{
    (void)state;
    make_bridge();
    pair.a = open_tap("tapA", 0, false, false);
    pair.b = open_tap("tapB", 1, false, false);
    measure_settle(&pair, 5000);
    check_reach(&pair, "yes yes yes yes yes no - -");
    check_offloads(&pair, OFFLOAD_UNTRIED, OFFLOAD_UNTRIED);
}

/* The third port stands for a guest of another VLAN, which on this bridge it is not. */
static void a_leak_into_another_vlan_is_seen(void **state)
{
    (void)state;
    make_bridge();
    c = open_tap("tapC", 2, true, true);
    pair.other_vlan = &c;
    open_taps(true, true);
    check_reach(&pair, "yes yes yes yes yes no yes yes");
    host_run("ip link set tapC nomaster");
    check_reach(&pair, "yes yes yes yes yes no yes no");
    /* A broadcast is enough of a leak. */
    host_run("ip link set tapC master br0; bridge link set dev tapC flood off mcast_flood off;"
             "bridge link set dev tapC learning off");
    check_reach(&pair, "yes yes yes yes yes no yes yes");
    host_run("ip link set tapB nomaster; ip link set tapC nomaster");
    check_reach(&pair, "no no no no no no no no");
}

static void a_path_that_comes_up_is_waited_for(void **state)
{
    double start = seconds_now();

    (void)state;
    make_bridge();
    pair.a = open_tap("tapA", 0, true, true);
    pair.b = open_tap("tapB", 1, true, true);
    host_run("ip link set tapB nomaster");
    measure_settle(&pair, 300);
    assert_true(seconds_now() - start >= 0.3);
    host_run("(sleep 0.3; ip link set tapB master br0) > /dev/null 2>&1 &");
    start = seconds_now();
    measure_settle(&pair, 20000);
    assert_true(seconds_now() - start < 10);
    check_reach(&pair, "yes yes yes yes yes no - -");
}

static void macvtaps_in_bridge_mode(void **state)
{
    (void)state;
    make_macvtaps("bridge", "off");
    open_macvtaps(true);
    check_reach(&pair, "yes yes no no yes no - -");
    /* As those that vifplug makes are. */
    host_run("ip link set mvB allmulticast on");
    check_reach(&pair, "yes yes yes no yes no - -");
}

/* What it sent from its own address it does not get back, unlike one in private mode
 * (macvlan_handle_frame() in drivers/net/macvlan.c). */
static void hairpin_turns_vepa(void **state)
{
    (void)state;
    make_macvtaps("vepa", "on");
    open_macvtaps(true);
    check_reach(&pair, "yes yes no no yes no - -");
    host_run("bridge link set dev peer0 hairpin off");
    check_reach(&pair, "no no no no no no - -");
    host_run("bridge link set dev peer0 hairpin on");
    check_reach(&pair, "yes yes no no yes no - -");
}

static void private_is_no_isolation_where_the_switch_reflects(void **state)
{
    (void)state;
    make_macvtaps("private", "on");
    open_macvtaps(true);
    check_reach(&pair, "yes no no no yes yes - -");
    host_run("bridge link set dev peer0 hairpin off");
    check_reach(&pair, "no no no no no no - -");
}

static void passthru_with_a_bridge_between(void **state)
{
    (void)state;
    make_passthru();
    open_macvtaps(true);
    check_reach(&pair, "yes yes no yes yes no - -");
}

static void the_kernel_does_what_is_left_to_be_done(void **state)
{
    (void)state;
    make_bridge();
    open_taps(true, true);
    check_offloads(&pair, OFFLOAD_RIGHT, OFFLOAD_RIGHT);
    close_endpoints();
    /* For one that takes nothing unfinished it cuts and sums by itself. */
    open_taps(true, false);
    check_offloads(&pair, OFFLOAD_RIGHT, OFFLOAD_RIGHT);
    close_endpoints();
    open_taps(false, true);
    check_offloads(&pair, OFFLOAD_UNTRIED, OFFLOAD_UNTRIED);
}

static void macvtaps_do_so_too(void **state)
{
    static const char *const modes[] = {"bridge", "vepa", "private"};

    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        make_macvtaps(modes[i], "on");
        for (int b_offloads = 0; b_offloads < 2; b_offloads++) {
            pair.a = open_macvtap("mvA", true);
            pair.b = open_macvtap("mvB", b_offloads);
            measure_settle(&pair, 5000);
            check_offloads(&pair, OFFLOAD_RIGHT, OFFLOAD_RIGHT);
            close_endpoints();
        }
        teardown(state);
    }
}

/* A frame that is lost finished, too, says nothing of offloads. */
static void where_nothing_passes_nothing_is_said_of_offloads(void **state)
{
    (void)state;
    make_macvtaps("vepa", "off");
    open_macvtaps(true);
    check_offloads(&pair, OFFLOAD_UNTRIED, OFFLOAD_UNTRIED);
}

static void check_sample(const struct compare_sample *sample)
{
    assert_true(sample->pps > 100 && sample->pps < 1e8);
    assert_true(sample->cpu_us > 0.01 && sample->cpu_us < 1e5);
    assert_true(sample->sent > 0);
    assert_true(sample->lost < sample->sent);
}

static void check_trip(const struct compare_trip *trip)
{
    assert_true(trip->p50_us > 0.1 && trip->p50_us < 1e5);
    assert_true(trip->p50_us <= trip->p90_us && trip->p90_us <= trip->p99_us);
}

/* Measures all loads and round trips of the pair; stores the frames a second of the smallest. */
static void check_loads(double *pps)
{
    struct compare_trip trip = {0};
    char *error = NULL;

    for (int load = 0; load < LOAD_N; load++) {
        struct compare_sample sample = {0};

        check_ok(measure_load(&pair, (enum compare_load)load, 30, &sample, &error), &error);
        check_sample(&sample);
        if (load == LOAD_64) {
            *pps = sample.pps;
        }
    }
    check_ok(measure_trips(&pair, 30, &trip, &error), &error);
    check_trip(&trip);
}

/* Wide bounds: this machine may do anything besides. */
static void paths_of_the_kernel_are_about_as_fast(void **state)
{
    double bridge = 0;
    double macvtap = 0;
    double vepa = 0;

    make_bridge();
    open_taps(true, true);
    check_loads(&bridge);
    close_endpoints();
    /* Segments that come one by one are one frame of the sender's. */
    open_taps(true, false);
    check_loads(&bridge);
    teardown(state);
    make_macvtaps("bridge", "off");
    open_macvtaps(true);
    check_loads(&macvtap);
    teardown(state);
    make_macvtaps("vepa", "on");
    open_macvtaps(true);
    check_loads(&vepa);
    assert_true(macvtap / bridge > 0.1 && macvtap / bridge < 10);
    assert_true(vepa / bridge > 0.05 && vepa / bridge < 10);
}

/* The switch's own process is this one, which has taken all the time that there is. */
static void the_switchs_time_counts(void **state)
{
    static pid_t self;
    struct compare_sample sample = {0};
    struct compare_sample with_switch = {0};
    char *error = NULL;

    (void)state;
    self = getpid();
    make_bridge();
    open_taps(true, true);
    check_ok(measure_load(&pair, LOAD_64, 200, &sample, &error), &error);
    pair.switch_pids = &self;
    pair.n_switch_pids = 1;
    check_ok(measure_load(&pair, LOAD_64, 200, &with_switch, &error), &error);
    assert_true(with_switch.cpu_us > sample.cpu_us * 1.2);
}

static void without_offloads_there_is_no_load_of_64_kb(void **state)
{
    struct compare_sample sample;
    char *error = NULL;

    (void)state;
    make_bridge();
    open_taps(false, false);
    check_error(measure_load(&pair, LOAD_GSO, 30, &sample, &error), -ENETUNREACH, &error,
                "the endpoint sends no frames of 64 KB");
    check_ok(measure_load(&pair, LOAD_1500, 30, &sample, &error), &error);
    check_sample(&sample);
}

static void a_path_that_loses_all_is_unreachable(void **state)
{
    struct compare_sample sample;
    struct compare_trip trip;
    char *error = NULL;

    (void)state;
    make_macvtaps("vepa", "off");
    open_macvtaps(true);
    check_error(measure_load(&pair, LOAD_64, 30, &sample, &error), -ENETUNREACH, &error,
                "no frame of this size arrives");
    check_error(measure_trips(&pair, 30, &trip, &error), -ENETUNREACH, &error,
                "no frame makes a round trip");
}

/* What a packet socket and a tap that sends all back cost is what no path can be better than. */
static void floors_are_measured_as_paths_are(void **state)
{
    struct compare_sample sample = {0};
    struct compare_trip trip = {0};
    struct endpoint *ends[] = {&pair.a, &pair.b};
    static const char *const names[] = {"low0", "peer0"};
    char *error = NULL;

    (void)state;
    host_run("ip link add low0 type veth peer peer0; ip link set low0 up; ip link set peer0 up");
    for (size_t i = 0; i < 2; i++) {
        int *fd = &endpoint_fds[n_endpoint_fds];

        check_ok(packet_open((int)if_nametoindex(names[i]), names[i], 0x88b5, fd, &error), &error);
        n_endpoint_fds++;
        endpoint_packet(*fd, &guest_macs[i], ends[i]);
        assert_true(ends[i]->is_packet);
    }
    measure_settle(&pair, 5000);
    check_ok(measure_load(&pair, LOAD_1500, 30, &sample, &error), &error);
    check_sample(&sample);
    check_ok(measure_trips(&pair, 30, &trip, &error), &error);
    check_trip(&trip);
    check_error(measure_load(&pair, LOAD_GSO, 30, &sample, &error), -ENETUNREACH, &error, "64 KB");
    check_offloads(&pair, OFFLOAD_UNTRIED, OFFLOAD_UNTRIED);
    close_endpoints();

    host_run("ip tuntap add dev tap0 mode tap; ip link set tap0 up;"
             "tc qdisc add dev tap0 ingress; tc filter add dev tap0 parent ffff: protocol all"
             " u32 match u32 0 0 action mirred egress redirect dev tap0");
    pair.a = open_tap("tap0", 0, true, true);
    pair.b = pair.a;
    pair.b.mac = guest_macs[1];
    measure_settle(&pair, 5000);
    double pps = 0;

    check_loads(&pps);
    check_offloads(&pair, OFFLOAD_RIGHT, OFFLOAD_RIGHT);
}

static void what_an_endpoint_fails_with_is_said(void **state)
{
    struct compare_sample sample;
    char *error = NULL;

    (void)state;
    make_bridge();
    open_taps(true, true);
    host_run("ip link set tapA down");
    check_error(measure_load(&pair, LOAD_64, 30, &sample, &error), -EIO, &error,
                "cannot send a frame from endpoint A: Input/output error");
}

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

/* Sets the flag in 50 ms. */
static void stop_soon(void)
{
    const struct itimerval timer = {.it_value = {.tv_usec = 50000}};

    stopped = 0;
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void the_stop_flag_ends_it_soon(void **state)
{
    const struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    const double start = seconds_now();
    enum compare_answer reach[REACH_N];
    enum compare_offload checksum;
    enum compare_offload segmentation;
    struct compare_sample sample;
    struct compare_trip trip;
    char *error = NULL;

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    /* What the host itself says would wake a measurement up, too. */
    host_run("for n in all default; do echo 1 > /proc/sys/net/ipv6/conf/$n/disable_ipv6; done");
    make_bridge();
    open_taps(true, true);
    stop_soon();
    check_error(measure_load(&pair, LOAD_64, 60000, &sample, &error), -EINTR, &error,
                "interrupted");
    stop_soon();
    check_error(measure_trips(&pair, 60000, &trip, &error), -EINTR, &error, "interrupted");
    /* These would not take long by themselves. */
    check_error(measure_reach(&pair, reach, &error), -EINTR, &error, "interrupted");
    host_run("ip link set tapB nomaster");
    check_error(measure_offloads(&pair, &checksum, &segmentation, &error), -EINTR, &error,
                "interrupted");
    stop_soon();
    measure_settle(&pair, 60000);
    assert_true(seconds_now() - start < 10);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_endpoint_is_a_guests),
        test(a_guest_gets_of_offloads_what_it_takes),
        test(a_macvtap_takes_a_burst),
        test(a_bridge_reaches_all),
        test(taps_without_a_header_do_as_well),
        test(a_leak_into_another_vlan_is_seen),
        test(a_path_that_comes_up_is_waited_for),
        test(macvtaps_in_bridge_mode),
        test(hairpin_turns_vepa),
        test(private_is_no_isolation_where_the_switch_reflects),
        test(passthru_with_a_bridge_between),
        test(the_kernel_does_what_is_left_to_be_done),
        test(macvtaps_do_so_too),
        test(where_nothing_passes_nothing_is_said_of_offloads),
        test(paths_of_the_kernel_are_about_as_fast),
        test(the_switchs_time_counts),
        test(without_offloads_there_is_no_load_of_64_kb),
        test(a_path_that_loses_all_is_unreachable),
        test(floors_are_measured_as_paths_are),
        test(what_an_endpoint_fails_with_is_said),
        test(the_stop_flag_ends_it_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
