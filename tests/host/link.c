/* netdev/link.h against the kernel; `ip` arranges and looks. */
#include "support/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "netdev/link.h"
#include "netdev/rtnl.h"

static struct rtnl *rtnl;

static const struct mac some_mac = {{0xfe, 0x54, 0x00, 0x12, 0x34, 0x56}};

static int setup(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(rtnl_open(&rtnl, &error), &error);
    return 0;
}

/* Takes all links out of the sandbox again. */
static int teardown(void **state)
{
    (void)state;
    rtnl_close(rtnl);
    rtnl = NULL;
    host_run(
        "cd /sys/class/net; ls | sed '/^lo$/d; s/^/link delete /' | ip -force -batch - || true");
    return 0;
}

static struct link_info get(const char *name)
{
    struct link_info info;
    char *error = NULL;

    check_ok(link_get(rtnl, name, &info, &error), &error);
    return info;
}

static void change(int ifindex, const struct link_change *wish)
{
    char *error = NULL;

    check_ok(link_change(rtnl, ifindex, wish, &error), &error);
}

static void links_are_read(void **state)
{
    (void)state;
    host_run("ip link add br0 type bridge; ip link add v0 type veth peer v1;"
             "ip link set v0 address fe:54:00:12:34:56 alias 'an alias' master br0 up;"
             "ip link set v1 up; ip link set br0 mtu 1400;"
             "ip link property add dev v0 altname another-name");
    struct link_info v0 = get("v0");
    struct link_info br0 = get("br0");
    struct link_info lo = get("lo");

    assert_string_equal(v0.name, "v0");
    assert_int_equal(v0.ifindex, if_nametoindex("v0"));
    assert_string_equal(v0.kind, "veth");
    assert_string_equal(v0.alias, "an alias");
    assert_memory_equal(&v0.mac, &some_mac, sizeof some_mac);
    assert_int_equal(v0.mtu, 1500);
    assert_int_equal(v0.max_mtu, 65535);
    assert_true(v0.up && v0.carrier && !v0.loopback);
    assert_int_equal(v0.master, br0.ifindex);
    assert_int_equal(v0.lower, if_nametoindex("v1"));

    assert_string_equal(br0.kind, "bridge");
    assert_string_equal(br0.alias, "");
    assert_int_equal(br0.mtu, 1400);
    assert_true(!br0.up && br0.master == 0 && br0.lower == 0);

    assert_string_equal(lo.kind, "");
    assert_true(lo.loopback && lo.up);

    struct link_info by_index;
    char *error = NULL;

    check_ok(link_get_by_index(rtnl, v0.ifindex, &by_index, &error), &error);
    assert_memory_equal(&by_index, &v0, sizeof v0);
    assert_int_equal(get("another-name").ifindex, v0.ifindex);
    assert_string_equal(get("another-name").name, "v0");
}

static void a_lower_link_elsewhere_is_no_link_here(void **state)
{
    (void)state;
    host_run("ip netns add other; ip link add v0 type veth peer v1 netns other");
    assert_int_equal(get("v0").lower, 0);
    host_run("ip netns delete other");
}

static void taps_are_read(void **state)
{
    (void)state;
    host_run("ip tuntap add plain mode tap;"
             "ip tuntap add full mode tap multi_queue vnet_hdr user 1234 group 5678;"
             "ip tuntap add layer3 mode tun");
    struct link_info plain = get("plain");
    struct link_info full = get("full");

    assert_string_equal(plain.kind, "tun");
    assert_true(plain.tun.tap && plain.tun.persist);
    assert_false(plain.carrier || plain.tun.vnet_hdr || plain.tun.multi_queue);
    assert_int_equal(plain.tun.owner, (uid_t)-1);
    assert_int_equal(plain.tun.group, (gid_t)-1);

    assert_true(full.tun.tap && full.tun.vnet_hdr && full.tun.multi_queue);
    assert_int_equal(full.tun.owner, 1234);
    assert_int_equal(full.tun.group, 5678);
    assert_int_equal(full.tun.n_queues, 0);

    assert_string_equal(get("layer3").kind, "tun");
    assert_false(get("layer3").tun.tap);
}

