#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/bridge.h"

#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/txn.h"
#include "ovs/value.h"

static int compare_bridges(const void *a, const void *b)
{
    return strcmp(((const struct ovs_bridge *)a)->name, ((const struct ovs_bridge *)b)->name);
}

static void read_bridges(const struct json *rows, struct ovs_switch *sw)
{
    size_t n = array_length(rows);

    sw->bridges = mem_zalloc(n * sizeof *sw->bridges);
    for (size_t i = 0; i < n; i++) {
        const struct json *row = array_at(rows, i);
        const char *name = row_text(row, "name");

        if (name) {
            sw->bridges[sw->n_bridges++] = (struct ovs_bridge){
                .name = str_dup(name),
                .userspace = str_eq(row_text(row, "datapath_type"), "netdev")};
        }
    }
    qsort(sw->bridges, sw->n_bridges, sizeof *sw->bridges, compare_bridges);
}

void switch_ask(struct json *ops)
{
    txn_select(ops, "Open_vSwitch", where_all(), "ovs_version other_config");
    txn_select(ops, "Bridge", where_all(), "name datapath_type");
}

struct ovs_switch *switch_take(const struct json *reply, size_t op)
{
    struct ovs_switch *sw = mem_zalloc(sizeof *sw);
    const struct json *global = array_at(txn_rows(reply, op), 0);
    const char *version = row_text(global, "ovs_version");

    sw->ovs_version = str_dup(version ? version : "");
    sw->userspace_tso = str_eq(row_map_text(global, "other_config", "userspace-tso-enable"),
                               "true");
    read_bridges(txn_rows(reply, op + 1), sw);
    return sw;
}

int ovs_switch_read(struct ovsdb *db, struct ovs_switch **sw, char **errorp)
{
    struct json *ops = txn_new();
    struct json *reply = NULL;

    switch_ask(ops);
    int error = txn_run(db, ops, ovsdb_deadline(db), &reply, NULL, errorp);

    if (!error) {
        *sw = switch_take(reply, 0);
        json_destroy(reply);
    }
    return error;
}

void ovs_switch_free(struct ovs_switch *sw)
{
    if (sw) {
        for (size_t i = 0; i < sw->n_bridges; i++) {
            free(sw->bridges[i].name);
        }
        free(sw->bridges);
        free(sw->ovs_version);
        free(sw);
    }
}

const struct ovs_bridge *ovs_switch_find(const struct ovs_switch *sw, const char *name)
{
    for (size_t i = 0; i < sw->n_bridges; i++) {
        if (str_eq(sw->bridges[i].name, name)) {
            return &sw->bridges[i];
        }
    }
    return NULL;
}

char *ovs_switch_bridge_names(const struct ovs_switch *sw)
{
    char *names = str_dup(sw->n_bridges ? sw->bridges[0].name : "none");

    for (size_t i = 1; i < sw->n_bridges; i++) {
        char *longer = str_printf("%s, %s", names, sw->bridges[i].name);

        free(names);
        names = longer;
    }
    return names;
}
