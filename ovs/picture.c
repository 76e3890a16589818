#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/picture.h"

#include "base/mem.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovs/port-row.h"
#include "ovs/txn.h"
#include "ovs/value.h"

#define BRIDGE_COLUMNS "_uuid name ports"
#define PORT_COLUMNS                                                                               \
    "_uuid name interfaces vlan_mode tag trunks protected other_config external_ids qos"
#define INTERFACE_COLUMNS                                                                          \
    "_uuid name type ofport ifindex link_state error mtu_request ingress_policing_rate "           \
    "ingress_policing_burst external_ids"
#define QOS_COLUMNS   "_uuid other_config queues"
#define QUEUE_COLUMNS "_uuid other_config"

struct picture {
    /* By uuid, rows borrowed from the replies. */
    struct shash ports;
    struct shash interfaces;
    struct shash qos;
    struct shash queues;

    struct shash bridge_of; /* the Bridge row, by the uuid of a Port */
    struct shash port_of;   /* the Port row, by the uuid of an Interface */
    struct shash asked;     /* what picture_ask_missing() has asked for */

    struct json **kept; /* operations and replies */
    size_t n_kept;
};

struct picture *picture_new(void)
{
    struct picture *picture = mem_zalloc(sizeof *picture);

    shash_init(&picture->ports);
    shash_init(&picture->interfaces);
    shash_init(&picture->qos);
    shash_init(&picture->queues);
    shash_init(&picture->bridge_of);
    shash_init(&picture->port_of);
    shash_init(&picture->asked);
    return picture;
}

void picture_free(struct picture *picture)
{
    if (!picture) {
        return;
    }
    shash_destroy(&picture->ports);
    shash_destroy(&picture->interfaces);
    shash_destroy(&picture->qos);
    shash_destroy(&picture->queues);
    shash_destroy(&picture->bridge_of);
    shash_destroy(&picture->port_of);
    shash_destroy(&picture->asked);
    for (size_t i = 0; i < picture->n_kept; i++) {
        json_destroy(picture->kept[i]);
    }
    free(picture->kept);
    free(picture);
}

void picture_ask_name(struct json *ops, const char *name)
{
    txn_select(ops, "Port", where_name(name), PORT_COLUMNS);
    txn_select(ops, "Interface", where_name(name), INTERFACE_COLUMNS);
}

void picture_ask_owned(struct json *ops)
{
    struct json *marks = value_map();

    value_map_add_text(marks, OVS_OWNER_KEY, OVS_OWNER);
    txn_select(ops, "Port", where_includes("external_ids", marks), PORT_COLUMNS);
}

void picture_ask_ports(struct json *ops)
{
    txn_select(ops, "Port", where_all(), PORT_COLUMNS);
}

void picture_ask_surroundings(struct json *ops)
{
    txn_select(ops, "Bridge", where_all(), BRIDGE_COLUMNS);
    txn_select(ops, "Interface", where_all(), INTERFACE_COLUMNS);
    txn_select(ops, "QoS", where_all(), QOS_COLUMNS);
    txn_select(ops, "Queue", where_all(), QUEUE_COLUMNS);
}

/* True for the first time that `uuid` is asked for in this table. */
static bool ask_once(struct picture *picture, const char *table, const char *uuid)
{
    auto_free char *key = str_printf("%s %s", table, uuid);

    return shash_add_once(&picture->asked, key, NULL);
}

static void ask_row(struct picture *picture, struct json *ops, const struct shash *known,
                    const char *table, const char *uuid, const char *columns)
{
    if (uuid && !shash_find(known, uuid) && ask_once(picture, table, uuid)) {
        txn_select(ops, table, where_row(uuid), columns);
    }
}

/* What the Port `row` needs. Of its Bridge the name is enough: `ports` may be long. */
static void ask_around_port(struct picture *picture, struct json *ops, const struct json *row)
{
    const char *uuid = row_uuid(row, "_uuid", 0);
    const char *qos = row_uuid(row, "qos", 0);

    if (uuid && !shash_find(&picture->bridge_of, uuid) && ask_once(picture, "Bridge", uuid)) {
        txn_select(ops, "Bridge", where_includes("ports", value_uuid(uuid)), "name");
    }
    for (size_t i = 0; i < row_count(row, "interfaces"); i++) {
        ask_row(picture, ops, &picture->interfaces, "Interface", row_uuid(row, "interfaces", i),
                INTERFACE_COLUMNS);
    }
    ask_row(picture, ops, &picture->qos, "QoS", qos, QOS_COLUMNS);
    if (qos) {
        ask_row(picture, ops, &picture->queues, "Queue",
                port_row_queue(shash_find_data(&picture->qos, qos)), QUEUE_COLUMNS);
    }
}