static void macvtaps_are_read(void **state)
{
    static const struct {
        const char *words;
        enum macvtap_mode mode;
    } modes[] = {
        {"macvtap mode vepa", MACVTAP_VEPA},       {"macvtap mode bridge", MACVTAP_BRIDGE},
        {"macvtap mode private", MACVTAP_PRIVATE}, {"macvtap mode passthru", MACVTAP_PASSTHROUGH},
        {"macvlan mode private", MACVTAP_PRIVATE}, {"macvlan mode source", MACVTAP_NO_MODE},
    };

    (void)state;
    host_run("ip link add v0 type veth peer v1");
    assert_int_equal(get("v0").macvtap_mode, MACVTAP_NO_MODE);
    assert_int_equal(get("v0").vlan_id, -1);
    assert_false(get("v0").allmulticast);
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        host_run("ip link add link v0 name m0 allmulticast on type %s", modes[i].words);
        struct link_info m0 = get("m0");

        assert_int_equal(m0.macvtap_mode, modes[i].mode);
        assert_int_equal(m0.lower, if_nametoindex("v0"));
        assert_int_equal(m0.vlan_id, -1);
        assert_true(m0.allmulticast);
        host_run("ip link delete m0");
    }
}

static void promiscuity_is_counted(void **state)
{
    (void)state;
    host_run("ip link add v0 type veth peer v1");
    assert_int_equal(get("v0").promiscuity, 0);
    host_run("ip link set v0 promisc on");
    assert_int_equal(get("v0").promiscuity, 1);
    host_run("ip link add b0 type bridge");
    host_run("ip link set v0 master b0");
    assert_int_equal(get("v0").promiscuity, 2);
}

static void what_is_missing_is_enodev(void **state)
{
    struct link_info info;
    char *error = NULL;

    (void)state;
    check_error(link_get(rtnl, "no0", &info, &error), -ENODEV, &error, "no link \"no0\"");
    check_error(link_get(rtnl, "", &info, &error), -ENODEV, &error, "no link \"\"");
    check_error(link_get(rtnl, "1234567890123456", &info, &error), -ENODEV, &error,
                "no link \"1234567890123456\"");
    check_error(link_get_by_index(rtnl, 4711, &info, &error), -ENODEV, &error, "index 4711");
    check_error(link_get_by_index(rtnl, 0, &info, &error), -ENODEV, &error, "index 0");
    check_error(link_get_by_index(rtnl, -1, &info, &error), -ENODEV, &error, "index -1");
}

/* More than fits one datagram. */
static void all_of_300_links_are_listed_once(void **state)
{
    struct link_info *links = NULL;
    size_t n = 0;
    char *error = NULL;
    bool seen[300] = {false};

    (void)state;
    host_run("seq 0 299 | sed 's/.*/tuntap add list& mode tap/' | ip -batch -");
    check_ok(link_list(rtnl, &links, &n, &error), &error);
    assert_int_equal(n, 301);
    for (size_t i = 0; i < n; i++) {
        int number = -1;

        if (sscanf(links[i].name, "list%d", &number) == 1) {
            assert_in_range(number, 0, 299);
            assert_false(seen[number]);
            seen[number] = true;
            assert_int_equal(links[i].ifindex, if_nametoindex(links[i].name));
            assert_true(links[i].tun.tap);
        } else {
            assert_string_equal(links[i].name, "lo");
        }
    }
    free(links);
}

