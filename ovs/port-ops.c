#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/port-ops.h"

#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/txn.h"
#include "ovs/value.h"

/* The key in external_ids of QoS and Queue that names their port, as libvirt has it. */
#define IFNAME_KEY "ifname"

static bool has_qos(const struct ovs_qos *qos)
{
    return qos->egress_min_bps || qos->egress_max_bps || qos->egress_burst_bits;
}

static void put_text(struct json *row, const char *column, const char *text)
{
    json_object_put_string(row, column, text);
}

static void put_integer(struct json *row, const char *column, uint64_t value)
{
    json_object_put(row, column, json_integer_create((long long)value));
}

/* An array of one row with one column, for a wait. */
static struct json *rows_with(const char *column, struct json *value)
{
    struct json *row = json_object_create();

    json_object_put(row, column, value);
    return json_array_create_1(row);
}

/* Fails the transaction unless there is a bridge of that name. */
static void guard_bridge(struct json *ops, const char *bridge)
{
    txn_wait(ops, "Bridge", where_name(bridge), "name", false,
             rows_with("name", json_string_create(bridge)), 0);
}

static struct json *owner_marks(void)
{
    struct json *marks = value_map();

    value_map_add_text(marks, OVS_OWNER_KEY, OVS_OWNER);
    return marks;
}

/* Deletes the QoS and Queue rows of ours for the port `name` (NULL: for any) from the plug
 * `plug_id` (NULL: from any). Nothing does that by itself, since both tables are roots. */
static void delete_qos(struct json *ops, const char *name, const char *plug_id)
{
    struct json *marks = owner_marks();

    if (name) {
        value_map_add_text(marks, IFNAME_KEY, name);
    }
    if (plug_id) {
        value_map_add_text(marks, OVS_PLUG_ID_KEY, plug_id);
    }
    txn_delete(ops, "QoS", where_includes("external_ids", json_clone(marks)));
    txn_delete(ops, "Queue", where_includes("external_ids", marks));
}

/* Deletes a Port, on whatever bridge it is. Its Interfaces go with it, since nothing refers to them
 * any more. So would the Port itself, but too late: it would still count as a user of its QoS when
 * the server checks whether that may be deleted. */
static void delete_port(struct json *ops, const char *port_uuid)
{
    txn_mutate(ops, "Bridge", where_includes("ports", value_uuid(port_uuid)), "ports", "delete",
               value_uuid(port_uuid));
    txn_delete(ops, "Port", where_row(port_uuid));
}

/* The name must belong to the row that the caller saw, which goes. Port.name is immutable and
 * unique, so "that row still exists" says it all, and needs no search by name.
 *
 * There is no such guard for a name that is to be free. The schema has a unique index on Port.name
 * and on Interface.name, which the server checks at the commit, so a taken name is refused anyway;
 * a `wait` for each name is a scan of both tables, and made a transaction of 500 ports beside 1000
 * others three times as expensive (75 ms instead of 25). */
static void replace(struct json *ops, const struct ovs_port *port)
{
    txn_wait(ops, "Port", where_row(port->replaces), "name", false,
             rows_with("name", json_string_create(port->name)), 0);
    delete_port(ops, port->replaces);
    delete_qos(ops, port->name, NULL);
}

static void add_rate(struct json *map, const char *key, uint64_t value)
{
    if (value) {
        auto_free char *text = str_printf("%llu", (unsigned long long)value);

        value_map_add_text(map, key, text);
    }
}

static void insert_qos(struct json *ops, const struct ovs_port *port, const char *plug_id,
                       const char *qos_name, const char *queue_name)
{
    struct json *marks = owner_marks();
    struct json *queue = json_object_create();
    struct json *queue_config = value_map();
    struct json *qos = json_object_create();
    struct json *qos_config = value_map();
    struct json *queues = value_map();

    value_map_add_text(marks, IFNAME_KEY, port->name);
    value_map_add_text(marks, OVS_PLUG_ID_KEY, plug_id);

    add_rate(queue_config, "min-rate", port->qos.egress_min_bps);
    add_rate(queue_config, "max-rate", port->qos.egress_max_bps);
    add_rate(queue_config, "burst", port->qos.egress_burst_bits);
    json_object_put(queue, "other_config", queue_config);
    json_object_put(queue, "external_ids", json_clone(marks));
    txn_insert(ops, "Queue", queue_name, queue);

    add_rate(qos_config, "max-rate", port->qos.egress_max_bps);
    add_rate(qos_config, "burst", port->qos.egress_burst_bits);
    value_map_add(queues, json_integer_create(0), value_named(queue_name));
    put_text(qos, "type", "linux-htb");
    json_object_put(qos, "other_config", qos_config);
    json_object_put(qos, "queues", queues);
    json_object_put(qos, "external_ids", marks);
    txn_insert(ops, "QoS", qos_name, qos);
}

static void insert_interface(struct json *ops, const struct ovs_port *port,
                             const char *interface_name)
{
    struct json *row = json_object_create();
    struct json *ids = value_map();

    put_text(row, "name", port->name);
    for (size_t i = 0; i < port->n_interface_ids; i++) {
        value_map_add_text(ids, port->interface_ids[i].key, port->interface_ids[i].value);
    }
    json_object_put(row, "external_ids", ids);
    if (port->mtu_request) {
        put_integer(row, "mtu_request", port->mtu_request);
    }
    if (port->qos.ingress_kbps) {
        put_integer(row, "ingress_policing_rate", port->qos.ingress_kbps);
    }
    if (port->qos.ingress_burst_kb) {
        put_integer(row, "ingress_policing_burst", port->qos.ingress_burst_kb);
    }
    txn_insert(ops, "Interface", interface_name, row);
}

