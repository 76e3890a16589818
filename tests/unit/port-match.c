/* ovs/port.h: a wish against a row, difference by difference. */
#include "support/test.h"

#include "base/mem.h"
#include "ovs/port.h"

static void fill(struct ovs_port *port)
{
    *port = (struct ovs_port){.name = str_dup("vif0"),
                              .bridge = str_dup("br0"),
                              .vlan = {.mode = OVS_VLAN_ACCESS, .tag = 100}};
    ovs_port_add_id(port, "iface-id", "a");
    ovs_port_add_id(port, "attached-mac", "52:54:00:12:34:56");
}

struct pair {
    struct ovs_port wish;
    struct ovs_port_row *row;
};

static int setup(void **state)
{
    struct pair *pair = mem_zalloc(sizeof *pair);

    fill(&pair->wish);
    pair->row = mem_zalloc(sizeof *pair->row);
    fill(&pair->row->port);
    strcpy(pair->row->interface_uuid, "c0ffee00-0000-4000-8000-000000000001");
    pair->row->interface_type = str_dup("");
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    ovs_port_clear(&pair->wish);
    ovs_port_rows_free(pair->row, 1);
    free(pair);
    return 0;
}

static void check_difference(const struct pair *pair, const char *expected)
{
    char *differences = NULL;

    assert_false(ovs_port_matches(&pair->wish, pair->row, &differences));
    assert_string_equal(differences, expected);
    free(differences);
    assert_false(ovs_port_matches(&pair->wish, pair->row, NULL));
}

static void the_same_matches(void **state)
{
    struct pair *pair = *state;
    char *differences = NULL;

    assert_true(ovs_port_matches(&pair->wish, pair->row, &differences));
    assert_null(differences);
}

static void keys_of_others_do_not_count(void **state)
{
    struct pair *pair = *state;

    ovs_port_add_id(&pair->row->port, "ovn-installed", "true");
    assert_true(ovs_port_matches(&pair->wish, pair->row, NULL));
}

static void tag_and_bridge(void **state)
{
    struct pair *pair = *state;

    pair->row->port.vlan.tag = 200;
    str_assign(&pair->row->port.bridge, "br1");
    check_difference(pair, "bridge is \"br1\" instead of \"br0\", tag is 200 instead of 100");
}

static void no_bridge(void **state)
{
    struct pair *pair = *state;

    str_assign(&pair->row->port.bridge, NULL);
    check_difference(pair, "bridge is none instead of \"br0\"");
}

static void mode_and_trunks(void **state)
{
    struct pair *pair = *state;

    pair->wish.vlan.mode = OVS_VLAN_NATIVE_UNTAGGED;
    pair->wish.vlan.n_trunks = 2;
    pair->wish.vlan.trunks = mem_zalloc(2 * sizeof(uint16_t));
    pair->wish.vlan.trunks[0] = 100;
    pair->wish.vlan.trunks[1] = 200;
    pair->row->port.vlan.tag = -1;
    check_difference(pair, "vlan_mode is access instead of native-untagged, tag is none instead of "
                           "100, trunks are all instead of 100,200");
}

static void a_tunnel_is_no_access_port(void **state)
{
    struct pair *pair = *state;

    pair->row->port.vlan.mode = OVS_VLAN_DOT1Q_TUNNEL;
    check_difference(pair, "vlan_mode is dot1q-tunnel instead of access");
}

static void flags_and_mtu(void **state)
{
    struct pair *pair = *state;

    pair->wish.isolated = true;
    pair->row->port.transient = true;
    pair->wish.mtu_request = 9000;
    check_difference(pair, "protected is false instead of true, transient is true instead of "
                           "false, mtu_request is 0 instead of 9000");
}

static void qos(void **state)
{
    struct pair *pair = *state;

    pair->wish.qos = (struct ovs_qos){1, 2, 3, 4, 5};
    check_difference(pair, "ingress_policing_rate is 0 instead of 1, ingress_policing_burst is 0 "
                           "instead of 2, min-rate is 0 instead of 3, max-rate is 0 instead of 4, "
                           "burst is 0 instead of 5");
}

static void external_ids(void **state)
{
    struct pair *pair = *state;

    ovs_port_add_id(&pair->row->port, "iface-id", "b");
    ovs_port_add_id(&pair->wish, "vm-id", "c");
    check_difference(pair, "external_ids:iface-id is \"b\" instead of \"a\", external_ids:vm-id is "
                           "none instead of \"c\"");
}

static void bonds_and_internal_ports(void **state)
{
    struct pair *pair = *state;

    str_assign(&pair->row->interface_type, "internal");
    check_difference(pair, "type is \"internal\" instead of a system device");
    pair->row->interface_uuid[0] = '\0';
    check_difference(pair, "it is a port of several interfaces");
}

static void ids_are_kept_sorted_and_once(void **state)
{
    struct pair *pair = *state;
    struct ovs_port *port = &pair->wish;

    ovs_port_add_id(port, "zz", "1");
    ovs_port_add_id(port, "attached-mac", "52:54:00:00:00:01");
    ovs_port_add_id(port, "b", "");
    ovs_port_add_id(port, "b", NULL);
    assert_int_equal(port->n_interface_ids, 3);
    assert_string_equal(port->interface_ids[0].key, "attached-mac");
    assert_string_equal(port->interface_ids[0].value, "52:54:00:00:00:01");
    assert_string_equal(port->interface_ids[1].key, "iface-id");
    assert_string_equal(port->interface_ids[2].key, "zz");
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_same_matches),
        test(keys_of_others_do_not_count),
        test(tag_and_bridge),
        test(no_bridge),
        test(mode_and_trunks),
        test(a_tunnel_is_no_access_port),
        test(flags_and_mtu),
        test(qos),
        test(external_ids),
        test(bonds_and_internal_ports),
        test(ids_are_kept_sorted_and_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
