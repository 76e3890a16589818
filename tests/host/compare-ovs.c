/* plugin/compare/measure.h through a real ovs-vswitchd, whose userspace datapath is the switch that
 * breaks what a guest leaves to be done. */
#include "support/endpoints.h"
#include "support/ovs.h"

static struct compare_pair pair;
static struct endpoint c;
static pid_t vswitchd;

static int setup(void **state)
{
    (void)state;
    pair = (struct compare_pair){.seed = SEED};
    run("ovs-vsctl --timeout=10 add-br br0 -- set bridge br0 datapath_type=netdev"
        " fail_mode=standalone");
    vswitchd = daemon_pid("ovs-vswitchd");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_endpoints();
    run("ovs-vsctl --timeout=10 del-br br0; cd /sys/class/net;"
        "for n in tapA tapB tapC low0; do [ ! -e $n ] || ip link delete $n; done");
    return 0;
}

static void open_taps(bool vnet_hdr)
{
    run("for n in tapA tapB tapC; do ip tuntap add dev $n mode tap; ip link set $n up; done;"
        "ovs-vsctl --timeout=10 add-port br0 tapA tag=100 -- add-port br0 tapB tag=100"
        " -- add-port br0 tapC tag=200");
    pair.a = open_tap("tapA", 0, vnet_hdr, vnet_hdr);
    pair.b = open_tap("tapB", 1, vnet_hdr, vnet_hdr);
    c = open_tap("tapC", 2, vnet_hdr, vnet_hdr);
    pair.other_vlan = &c;
    measure_settle(&pair, 5000);
}

static void all_of_the_vlan_is_reached(void **state)
{
    (void)state;
    open_taps(true);
    check_reach(&pair, "yes yes yes yes yes no yes no");
    run("ovs-vsctl --timeout=10 set port tapC tag=100");
    check_reach(&pair, "yes yes yes yes yes no yes yes");
    run("ovs-vsctl --timeout=10 set port tapC tag=200 -- set port tapB tag=300");
    check_reach(&pair, "no no no no no no no no");
}

static void offloads_are_broken(void **state)
{
    struct compare_sample sample;
    char *error = NULL;

    (void)state;
    open_taps(true);
    check_offloads(&pair, OFFLOAD_CORRUPTED, OFFLOAD_LOST);
    check_error(measure_load(&pair, LOAD_GSO, 30, &sample, &error), -ENETUNREACH, &error,
                "no frame of this size arrives");
    close_endpoints();
    /* For one without a header it is just as wrong. */
    pair.a = open_tap("tapA", 0, true, true);
    pair.b = open_tap("tapB", 1, false, false);
    pair.other_vlan = NULL;
    measure_settle(&pair, 5000);
    check_offloads(&pair, OFFLOAD_CORRUPTED, OFFLOAD_LOST);
}

static void without_offloads_all_is_well(void **state)
{
    (void)state;
    open_taps(false);
    check_reach(&pair, "yes yes yes yes yes no yes no");
    check_offloads(&pair, OFFLOAD_UNTRIED, OFFLOAD_UNTRIED);
}

static void the_switchs_threads_count(void **state)
{
    struct compare_sample alone = {0};
    struct compare_sample sample = {0};
    struct compare_trip trip = {0};
    char *error = NULL;

    (void)state;
    open_taps(true);
    check_ok(measure_load(&pair, LOAD_64, 100, &alone, &error), &error);
    pair.switch_pids = &vswitchd;
    pair.n_switch_pids = 1;
    check_ok(measure_load(&pair, LOAD_64, 100, &sample, &error), &error);
    assert_true(sample.pps > 100);
    assert_true(sample.cpu_us > alone.cpu_us * 1.2);
    check_ok(measure_trips(&pair, 100, &trip, &error), &error);
    assert_true(trip.p50_us > 1 && trip.p50_us <= trip.p90_us && trip.p90_us <= trip.p99_us);
}

/* OVS does not send a frame back where it came from, unless a flow says so. */
static void a_reflecting_bridge_serves_vepa(void **state)
{
    (void)state;
    run("ip link add low0 type veth peer peer0; ip link set peer0 up; ip link set low0 up;"
        "for n in mvA mvB; do ip link add link low0 name $n type macvtap mode vepa;"
        " ip link set $n up; done;"
        "ovs-vsctl --timeout=10 add-port br0 peer0");
    pair.a = open_macvtap("mvA", false);
    pair.b = open_macvtap("mvB", false);
    measure_settle(&pair, 300);
    check_reach(&pair, "no no no no no no - -");
    run("ovs-ofctl add-flow br0 'in_port=peer0,actions=NORMAL,IN_PORT'");
    measure_settle(&pair, 5000);
    check_reach(&pair, "yes yes no no yes no - -");
}

/* It is read at the start only. */
static void with_tso_offloads_are_right(void **state)
{
    struct compare_sample sample = {0};
    char *error = NULL;

    (void)state;
    run("ovs-vsctl --timeout=10 set open . other_config:userspace-tso-enable=true;"
        "ovs-appctl exit; while [ -e /run/openvswitch/ovs-vswitchd.pid ]; do sleep 0.05; done;"
        "ovs-vswitchd -vconsole:off --detach --no-chdir --pidfile"
        " --log-file=/run/openvswitch/ovs-vswitchd.log; ovs-vsctl --timeout=10 show > /dev/null");
    open_taps(true);
    check_offloads(&pair, OFFLOAD_RIGHT, OFFLOAD_RIGHT);
    check_ok(measure_load(&pair, LOAD_GSO, 100, &sample, &error), &error);
    assert_true(sample.pps > 10);
    /* A burst is not larger than what the switch's sockets hold. */
    assert_true(sample.lost * 4 <= sample.sent);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(all_of_the_vlan_is_reached),      test(offloads_are_broken),
        test(without_offloads_all_is_well),    test(the_switchs_threads_count),
        test(a_reflecting_bridge_serves_vepa), test(with_tso_offloads_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
