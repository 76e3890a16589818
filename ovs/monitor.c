#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/monitor.h"

#include "base/mem.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovs/loop.h"
#include "ovs/monitor-reply.h"
#include "ovs/port-ops.h"
#include "ovs/put-back.h"
#include "ovs/session.h"
#include "ovs/txn.h"

/* Ports whose realisation is waited for in one transaction: see ovs/wait.c. */
#define BUNCH 64

/* How long a server is asked to wait; then it is asked again. */
#define PATIENCE_MS 3600000

#define NAME_SIZE sizeof((struct ovs_monitor_event){0}.name)

struct port {
    char name[NAME_SIZE];
    char interface[UUID_SIZE];
};

/* A transaction that waits. */
struct bunch {
    struct json *id;
    char names[BUNCH][NAME_SIZE];
    size_t n;
};

/* What was asked of the server besides, and it did not answer yet. */
struct request {
    struct json *id;
    struct put_back *put_back; /* NULL: a removal */
};

struct ovs_monitor {
    struct session *session;
    char *caller;
    unsigned number; /* of the connection over which we have asked */
    struct json *request_id;
    bool plain; /* the server does not know conditions */
    bool there; /* it has answered */

    struct shash ports;    /* struct port, by uuid */
    struct shash names;    /* the same, by name */
    struct shash bridges;  /* those that are known: uuids alone */
    struct shash vanished; /* names of ports whose rows have gone in the updates being read */
    struct shash expected; /* names, with the monitor itself where the server was asked of one */
    struct bunch **bunches;
    size_t n_bunches;
    struct request *requests;
    size_t n_requests;

    struct ovs_monitor_event *events; /* from next_event on to be told */
    size_t n_events;
    size_t next_event;
};

int ovs_monitor_open(const struct ovsdb_options *options, struct ovs_monitor **monitorp,
                     char **errorp)
{
    struct ovs_monitor *monitor = mem_zalloc(sizeof *monitor);
    int error = session_open(options, &monitor->session, errorp);

    if (error) {
        free(monitor);
        return error;
    }
    monitor->caller = str_dup_or_null(options->caller);
    shash_init(&monitor->ports);
    shash_init(&monitor->names);
    shash_init(&monitor->bridges);
    shash_init(&monitor->vanished);
    shash_init(&monitor->expected);
    *monitorp = monitor;
    return 0;
}

const char *ovs_monitor_remote(const struct ovs_monitor *monitor)
{
    return session_remote(monitor->session);
}

static struct ovs_monitor_event *add_event(struct ovs_monitor *monitor, int kind, const char *name)
{
    monitor->events = mem_resize(monitor->events, monitor->n_events + 1, sizeof *monitor->events);
    struct ovs_monitor_event *event = &monitor->events[monitor->n_events++];

    memset(event, 0, sizeof *event);
    event->kind = kind;
    str_copy(event->name, sizeof event->name, name);
    return event;
}

void ovs_monitor_expect(struct ovs_monitor *monitor, const char *name)
{
    shash_replace(&monitor->expected, name, NULL);
}

bool ovs_monitor_has_port(const struct ovs_monitor *monitor, const char *name)
{
    return shash_find(&monitor->names, name) != NULL;
}

static void end_bunch(struct ovs_monitor *monitor, size_t i)
{
    json_destroy(monitor->bunches[i]->id);
    free(monitor->bunches[i]);
    monitor->bunches[i] = monitor->bunches[--monitor->n_bunches];
}

static void end_request(struct ovs_monitor *monitor, size_t i)
{
    const struct request *request = &monitor->requests[i];

    json_destroy(request->id);
    if (request->put_back) {
        put_back_free(request->put_back);
    }
    monitor->requests[i] = monitor->requests[--monitor->n_requests];
}

static void forget_events(struct ovs_monitor *monitor)
{
    for (size_t i = 0; i < monitor->n_events; i++) {
        free(monitor->events[i].why);
    }
    monitor->n_events = 0;
    monitor->next_event = 0;
}

/* Forgets all that the server has said; what is expected still is. */
static void forget(struct ovs_monitor *monitor)
{
    struct shash_node *node;

    SHASH_FOR_EACH(node, &monitor->expected)
    {
        node->data = NULL;
    }
    while (monitor->n_bunches) {
        end_bunch(monitor, 0);
    }
    while (monitor->n_requests) {
        end_request(monitor, 0);
    }
    shash_clear(&monitor->names);
    shash_clear_free_data(&monitor->ports);
    shash_clear(&monitor->bridges);
    json_destroy(monitor->request_id);
    monitor->request_id = NULL;
    if (monitor->there) {
        monitor->there = false;
        add_event(monitor, OVS_MONITOR_LOST, "");
    }
}

void ovs_monitor_close(struct ovs_monitor *monitor)
{
    if (monitor) {
        forget(monitor);
        forget_events(monitor);
        session_close(monitor->session);
        shash_destroy(&monitor->ports);
        shash_destroy(&monitor->names);
        shash_destroy(&monitor->bridges);
        shash_destroy(&monitor->vanished);
        shash_destroy(&monitor->expected);
        free(monitor->bunches);
        free(monitor->requests);
        free(monitor->events);
        free(monitor->caller);
        free(monitor);
    }
}

