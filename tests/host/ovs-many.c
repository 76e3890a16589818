/* ovs/port.h with hundreds of ports: one transaction, few reconfigurations, nothing left. */
#include "support/ovs.h"

#define MANY 500

static struct ovsdb *db;
static struct ovs_port ports[MANY];
static const char *names[MANY];

static int make_switch(void **state)
{
    (void)state;
    run("ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev");
    run("for i in $(seq 0 %d); do echo tuntap add t$i mode tap; done | ip -batch -", MANY - 1);
    for (int i = 0; i < MANY; i++) {
        auto_free char *name = str_printf("t%d", i);

        ports[i] = wish(name, "br0");
        ports[i].vlan.tag = i + 1;
        names[i] = ports[i].name;
    }
    db = open_remote(NULL, 20000);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    ovsdb_close(db);
    for (int i = 0; i < MANY; i++) {
        ovs_port_clear(&ports[i]);
    }
    return 0;
}

static void five_hundred_in_one_go(void **state)
{
    int64_t ofports[MANY];
    struct ovs_port_row *rows = NULL;
    size_t n = 0;
    char *error = NULL;

    (void)state;
    for (int i = 0; i < MANY; i += 5) {
        ports[i].qos.egress_max_bps = 1000000;
    }
    check_ok(ovs_ports_add(db, ports, MANY, plug_id(), false, ofports, &error), &error);
    check_ok(ovs_ports_read(db, names, MANY, &rows, &n, &error), &error);
    assert_int_equal(n, MANY);
    for (int i = 0; i < MANY; i++) {
        struct ovs_port_row *row = &rows[i];
        int index = atoi(row->port.name + 1);
        char *differences = NULL;

        assert_true(ofports[i] > 0);
        assert_int_equal(row->ofport, ofports[index]);
        if (!ovs_port_matches(&ports[index], row, &differences)) {
            fail_msg("%s: %s", row->port.name, differences);
        }
    }
    check_ok(ovs_ports_remove(db, rows, n, &error), &error);
    ovs_port_rows_free(rows, n);
    check_nothing_left();
}

static void one_bad_one_takes_all_out(void **state)
{
    char *error = NULL;

    (void)state;
    run("ip link delete t93");
    check_error(ovs_ports_add(db, ports, 100, plug_id(), false, NULL, &error), -EIO, &error,
                "port \"t93\": ovs-vswitchd refused it");
    check_nothing_left();
    check_output("", "ovs-vsctl --no-wait list-ports br0");
    run("ip tuntap add t93 mode tap");
}

static void a_taken_name_among_many_is_found(void **state)
{
    char *error = NULL;

    (void)state;
    run("ovs-vsctl --no-wait add-port br0 t123");
    check_error(ovs_ports_add(db, ports, MANY, plug_id(), false, NULL, &error), -EEXIST, &error,
                "port name \"t123\" is taken by a port on bridge \"br0\"");
    check_output("t123", "ovs-vsctl --no-wait list-ports br0");
    run("ovs-vsctl --no-wait del-port t123");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bad_one_takes_all_out),
        cmocka_unit_test(a_taken_name_among_many_is_found),
        /* Last, since ovs-vswitchd takes seconds to forget so many. */
        cmocka_unit_test(five_hundred_in_one_go),
    };

    return cmocka_run_group_tests(tests, make_switch, clean_up);
}
