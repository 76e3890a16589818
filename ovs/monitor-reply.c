#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/monitor-reply.h"

#include "base/mem.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovs/port.h"
#include "ovs/txn.h"

static struct json *columns(const char *const *names, size_t n)
{
    struct json *list = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        json_array_add(list, json_string_create(names[i]));
    }
    return list;
}

struct json *monitor_request(bool conditional)
{
    static const char *const of_ports[] = {"name", "interfaces", "external_ids"};
    static const char *const of_bridges[] = {"name"};
    struct json *ports = json_object_create();
    struct json *bridges = json_object_create();
    struct json *tables = json_object_create();

    json_object_put(bridges, "columns", columns(of_bridges, 1));
    /* external_ids only where we must look ourselves: it makes for more to say. */
    json_object_put(ports, "columns", columns(of_ports, conditional ? 2 : 3));
    if (conditional) {
        struct json *marks = value_map();

        value_map_add_text(marks, OVS_OWNER_KEY, OVS_OWNER);
        json_object_put(ports, "where", where_includes("external_ids", marks));
    }
    json_object_put(tables, "Port", json_array_create_1(ports));
    json_object_put(tables, "Bridge", json_array_create_1(bridges));
    return array_3(json_string_create("Open_vSwitch"), json_string_create("vifplug"), tables);
}

const struct json *monitor_updates(const char *method, const struct json *params)
{
    return str_eq(method, "update") || str_eq(method, "update2") ? array_at(params, 1) : NULL;
}

/* Reads what became of a row; returns whether it is one of those that are spoken of here. */
static bool read_row(const struct json *update, struct monitor_row *row)
{
    const struct json *now = object_get(update, "initial");

    now = now ? now : object_get(update, "insert");
    if (!now && object_get(update, "modify")) {
        return false;
    }
    if (!now) {
        now = object_get(update, "new");
        if (now && !row->of_bridge &&
            !str_eq(row_map_text(now, "external_ids", OVS_OWNER_KEY), OVS_OWNER)) {
            now = NULL;
        }
    }
    row->there = now != NULL;
    row->name = row_text(now, "name");
    row->interface = row_uuid(now, "interfaces", 0);
    return true;
}

static void each_of(const struct json *updates, bool bridges, bool there,
                    void (*each)(void *data, const struct monitor_row *row), void *data)
{
    const struct json *table = object_get(updates, bridges ? "Bridge" : "Port");
    const struct shash_node *node;

    if (!table || table->type != JSON_OBJECT) {
        return;
    }
    SHASH_FOR_EACH(node, json_object(table))
    {
        struct monitor_row row = {.uuid = node->name, .of_bridge = bridges};

        if (read_row(node->data, &row) && row.there == there) {
            each(data, &row);
        }
    }
}

void monitor_each_row(const struct json *updates,
                      void (*each)(void *data, const struct monitor_row *row), void *data)
{
    each_of(updates, false, false, each, data);
    each_of(updates, true, false, each, data);
    each_of(updates, true, true, each, data);
    each_of(updates, false, true, each, data);
}