static void everything_changes_at_once_and_back(void **state)
{
    (void)state;
    host_run("ip link add br0 type bridge; ip tuntap add t0 mode tap");
    int t0 = get("t0").ifindex;

    change(t0, &(struct link_change){.mac = &some_mac,
                                     .mtu = 1400,
                                     .alias = "vifplug:x",
                                     .master = get("br0").ifindex,
                                     .state = LINK_UP});
    check_output("mtu 1400", "ip link show t0");
    check_output("master br0", "ip link show t0");
    check_output(",UP>", "ip link show t0");
    check_output("link/ether fe:54:00:12:34:56 ", "ip link show t0");
    check_output("alias vifplug:x\n", "ip link show t0");

    change(t0, &(struct link_change){0});
    check_output("mtu 1400", "ip link show t0");
    check_output("master br0", "ip link show t0");
    check_output(",UP>", "ip link show t0");
    check_output("alias vifplug:x\n", "ip link show t0");

    change(t0, &(struct link_change){.alias = "", .master = LINK_NO_MASTER, .state = LINK_DOWN});
    check_output("<BROADCAST,MULTICAST> mtu 1400", "ip link show t0");
    host_run("! ip link show t0 | grep -E 'alias|master'");
}

/* A socket that hears all link events. */
static int listen_to_links(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* How many events wait on the socket. */
static int count_events(int fd)
{
    char buffer[32768];
    int n = 0;

    while (recv(fd, buffer, sizeof buffer, 0) > 0) {
        n++;
    }
    assert_int_equal(errno, EAGAIN);
    return n;
}

/* The kernel announces address, MTU and state in their own right. What is to be seen here is that
 * we cause nothing beyond that: no further event for the alias, and none for what stays as it is.
 */
static void one_request_causes_few_events(void **state)
{
    (void)state;
    host_run("ip tuntap add t0 mode tap");
    int t0 = get("t0").ifindex;
    auto_close int events = listen_to_links();

    change(t0, &(struct link_change){0});
    assert_int_equal(count_events(events), 0);
    change(t0, &(struct link_change){
                   .mac = &some_mac, .mtu = 1400, .alias = "vifplug:x", .state = LINK_UP});
    assert_in_range(count_events(events), 1, 3);
    check_output("alias vifplug:x", "ip link show t0");
}

static void an_index_outlives_a_new_name(void **state)
{
    (void)state;
    host_run("ip tuntap add old mode tap");
    int ifindex = get("old").ifindex;

    host_run("ip link set old name new; ip tuntap add old mode tap");
    change(ifindex, &(struct link_change){.mtu = 1400});
    check_output("mtu 1400", "ip link show new");
    check_output("mtu 1500", "ip link show old");
}

static void the_kernels_words_are_passed_on(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip tuntap add t0 mode tap");
    int t0 = get("t0").ifindex;

    check_error(link_change(rtnl, t0, &(struct link_change){.mtu = 70000, .alias = "a"}, &error),
                -EINVAL, &error,
                "cannot set MTU 70000, alias \"a\" of link \"t0\": Invalid argument (mtu greater "
                "than device maximum)");
    check_error(link_change(rtnl, t0, &(struct link_change){.mtu = 60}, &error), -EINVAL, &error,
                "(mtu less than device minimum)");
    check_error(link_change(rtnl, t0, &(struct link_change){.master = t0}, &error), -EOPNOTSUPP,
                &error, "cannot set master");
    check_error(link_change(rtnl, t0, &(struct link_change){.master = 4711}, &error), -EINVAL,
                &error, "cannot set master 4711 of link \"t0\"");
}

static void an_alias_has_255_bytes_at_most(void **state)
{
    char alias[LINK_ALIAS_SIZE + 1];
    char *error = NULL;

    (void)state;
    memset(alias, 'a', sizeof alias);
    alias[LINK_ALIAS_SIZE] = '\0';
    host_run("ip tuntap add t0 mode tap");
    int t0 = get("t0").ifindex;

    check_error(link_change(rtnl, t0, &(struct link_change){.alias = alias}, &error), -EINVAL,
                &error, "alias of 256 bytes");
    alias[LINK_ALIAS_SIZE - 1] = '\0';
    change(t0, &(struct link_change){.alias = alias});
    assert_string_equal(get("t0").alias, alias);
}

static void a_link_is_deleted_once_and_that_is_enough(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip tuntap add t0 mode tap");
    int t0 = get("t0").ifindex;

    check_ok(link_delete(rtnl, t0, &error), &error);
    assert_int_equal(if_nametoindex("t0"), 0);
    check_ok(link_delete(rtnl, t0, &error), &error);
    check_ok(link_delete(rtnl, 0, &error), &error);
    assert_null(error);
    check_error(link_change(rtnl, t0, &(struct link_change){.mtu = 1400}, &error), -ENODEV, &error,
                "cannot set MTU 1400 of link ");
    check_error(link_change(rtnl, 0, &(struct link_change){.mtu = 1400}, &error), -ENODEV, &error,
                "No such device");
    check_error(link_delete(rtnl, (int)if_nametoindex("lo"), &error), -EOPNOTSUPP, &error,
                "cannot delete link \"lo\": Operation not supported");
}

/* Deleted one by one, 100 taps take a second and more. */
static void many_links_are_deleted_and_no_others(void **state)
{
    int ifindexes[100];
    char *error = NULL;

    (void)state;
    host_run(
        "seq 0 99 | sed 's/.*/tuntap add many& mode tap/' | ip -batch -;"
        "ip tuntap add other mode tap; ip link set other group 7; ip tuntap add gone mode tap");
    for (int i = 0; i < 100; i++) {
        char name[IFNAMSIZ];

        snprintf(name, sizeof name, "many%d", i);
        ifindexes[i] = get(name).ifindex;
    }
    check_ok(link_delete_many(rtnl, ifindexes, 98, &error), &error);
    check_output("5\n", "ls /sys/class/net | wc -l");

    /* Two of which one is no longer there, and one that the kernel does not let go. */
    host_run("ip link delete many98");
    ifindexes[0] = (int)if_nametoindex("lo");
    ifindexes[1] = get("gone").ifindex;
    check_error(link_delete_many(rtnl, ifindexes, 100, &error), -EOPNOTSUPP, &error,
                "cannot delete link \"lo\": Operation not supported");
    check_output("lo\nother\n", "ls /sys/class/net");
    check_ok(link_delete_many(rtnl, ifindexes, 0, &error), &error);
}

static int change_as_stranger(void *arg, char **errorp)
{
    struct rtnl *mine = NULL;
    int error = rtnl_open(&mine, errorp);

    return error ? error
                 : link_change(mine, *(int *)arg, &(struct link_change){.mtu = 9000}, errorp);
}

static void a_stranger_may_not(void **state)
{
    char *error = NULL;

    (void)state;
    host_run("ip tuntap add t0 mode tap");
    int t0 = get("t0").ifindex;

    check_error(host_as(65534, 65534, change_as_stranger, &t0, &error), -EPERM, &error,
                "cannot set MTU 9000 of link \"t0\": Operation not permitted; this needs "
                "CAP_NET_ADMIN: run as root");
}

static void sessions_are_close_on_exec(void **state)
{
    (void)state;
    check_output("none", "readlink /proc/$$/fd/* | grep socket || echo none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(links_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lower_link_elsewhere_is_no_link_here, setup, teardown),
        cmocka_unit_test_setup_teardown(taps_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(macvtaps_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(promiscuity_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_is_enodev, setup, teardown),
        cmocka_unit_test_setup_teardown(all_of_300_links_are_listed_once, setup, teardown),
        cmocka_unit_test_setup_teardown(everything_changes_at_once_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(one_request_causes_few_events, setup, teardown),
        cmocka_unit_test_setup_teardown(an_index_outlives_a_new_name, setup, teardown),
        cmocka_unit_test_setup_teardown(the_kernels_words_are_passed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(an_alias_has_255_bytes_at_most, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_is_deleted_once_and_that_is_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(many_links_are_deleted_and_no_others, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stranger_may_not, setup, teardown),
        cmocka_unit_test_setup_teardown(sessions_are_close_on_exec, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
