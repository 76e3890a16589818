#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/put-back.h"

#include "base/mem.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovs/bridge.h"
#include "ovs/port-ops.h"
#include "ovs/txn.h"
#include "ovs/value.h"

/* Up to so many names are looked up one by one, as in ovs/port-read.c. */
#define FEW_NAMES 128

struct put_back {
    const char *remote;
    const char *caller;
    struct ovs_port *ports; /* of which nothing is told yet */
    size_t n;
    enum {
        TOGETHER,
        LOOK,
        TOGETHER_AGAIN,
        ALONE, /* the first one of them */
    } step;
    size_t *interface_ops; /* where in what was sent last each Interface is inserted */

    void (*tell)(void *data, const struct put_back_result *result); /* of put_back_hear() */
    void *data;
};

struct put_back *put_back_new(struct ovs_port *ports, size_t n, const char *remote,
                              const char *caller)
{
    struct put_back *put_back = mem_zalloc(sizeof *put_back);

    put_back->remote = remote;
    put_back->caller = caller;
    put_back->ports = ports;
    put_back->n = n;
    put_back->interface_ops = mem_zalloc(n * sizeof *put_back->interface_ops);
    return put_back;
}

void put_back_free(struct put_back *put_back)
{
    for (size_t i = 0; i < put_back->n; i++) {
        ovs_port_clear(&put_back->ports[i]);
    }
    free(put_back->ports);
    free(put_back->interface_ops);
    free(put_back);
}

static size_t how_many(const struct put_back *put_back)
{
    return put_back->step == ALONE && put_back->n ? 1 : put_back->n;
}

static struct json *look_ops(const struct put_back *put_back)
{
    static const char *const tables[] = {"Port", "Interface"};
    struct json *ops = txn_new();

    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        for (size_t i = 0; i < put_back->n && put_back->n <= FEW_NAMES; i++) {
            txn_select(ops, tables[t], where_name(put_back->ports[i].name), "name");
        }
        if (put_back->n > FEW_NAMES) {
            txn_select(ops, tables[t], where_all(), "name");
        }
    }
    switch_ask(ops);
    return ops;
}

struct json *put_back_ops(struct put_back *put_back)
{
    if (!put_back->n) {
        return NULL;
    }
    return put_back->step == LOOK ? look_ops(put_back)
                                  : port_ops_add(put_back->ports, how_many(put_back), NULL,
                                                 put_back->caller, put_back->interface_ops);
}

/* Tells of the port of that index, which then is the caller's to take out. */
static void tell(const struct put_back *put_back, size_t i, int kind, const char *row,
                 const char *why)
{
    const struct put_back_result result = {
        .kind = kind, .port = &put_back->ports[i], .row = row, .why = why};

    put_back->tell(put_back->data, &result);
}

/* Keeps those ports of which nothing was told. */
static void keep(struct put_back *put_back, const bool *told)
{
    size_t n = 0;

    for (size_t i = 0; i < put_back->n; i++) {
        if (told[i]) {
            ovs_port_clear(&put_back->ports[i]);
        } else {
            put_back->ports[n++] = put_back->ports[i];
        }
    }
    put_back->n = n;
}

static void added(struct put_back *put_back, const struct json *reply)
{
    auto_free bool *told = mem_zalloc(put_back->n * sizeof *told);
    size_t n = how_many(put_back);

    for (size_t i = 0; i < n; i++) {
        /* The Port is inserted behind its Interface. */
        tell(put_back, i, PUT_BACK_ADDED, txn_inserted(reply, put_back->interface_ops[i] + 1),
             NULL);
        told[i] = true;
    }
    keep(put_back, told);
}