static void ask(struct ovs_monitor *monitor)
{
    json_destroy(monitor->request_id);
    monitor->request_id = session_request(monitor->session,
                                          monitor->plain ? "monitor" : "monitor_cond",
                                          monitor_request(!monitor->plain));
}

/* Asks about up to a bunch of those that are expected, and are there. Returns whether there were
 * any. */
static bool ask_about_bunch(struct ovs_monitor *monitor)
{
    struct bunch *bunch = mem_zalloc(sizeof *bunch);
    const char *uuids[BUNCH];
    struct shash_node *node;

    SHASH_FOR_EACH(node, &monitor->expected)
    {
        const struct port *port = shash_find_data(&monitor->names, node->name);

        if (port && !node->data && port->interface[0] && bunch->n < BUNCH) {
            node->data = monitor;
            uuids[bunch->n] = port->interface;
            memcpy(bunch->names[bunch->n++], port->name, sizeof port->name);
        }
    }
    if (!bunch->n) {
        free(bunch);
        return false;
    }
    bunch->id = session_request(monitor->session, "transact",
                                txn_params(port_ops_wait(uuids, bunch->n, PATIENCE_MS)));
    monitor->bunches = mem_resize(monitor->bunches, monitor->n_bunches + 1, sizeof(struct bunch *));
    monitor->bunches[monitor->n_bunches++] = bunch;
    return true;
}

/* The server has answered about a bunch. Ports whose rows have gone meanwhile have no row in the
 * answer; those that are expected all the same, or were not looked at in an hour, are asked about
 * again. */
static void hear_of_bunch(struct ovs_monitor *monitor, size_t i, const struct json *reply)
{
    const struct bunch *bunch = monitor->bunches[i];

    for (size_t j = 0; j < bunch->n; j++) {
        const struct json *row = array_at(txn_rows(reply, bunch->n + j), 0);
        struct shash_node *expected = shash_find(&monitor->expected, bunch->names[j]);

        if (expected && row) {
            shash_delete(&monitor->expected, expected);
            add_event(monitor, OVS_MONITOR_REALISED, bunch->names[j])->ofport = row_integer(
                row, "ofport", -1);
        } else if (expected) {
            expected->data = NULL;
        }
    }
    end_bunch(monitor, i);
}

static void request(struct ovs_monitor *monitor, struct json *ops, struct put_back *put_back)
{
    monitor->requests = mem_resize(monitor->requests, monitor->n_requests + 1,
                                   sizeof *monitor->requests);
    monitor->requests[monitor->n_requests++] = (struct request){
        .id = session_request(monitor->session, "transact", txn_params(ops)),
        .put_back = put_back,
    };
}

void ovs_monitor_put_back(struct ovs_monitor *monitor, struct ovs_port *ports, size_t n)
{
    struct put_back *put_back = put_back_new(ports, n, session_remote(monitor->session),
                                             monitor->caller);
    struct json *ops = monitor->there ? put_back_ops(put_back) : NULL;

    if (ops) {
        request(monitor, ops, put_back);
    } else {
        put_back_free(put_back);
    }
}

void ovs_monitor_remove(struct ovs_monitor *monitor, const struct ovs_monitor_event *added)
{
    const struct port_key key = {added->row, added->name, added->plug_id};

    if (monitor->there) {
        request(monitor, port_ops_remove(&key, 1, monitor->caller), NULL);
    }
}

bool ovs_monitor_is_busy(const struct ovs_monitor *monitor)
{
    return monitor->n_requests != 0;
}

static void tell_put_back(void *data, const struct put_back_result *result)
{
    static const int kinds[] = {
        [PUT_BACK_ADDED] = OVS_MONITOR_ADDED,
        [PUT_BACK_STANDS] = OVS_MONITOR_STANDS,
        [PUT_BACK_NO_BRIDGE] = OVS_MONITOR_NO_BRIDGE,
        [PUT_BACK_REFUSED] = OVS_MONITOR_REFUSED,
    };
    struct ovs_monitor_event *event = add_event(data, kinds[result->kind], result->port->name);

    uuid_copy(event->row, result->row);
    uuid_copy(event->plug_id, result->port->plug_id);
    event->why = str_dup_or_null(result->why);
}

/* The server has answered to a request; the next one, if there is one, takes its place. */
static void hear_of_request(struct ovs_monitor *monitor, size_t i, const struct jsonrpc_msg *msg)
{
    struct put_back *put_back = monitor->requests[i].put_back;
    struct json *ops = NULL;

    if (put_back) {
        put_back_hear(put_back, msg, tell_put_back, monitor);
        ops = put_back_ops(put_back);
    }
    if (ops) {
        monitor->requests[i].put_back = NULL;
        request(monitor, ops, put_back);
    }
    end_request(monitor, i);
}

