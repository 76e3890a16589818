/* vif/port-add.h, with an Open vSwitch that does as told: which ports are added again, and how many
 * requests that takes. With a real one: tests/host/plug-stale.sh. */
#include "vif/port-add.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "support/test.h"

#define N 4

static char names[N][3] = {"p0", "p1", "p2", "p3"};
static struct ovs_port *ports;
static int64_t ofports[N];
static struct vif_host *host;

/* The Open vSwitch. */
static bool heard[N];      /* its ports listen to their devices */
static bool never;         /* and no other will */
static char owners[N][37]; /* of which plugs the rows are */
static char log_text[200];

static size_t index_of(const char *name)
{
    return (size_t)(name[1] - '0');
}

static void note(const char *what, const struct ovs_port *some, size_t n)
{
    size_t length = strlen(log_text);

    snprintf(log_text + length, sizeof log_text - length, "%s%s", length ? ", " : "", what);
    for (size_t i = 0; i < n; i++) {
        length = strlen(log_text);
        snprintf(log_text + length, sizeof log_text - length, " %s", some[i].name);
    }
}

int __wrap_ovs_ports_add(struct ovsdb *db, const struct ovs_port *some, size_t n,
                         const char *plug_id, bool no_wait, int64_t *numbers, char **errorp);
int __wrap_ovs_ports_add(struct ovsdb *db, const struct ovs_port *some, size_t n,
                         const char *plug_id, bool no_wait, int64_t *numbers, char **errorp)
{
    static int64_t number;

    (void)db;
    (void)errorp;
    number = log_text[0] ? number : 0;
    note(no_wait ? "add, no wait" : "add", some, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = index_of(some[i].name);

        /* The first time, all of them. */
        assert_true(n == N || !some[i].replaces[0]);
        heard[at] |= n < N && !never;
        str_copy(owners[at], sizeof owners[at], some[i].plug_id[0] ? some[i].plug_id : plug_id);
        numbers[i] = no_wait ? 0 : ++number;
    }
    return 0;
}

int __wrap_ovs_ports_read(struct ovsdb *db, const char *const *some, size_t n,
                          struct ovs_port_row **rows, size_t *n_rows, char **errorp);
int __wrap_ovs_ports_read(struct ovsdb *db, const char *const *some, size_t n,
                          struct ovs_port_row **rows, size_t *n_rows, char **errorp)
{
    (void)db;
    (void)errorp;
    note("read", NULL, 0);
    *rows = mem_zalloc(n * sizeof **rows);
    *n_rows = n;
    for (size_t i = 0; i < n; i++) {
        (*rows)[i].port.name = str_dup(some[i]);
        (*rows)[i].owner = str_dup(OVS_OWNER);
        (*rows)[i].plug_id = str_dup(owners[index_of(some[i])]);
    }
    return 0;
}

int __wrap_ovs_ports_remove(struct ovsdb *db, const struct ovs_port_row *rows, size_t n,
                            char **errorp);
int __wrap_ovs_ports_remove(struct ovsdb *db, const struct ovs_port_row *rows, size_t n,
                            char **errorp)
{
    (void)db;
    (void)errorp;
    note("remove", NULL, 0);
    for (size_t i = 0; i < n; i++) {
        note(rows[i].port.name, NULL, 0);
    }
    return 0;
}

int __wrap_ovs_settle(struct ovsdb *db, char **errorp);
int __wrap_ovs_settle(struct ovsdb *db, char **errorp)
{
    (void)db;
    (void)errorp;
    note("settle", NULL, 0);
    return 0;
}

int __wrap_vif_host_rtnl(struct vif_host *of, struct rtnl **rtnl, char **errorp);
int __wrap_vif_host_rtnl(struct vif_host *of, struct rtnl **rtnl, char **errorp)
{
    (void)of;
    (void)errorp;
    *rtnl = NULL;
    return 0;
}

int __wrap_link_find(struct rtnl *rtnl, const char *name, bool *found, struct link_info *info,
                     char **errorp);
int __wrap_link_find(struct rtnl *rtnl, const char *name, bool *found, struct link_info *info,
                     char **errorp)
{
    (void)rtnl;
    (void)errorp;
    memset(info, 0, sizeof *info);
    info->promiscuity = heard[index_of(name)];
    *found = true;
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    ports = mem_zalloc(N * sizeof *ports);
    memset(ofports, 0, sizeof ofports);
    for (size_t i = 0; i < N; i++) {
        ports[i].name = names[i];
        heard[i] = true;
    }
    never = false;
    log_text[0] = '\0';
    host = vif_host_open(&(struct vif_host_options){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vif_host_close(host);
    free(ports);
    return 0;
}

static int add(bool no_wait, char **errorp)
{
    return vif_ports_add(host, NULL, ports, N, "new", no_wait, ofports, errorp);
}

static void asks_nothing_more_where_all_is_well(void **state)
{
    char *error = NULL;

    (void)state;
    check_ok(add(false, &error), &error);
    assert_string_equal(log_text, "add p0 p1 p2 p3");
    assert_int_equal(ofports[3], 4);
}

static void adds_again_what_is_not_heard(void **state)
{
    char *error = NULL;

    (void)state;
    heard[1] = heard[3] = false;
    strcpy(ports[1].replaces, "stale");
    check_ok(add(false, &error), &error);
    assert_string_equal(log_text, "add p0 p1 p2 p3, read, remove, p1, p3, settle, add p1 p3");
    assert_int_equal(ofports[0], 1);
    assert_int_equal(ofports[1], 5);
    assert_int_equal(ofports[2], 3);
    assert_int_equal(ofports[3], 6);
}

static void knows_ports_that_are_put_back_by_their_own_plug(void **state)
{
    char *error = NULL;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        snprintf(ports[i].plug_id, sizeof ports[i].plug_id, "old%zu", i);
    }
    heard[2] = false;
    check_ok(vif_ports_add(host, NULL, ports, N, NULL, false, ofports, &error), &error);
    assert_string_equal(log_text, "add p0 p1 p2 p3, read, remove, p2, settle, add p2");
    assert_string_equal(owners[2], "old2");
}

static void leaves_the_rows_of_others(void **state)
{
    char *error = NULL;

    (void)state;
    strcpy(owners[0], "new");
    strcpy(owners[1], "another");
    check_ok(vif_ports_take_out(NULL, ports, 2, "new", &error), &error);
    assert_string_equal(log_text, "read, remove, p0, settle");
}

static void tries_once_and_then_says_so(void **state)
{
    char *error = NULL;

    (void)state;
    heard[2] = false;
    never = true;
    check_error(add(false, &error), -EIO, &error,
                "port \"p2\": ovs-vswitchd has realised it, but does not listen to the device");
    assert_string_equal(log_text, "add p0 p1 p2 p3, read, remove, p2, settle, add p2");
}

static void does_not_look_where_nobody_waits(void **state)
{
    char *error = NULL;

    (void)state;
    heard[2] = false;
    check_ok(add(true, &error), &error);
    assert_string_equal(log_text, "add, no wait p0 p1 p2 p3");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(asks_nothing_more_where_all_is_well),
        test(adds_again_what_is_not_heard),
        test(knows_ports_that_are_put_back_by_their_own_plug),
        test(leaves_the_rows_of_others),
        test(tries_once_and_then_says_so),
        test(does_not_look_where_nobody_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
