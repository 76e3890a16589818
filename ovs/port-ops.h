/* The operations that add and remove ports: what is sent, and nothing about sending it. */
#ifndef OVS_PORT_OPS_H
#define OVS_PORT_OPS_H

#include <stddef.h>

#include "ovs/port.h"

struct json;

/* The operations that add `n` ports. Where `interface_ops` is not NULL, interface_ops[i] becomes
 * the index of the insert of the Interface of ports[i]. */
struct json *port_ops_add(const struct ovs_port *ports, size_t n, const char *plug_id,
                          const char *caller, size_t *interface_ops);

/* A Port row to remove. */
struct port_key {
    const char *uuid; /* "": the row is gone, but maybe not its QoS */
    const char *name;
    const char *plug_id; /* NULL: not ours, so it has no QoS of ours */
};

/* The operations that remove ports. A port whose row is gone is none of their business: OVSDB never
 * gives a uuid twice. */
struct json *port_ops_remove(const struct port_key *keys, size_t n, const char *caller);

/* The operations that remove all of one plug: these Port rows of it, and its QoS and Queue rows,
 * even those whose port someone else has removed. */
struct json *port_ops_take_out(const char *const *port_uuids, size_t n, const char *plug_id,
                               const char *caller);

/* The operations that wait until each of `n` Interface rows has an ofport (`timeout_ms`), and then
 * select "ofport error" of each: the results of the latter stand at n, n + 1, ... in the reply. */
struct json *port_ops_wait(const char *const *interface_uuids, size_t n, long long timeout_ms);

#endif