static void put_vlan(struct json *row, const struct ovs_vlan *vlan)
{
    put_text(row, "vlan_mode", ovs_vlan_mode_name(vlan->mode));
    if (vlan->tag >= 0) {
        put_integer(row, "tag", (uint64_t)vlan->tag);
    }
    if (vlan->n_trunks) {
        struct json *trunks = value_set();

        for (size_t i = 0; i < vlan->n_trunks; i++) {
            value_set_add(trunks, json_integer_create(vlan->trunks[i]));
        }
        json_object_put(row, "trunks", trunks);
    }
}

static void insert_port(struct json *ops, const struct ovs_port *port, const char *plug_id,
                        const char *port_name, const char *interface_name, const char *qos_name)
{
    struct json *row = json_object_create();
    struct json *marks = owner_marks();

    put_text(row, "name", port->name);
    json_object_put(row, "interfaces", value_named(interface_name));
    put_vlan(row, &port->vlan);
    if (port->isolated) {
        json_object_put(row, "protected", json_boolean_create(true));
    }
    if (port->transient) {
        struct json *config = value_map();

        value_map_add_text(config, "transient", "true");
        json_object_put(row, "other_config", config);
    }
    if (qos_name) {
        json_object_put(row, "qos", value_named(qos_name));
    }
    value_map_add_text(marks, OVS_PLUG_ID_KEY, plug_id);
    json_object_put(row, "external_ids", marks);
    txn_insert(ops, "Port", port_name, row);
}

/* What the row of a port that is put back has left of QoS goes. */
static void sweep(struct json *ops, const struct ovs_port *port)
{
    if (port->plug_id[0] && has_qos(&port->qos)) {
        delete_qos(ops, port->name, NULL);
    }
}

/* Inserts everything for the port of that index. Returns the index of the Interface's insert. */
static size_t insert(struct json *ops, const struct ovs_port *port, size_t index,
                     const char *plug_id)
{
    auto_free char *port_name = str_printf("port%zu", index);
    auto_free char *interface_name = str_printf("interface%zu", index);
    auto_free char *qos_name = NULL;

    plug_id = port->plug_id[0] ? port->plug_id : plug_id;
    if (has_qos(&port->qos)) {
        auto_free char *queue_name = str_printf("queue%zu", index);

        qos_name = str_printf("qos%zu", index);
        insert_qos(ops, port, plug_id, qos_name, queue_name);
    }
    insert_interface(ops, port, interface_name);
    insert_port(ops, port, plug_id, port_name, interface_name, qos_name);
    return txn_length(ops) - 2;
}

/* Whether ports[i] is the first one on its bridge. */
static bool first_on_bridge(const struct ovs_port *ports, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (str_eq(ports[j].bridge, ports[i].bridge)) {
            return false;
        }
    }
    return true;
}

/* Adds to Bridge.ports all of these ports that are wished on ports[first].bridge. */
static void attach(struct json *ops, const struct ovs_port *ports, size_t n, size_t first)
{
    const char *bridge = ports[first].bridge;
    struct json *names = value_set();

    for (size_t i = first; i < n; i++) {
        if (str_eq(ports[i].bridge, bridge)) {
            auto_free char *name = str_printf("port%zu", i);

            value_set_add(names, value_named(name));
        }
    }
    txn_mutate(ops, "Bridge", where_name(bridge), "ports", "insert", names);
}

struct json *port_ops_add(const struct ovs_port *ports, size_t n, const char *plug_id,
                          const char *caller, size_t *interface_ops)
{
    struct json *ops = txn_new();

    for (size_t i = 0; i < n; i++) {
        if (first_on_bridge(ports, i)) {
            guard_bridge(ops, ports[i].bridge);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (ports[i].replaces[0]) {
            replace(ops, &ports[i]);
        }
        sweep(ops, &ports[i]);
    }
    for (size_t i = 0; i < n; i++) {
        size_t interface_op = insert(ops, &ports[i], i, plug_id);

        if (interface_ops) {
            interface_ops[i] = interface_op;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (first_on_bridge(ports, i)) {
            attach(ops, ports, n, i);
        }
    }
    txn_comment(ops, caller ? caller : OVS_OWNER);
    return ops;
}

struct json *port_ops_remove(const struct port_key *keys, size_t n, const char *caller)
{
    struct json *ops = txn_new();

    for (size_t i = 0; i < n; i++) {
        if (keys[i].uuid[0]) {
            delete_port(ops, keys[i].uuid);
        }
        if (keys[i].plug_id) {
            delete_qos(ops, keys[i].name, keys[i].plug_id);
        }
    }
    txn_comment(ops, caller ? caller : OVS_OWNER);
    return ops;
}

struct json *port_ops_take_out(const char *const *port_uuids, size_t n, const char *plug_id,
                               const char *caller)
{
    struct json *ops = txn_new();

    for (size_t i = 0; i < n; i++) {
        delete_port(ops, port_uuids[i]);
    }
    delete_qos(ops, NULL, plug_id);
    txn_comment(ops, caller ? caller : OVS_OWNER);
    return ops;
}

struct json *port_ops_wait(const char *const *interface_uuids, size_t n, long long timeout_ms)
{
    struct json *ops = txn_new();

    for (size_t i = 0; i < n; i++) {
        txn_wait(ops, "Interface", where_row(interface_uuids[i]), "ofport", true,
                 rows_with("ofport", value_set()), timeout_ms);
    }
    for (size_t i = 0; i < n; i++) {
        txn_select(ops, "Interface", where_row(interface_uuids[i]), "ofport error");
    }
    return ops;
}