static void all_refused(struct put_back *put_back, size_t n, const char *why)
{
    auto_free bool *told = mem_zalloc(put_back->n * sizeof *told);
    auto_free char *sentence = str_printf("the OVSDB server at %s refused to add the port: %s",
                                          put_back->remote, why);

    for (size_t i = 0; i < n; i++) {
        tell(put_back, i, PUT_BACK_REFUSED, NULL, sentence);
        told[i] = true;
    }
    keep(put_back, told);
}

/* The names that these operations have found. */
static void read_names(struct shash *names, const struct json *reply, size_t first, size_t n)
{
    for (size_t op = first; op < first + n; op++) {
        const struct json *rows = txn_rows(reply, op);

        for (size_t i = 0; i < array_length(rows); i++) {
            const char *name = row_text(array_at(rows, i), "name");

            if (name) {
                shash_add_once(names, name, NULL);
            }
        }
    }
}

/* Tells of a port what is against it; returns whether there was something. */
static bool tell_obstacle(const struct put_back *put_back, size_t i, const struct shash *ports,
                          const struct shash *interfaces, const struct ovs_switch *sw)
{
    const struct ovs_port *port = &put_back->ports[i];

    if (shash_find(ports, port->name)) {
        tell(put_back, i, PUT_BACK_STANDS, NULL, NULL);
        return true;
    }
    if (shash_find(interfaces, port->name)) {
        auto_free char *why = str_printf(
            "port name \"%s\" is taken by an interface of another port", port->name);

        tell(put_back, i, PUT_BACK_REFUSED, NULL, why);
        return true;
    }
    if (!ovs_switch_find(sw, port->bridge)) {
        auto_free char *bridges = ovs_switch_bridge_names(sw);
        auto_free char *why = str_printf("no OVS bridge \"%s\" in %s; bridges: %s", port->bridge,
                                         put_back->remote, bridges);

        tell(put_back, i, PUT_BACK_NO_BRIDGE, NULL, why);
        return true;
    }
    return false;
}

static void looked(struct put_back *put_back, const struct json *reply)
{
    size_t n_ops = put_back->n > FEW_NAMES ? 1 : put_back->n;
    struct ovs_switch *sw = switch_take(reply, 2 * n_ops);
    auto_free bool *told = mem_zalloc(put_back->n * sizeof *told);
    struct shash ports = SHASH_INITIALIZER(&ports);
    struct shash interfaces = SHASH_INITIALIZER(&interfaces);

    read_names(&ports, reply, 0, n_ops);
    read_names(&interfaces, reply, n_ops, n_ops);
    for (size_t i = 0; i < put_back->n; i++) {
        told[i] = tell_obstacle(put_back, i, &ports, &interfaces, sw);
    }
    keep(put_back, told);
    put_back->step = TOGETHER_AGAIN;
    shash_destroy(&ports);
    shash_destroy(&interfaces);
    ovs_switch_free(sw);
}

static void refused(struct put_back *put_back, const char *why)
{
    if (put_back->step == TOGETHER) {
        put_back->step = LOOK;
    } else if (put_back->step == TOGETHER_AGAIN && put_back->n > 1) {
        put_back->step = ALONE;
    } else {
        all_refused(put_back, how_many(put_back), why);
    }
}

void put_back_hear(struct put_back *put_back, const struct jsonrpc_msg *reply,
                   void (*hear)(void *data, const struct put_back_result *result), void *data)
{
    struct txn_refusal refusal = {0};

    put_back->tell = hear;
    put_back->data = data;
    if (reply->type == JSONRPC_ERROR) {
        auto_free char *text = json_to_string(reply->error, JSSF_SORT);

        all_refused(put_back, put_back->n, text);
    } else if (txn_find_refusal(reply->result, &refusal)) {
        auto_free char *text = str_printf("%s%s%s", refusal.error, *refusal.details ? ": " : "",
                                          refusal.details);

        refused(put_back, text);
        txn_refusal_clear(&refusal);
    } else if (put_back->step == LOOK) {
        looked(put_back, reply->result);
    } else {
        added(put_back, reply->result);
    }
}