void picture_ask_missing(struct picture *picture, struct json *ops)
{
    const struct shash_node *node;

    SHASH_FOR_EACH(node, &picture->interfaces)
    {
        if (!shash_find(&picture->port_of, node->name) && ask_once(picture, "Port", node->name)) {
            txn_select(ops, "Port", where_includes("interfaces", value_uuid(node->name)),
                       PORT_COLUMNS);
        }
    }
    SHASH_FOR_EACH(node, &picture->ports)
    {
        ask_around_port(picture, ops, node->data);
    }
}

static void index_row(struct shash *table, const struct json *row)
{
    const char *uuid = row_uuid(row, "_uuid", 0);

    if (uuid) {
        shash_replace(table, uuid, row);
    }
}

/* Adds to `table` under the uuids of the set `column` of the row. */
static void index_references(struct shash *table, const struct json *row, const char *column)
{
    for (size_t i = 0; i < row_count(row, column); i++) {
        const char *uuid = row_uuid(row, column, i);

        if (uuid) {
            shash_replace(table, uuid, row);
        }
    }
}

static void add_bridge(struct picture *picture, const struct json *op, const struct json *row)
{
    const struct json *clause = array_at(object_get(op, "where"), 0);
    const char *port = uuid_of(array_at(clause, 2));

    if (port) {
        shash_replace(&picture->bridge_of, port, row);
    } else {
        index_references(&picture->bridge_of, row, "ports");
    }
}

static void add_row(struct picture *picture, const struct json *op, const struct json *row)
{
    const char *table = text_of(object_get(op, "table"));

    if (str_eq(table, "Bridge")) {
        add_bridge(picture, op, row);
    } else if (str_eq(table, "Port")) {
        index_row(&picture->ports, row);
        index_references(&picture->port_of, row, "interfaces");
    } else if (str_eq(table, "Interface")) {
        index_row(&picture->interfaces, row);
    } else if (str_eq(table, "QoS")) {
        index_row(&picture->qos, row);
    } else if (str_eq(table, "Queue")) {
        index_row(&picture->queues, row);
    }
}

static void keep(struct picture *picture, struct json *json)
{
    picture->kept = mem_resize(picture->kept, picture->n_kept + 1, sizeof *picture->kept);
    picture->kept[picture->n_kept++] = json;
}

void picture_add(struct picture *picture, struct json *ops, struct json *reply)
{
    keep(picture, ops);
    keep(picture, reply);
    for (size_t i = 0; i < txn_length(ops); i++) {
        const struct json *rows = txn_rows(reply, i);

        for (size_t j = 0; j < array_length(rows); j++) {
            add_row(picture, array_at(ops, i), array_at(rows, j));
        }
    }
}

static bool is_wanted(const struct picture *picture, const struct json *row,
                      const struct shash *names)
{
    const char *name = row_text(row, "name");

    if (name && shash_find(names, name)) {
        return true;
    }
    for (size_t i = 0; i < row_count(row, "interfaces"); i++) {
        const char *uuid = row_uuid(row, "interfaces", i);

        name = uuid ? row_text(shash_find_data(&picture->interfaces, uuid), "name") : NULL;
        if (name && shash_find(names, name)) {
            return true;
        }
    }
    return false;
}

static void describe(const struct picture *picture, const struct json *row,
                     struct ovs_port_row *described)
{
    const char *uuid = row_uuid(row, "_uuid", 0);
    const char *interface = row_uuid(row, "interfaces", 0);
    const char *qos_uuid = row_uuid(row, "qos", 0);
    const struct json *qos = qos_uuid ? shash_find_data(&picture->qos, qos_uuid) : NULL;
    const char *queue = port_row_queue(qos);

    port_row_read(described, &(struct port_rows){
                                 .bridge = uuid ? shash_find_data(&picture->bridge_of, uuid) : NULL,
                                 .port = row,
                                 .interface = interface && row_count(row, "interfaces") == 1
                                                  ? shash_find_data(&picture->interfaces, interface)
                                                  : NULL,
                                 .qos = qos,
                                 .queue = queue ? shash_find_data(&picture->queues, queue) : NULL,
                             });
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct ovs_port_row *)a)->port.name,
                  ((const struct ovs_port_row *)b)->port.name);
}

void picture_describe(const struct picture *picture, const char *const *names, size_t n_names,
                      struct ovs_port_row **rows, size_t *n_rows)
{
    struct shash wanted = SHASH_INITIALIZER(&wanted);
    const struct shash_node *node;

    for (size_t i = 0; names && i < n_names; i++) {
        shash_add_once(&wanted, names[i], NULL);
    }
    *n_rows = 0;
    *rows = mem_zalloc(shash_count(&picture->ports) * sizeof **rows);
    SHASH_FOR_EACH(node, &picture->ports)
    {
        if (!names || is_wanted(picture, node->data, &wanted)) {
            describe(picture, node->data, &(*rows)[(*n_rows)++]);
        }
    }
    qsort(*rows, *n_rows, sizeof **rows, compare_names);
    shash_destroy(&wanted);
}
