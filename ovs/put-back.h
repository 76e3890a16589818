/* Ports that are put back by who does not wait for the server: what is sent, one request after the
 * other, and what the replies say. Nothing about sending it.
 *
 * Theory of operation. All are added together, as ovs_ports_add() does it, without looking first:
 * most often nothing is against it, and then it takes one request. Where the server refuses, it is
 * asked which of the bridges are there, and which of the names are taken; the rest is sent once
 * more together, and if that is refused, too, one by one. */
#ifndef OVS_PUT_BACK_H
#define OVS_PUT_BACK_H

#include <stdbool.h>
#include <stddef.h>

#include "ovs/port.h"

struct json;
struct jsonrpc_msg;
struct put_back;

/* What became of a port. */
struct put_back_result {
    enum {
        PUT_BACK_ADDED,
        PUT_BACK_STANDS,    /* there is a port of its name */
        PUT_BACK_NO_BRIDGE, /* `why` */
        PUT_BACK_REFUSED,   /* `why` */
    } kind;
    const struct ovs_port *port;
    const char *row; /* its uuid, of one that was added */
    const char *why;
};

/* Begins; takes ownership of `ports`, and of what they hold. `remote` (for sentences) and `caller`
 * outlive it. */
struct put_back *put_back_new(struct ovs_port *ports, size_t n, const char *remote,
                              const char *caller);
void put_back_free(struct put_back *put_back);

/* The operations to be sent next; NULL when there are none, since all is told. */
struct json *put_back_ops(struct put_back *put_back);

/* Takes the reply to these, and tells `hear` what became of ports, each once. */
void put_back_hear(struct put_back *put_back, const struct jsonrpc_msg *reply,
                   void (*hear)(void *data, const struct put_back_result *result), void *data);

#endif