static void see_bridge(struct ovs_monitor *monitor, const struct monitor_row *row)
{
    if (!row->there) {
        shash_find_and_delete(&monitor->bridges, row->uuid);
    } else if (row->name && strlen(row->name) < NAME_SIZE &&
               shash_add_once(&monitor->bridges, row->uuid, NULL)) {
        add_event(monitor, OVS_MONITOR_BRIDGE, row->name);
    }
}

static void see_port(struct ovs_monitor *monitor, const struct monitor_row *row)
{
    struct port *port;

    if (!row->there) {
        port = shash_find_and_delete(&monitor->ports, row->uuid);
        if (port) {
            shash_add_once(&monitor->vanished, port->name, NULL);
            shash_find_and_delete(&monitor->names, port->name);
            free(port);
        }
        return;
    }
    if (!row->name || strlen(row->name) >= NAME_SIZE || shash_find(&monitor->ports, row->uuid)) {
        return;
    }
    port = mem_zalloc(sizeof *port);
    str_copy(port->name, sizeof port->name, row->name);
    uuid_copy(port->interface, row->interface);
    shash_add(&monitor->ports, row->uuid, port);
    shash_replace(&monitor->names, port->name, port);
    shash_find_and_delete(&monitor->vanished, port->name);
    add_event(monitor, OVS_MONITOR_PORT, port->name);
}

static void see_row(void *data, const struct monitor_row *row)
{
    struct ovs_monitor *monitor = data;

    if (row->of_bridge) {
        see_bridge(monitor, row);
    } else {
        see_port(monitor, row);
    }
}

static void see(struct ovs_monitor *monitor, const struct json *updates)
{
    const struct shash_node *node;

    monitor_each_row(updates, see_row, monitor);
    SHASH_FOR_EACH(node, &monitor->vanished)
    {
        shash_find_and_delete(&monitor->expected, node->name);
        add_event(monitor, OVS_MONITOR_NO_PORT, node->name);
    }
    shash_clear(&monitor->vanished);
}

/* The answer to what we have asked first. */
static void hear_of_all(struct ovs_monitor *monitor, const struct jsonrpc_msg *msg)
{
    json_destroy(monitor->request_id);
    monitor->request_id = NULL;
    if (msg->type == JSONRPC_REPLY) {
        monitor->there = true;
        session_works(monitor->session);
        add_event(monitor, OVS_MONITOR_THERE, "");
        see(monitor, msg->result);
        add_event(monitor, OVS_MONITOR_SEEN, "");
    } else if (!monitor->plain) {
        /* Before Open vSwitch 2.6. Where it was something else that it did not like, it will not
         * like that either. */
        monitor->plain = true;
        ask(monitor);
    } else {
        monitor->plain = false;
        session_lose(monitor->session);
    }
}

static void hear(struct ovs_monitor *monitor, const struct jsonrpc_msg *msg)
{
    if (msg->type == JSONRPC_NOTIFY) {
        if (str_eq(msg->method, "monitor_canceled")) {
            session_lose(monitor->session); /* the database goes, or gets another schema */
        } else {
            see(monitor, monitor_updates(msg->method, msg->params));
        }
        return;
    }
    if (msg->type == JSONRPC_REQUEST) {
        return;
    }
    if (monitor->request_id && json_equal(msg->id, monitor->request_id)) {
        hear_of_all(monitor, msg);
        return;
    }
    for (size_t i = 0; i < monitor->n_bunches; i++) {
        if (json_equal(msg->id, monitor->bunches[i]->id)) {
            hear_of_bunch(monitor, i, msg->result);
            return;
        }
    }
    for (size_t i = 0; i < monitor->n_requests; i++) {
        if (json_equal(msg->id, monitor->requests[i].id)) {
            hear_of_request(monitor, i, msg);
            return;
        }
    }
}

/* Asks over a new connection, and takes notice when the old one is lost. */
static bool is_asked(struct ovs_monitor *monitor)
{
    bool connected = session_run(monitor->session);

    if (!connected || monitor->number != session_number(monitor->session)) {
        forget(monitor);
    }
    if (connected && monitor->number != session_number(monitor->session)) {
        monitor->number = session_number(monitor->session);
        ask(monitor);
    }
    return connected;
}

static void run(struct ovs_monitor *monitor)
{
    while (is_asked(monitor)) {
        struct jsonrpc_msg *msg = session_receive(monitor->session);

        if (!msg) {
            break;
        }
        hear(monitor, msg);
        jsonrpc_msg_destroy(msg);
    }
    if (!is_asked(monitor) || !monitor->there) {
        return;
    }
    while (shash_count(&monitor->expected) && ask_about_bunch(monitor)) {
    }
}

bool ovs_monitor_next(struct ovs_monitor *monitor, struct ovs_monitor_event *event)
{
    if (monitor->next_event == monitor->n_events) {
        forget_events(monitor);
        run(monitor);
    }
    if (monitor->next_event == monitor->n_events) {
        return false;
    }
    *event = monitor->events[monitor->next_event++];
    return true;
}

void ovs_monitor_wait(struct ovs_monitor *monitor)
{
    if (monitor->next_event < monitor->n_events) {
        ovs_loop_until(ovs_loop_now());
    }
    session_wait(monitor->session);
}
