/* ovs/port.h: the operations that would be sent for a wish, as golden files. */
#include "support/golden.h"

#include "base/mem.h"
#include "ovs/port.h"

#define PLUG_ID "6f6c0b7e-7d4f-4a3f-9b52-0d0f3c1f6a01"
#define OLD_ROW "c0ffee00-0000-4000-8000-000000000001"

static struct ovs_port tap(const char *name, const char *bridge)
{
    struct ovs_port port = {.name = str_dup(name), .bridge = str_dup(bridge), .vlan.tag = -1};

    ovs_port_add_id(&port, "iface-id", "0a1b2c3d-0000-4000-8000-000000000001");
    ovs_port_add_id(&port, "attached-mac", "52:54:00:12:34:56");
    ovs_port_add_id(&port, "iface-status", "active");
    return port;
}

static void set_vlan(struct ovs_port *port, enum ovs_vlan_mode mode, int tag,
                     const uint16_t *trunks, size_t n_trunks)
{
    port->vlan.mode = mode;
    port->vlan.tag = tag;
    port->vlan.n_trunks = n_trunks;
    port->vlan.trunks = mem_zalloc(n_trunks * sizeof *trunks);
    memcpy(port->vlan.trunks, trunks, n_trunks * sizeof *trunks);
}

/* Checks against golden/port-ops-NAME.json, and clears the ports. */
static void check(const char *name, struct ovs_port *ports, size_t n)
{
    auto_free char *file = str_printf("port-ops-%s.json", name);
    auto_free char *json = ovs_ports_describe(ports, n, PLUG_ID, "vifplug plug (test: pid 1)",
                                              true);
    auto_free char *text = str_printf("%s\n", json);

    check_golden(file, text);
    for (size_t i = 0; i < n; i++) {
        ovs_port_clear(&ports[i]);
    }
}

static void access_port(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    port.vlan = (struct ovs_vlan){.mode = OVS_VLAN_ACCESS, .tag = 100};
    check("access", &port, 1);
}

static void no_vlan(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    check("no-vlan", &port, 1);
}

static void trunk_of_one(void **state)
{
    static const uint16_t trunks[] = {42};
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    set_vlan(&port, OVS_VLAN_TRUNK, -1, trunks, 1);
    check("trunk-1", &port, 1);
}

static void trunk_of_three(void **state)
{
    static const uint16_t trunks[] = {10, 20, 4094};
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    set_vlan(&port, OVS_VLAN_TRUNK, -1, trunks, 3);
    check("trunk-3", &port, 1);
}

static void native_tagged(void **state)
{
    static const uint16_t trunks[] = {10, 20};
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    set_vlan(&port, OVS_VLAN_NATIVE_TAGGED, 10, trunks, 2);
    check("native-tagged", &port, 1);
}

static void native_untagged(void **state)
{
    static const uint16_t trunks[] = {10, 20};
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    set_vlan(&port, OVS_VLAN_NATIVE_UNTAGGED, 10, trunks, 2);
    check("native-untagged", &port, 1);
}

static void isolated(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    port.isolated = true;
    check("isolated", &port, 1);
}

static void transient(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    port.transient = true;
    check("transient", &port, 1);
}

static void mtu(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    port.mtu_request = 9000;
    check("mtu", &port, 1);
}

static void qos_both_ways(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    port.qos = (struct ovs_qos){.ingress_kbps = 8000,
                                .ingress_burst_kb = 800,
                                .egress_min_bps = 4000000,
                                .egress_max_bps = 16000000,
                                .egress_burst_bits = 1048576};
    check("qos", &port, 1);
}

static void replaces_a_row(void **state)
{
    struct ovs_port port = tap("vif0", "br0");

    (void)state;
    strcpy(port.replaces, OLD_ROW);
    check("replaces", &port, 1);
}

static void two_ports_on_two_bridges(void **state)
{
    struct ovs_port ports[] = {tap("vif0", "br0"), tap("vif1", "br1")};

    (void)state;
    ports[0].vlan = (struct ovs_vlan){.mode = OVS_VLAN_ACCESS, .tag = 100};
    ports[1].vlan = (struct ovs_vlan){.mode = OVS_VLAN_ACCESS, .tag = 200};
    check("two-bridges", ports, 2);
}

static void without_indent_and_caller(void **state)
{
    struct ovs_port port = tap("vif0", "br0");
    auto_free char *text = ovs_ports_describe(&port, 1, PLUG_ID, NULL, false);

    (void)state;
    assert_null(strchr(text, '\n'));
    assert_non_null(strstr(text, "{\"comment\":\"vifplug\",\"op\":\"comment\"}]"));
    ovs_port_clear(&port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_port),
        cmocka_unit_test(no_vlan),
        cmocka_unit_test(trunk_of_one),
        cmocka_unit_test(trunk_of_three),
        cmocka_unit_test(native_tagged),
        cmocka_unit_test(native_untagged),
        cmocka_unit_test(isolated),
        cmocka_unit_test(transient),
        cmocka_unit_test(mtu),
        cmocka_unit_test(qos_both_ways),
        cmocka_unit_test(replaces_a_row),
        cmocka_unit_test(two_ports_on_two_bridges),
        cmocka_unit_test(without_indent_and_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
