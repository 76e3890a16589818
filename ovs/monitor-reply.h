/* What a server is asked to be watched for, and what it says: the notations of "monitor" (RFC 7047,
 * 4.1.5) and of "monitor_cond" (ovsdb-server(7)). */
#ifndef OVS_MONITOR_REPLY_H
#define OVS_MONITOR_REPLY_H

#include <stdbool.h>

#include "ovs/value.h"

struct json;

/* The parameters of the request; `conditional`: of "monitor_cond", where the server chooses the
 * ports that are ours, else of "monitor", where we do. */
struct json *monitor_request(bool conditional);

/* What became of a row; texts are borrowed. */
struct monitor_row {
    const char *uuid;
    bool of_bridge;        /* else of a port of ours */
    bool there;            /* or gone */
    const char *name;      /* while there, else NULL */
    const char *interface; /* the uuid of a port's interface, or NULL */
};

/* Calls `each` for each row that `updates`, the reply to the request or what a notification brings,
 * says has come or gone; first for those that are gone. */
void monitor_each_row(const struct json *updates,
                      void (*each)(void *data, const struct monitor_row *row), void *data);

/* The updates that a notification brings, or NULL where it is none. */
const struct json *monitor_updates(const char *method, const struct json *params);

#endif
