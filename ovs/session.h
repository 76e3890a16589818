/* A JSON-RPC connection to an OVSDB server that lasts: made without blocking, and made again
 * whenever it is lost. (libopenvswitch's own, jsonrpc_session, waits at least a second before it
 * tries again, and takes no host names.)
 *
 * Between two attempts it waits, twice as long each time, at most some seconds. Where it is to a
 * unix socket whose folder can be watched (inotify(7)), an attempt is also made as soon as the
 * socket is there.
 *
 * A server of "tcp:" and "ssl:" from which nothing has come for some seconds is asked for a sign of
 * life; one on this host is not, since the kernel tells when it goes. */
#ifndef OVS_SESSION_H
#define OVS_SESSION_H

#include <stdbool.h>

#include "ovs/ovsdb.h"

struct json;
struct jsonrpc_msg;
struct session;

/* Begins; as ovs_monitor_open(). The caller calls session_close(). */
int session_open(const struct ovsdb_options *options, struct session **session, char **errorp);
void session_close(struct session *session);

const char *session_remote(const struct session *session);

/* Connects where there is no connection, as far as that goes without waiting: a host name is looked
 * up in a process of its own (base/child.h). Returns whether there is a connection. */
bool session_run(struct session *session);

/* Which connection it is: another number, another connection. */
unsigned session_number(const struct session *session);

/* Sends a request, of whose `params` it takes ownership, over the connection that there is. Returns
 * its id, which the caller destroys with json_destroy(). */
struct json *session_request(struct session *session, const char *method, struct json *params);

/* Takes the next message, which the caller destroys with jsonrpc_msg_destroy(); NULL when there is
 * none, be it that the connection was lost. The server's probes are answered here. */
struct jsonrpc_msg *session_receive(struct session *session);

/* To be told that the server does what it is there for: from now on, waits begin small again. */
void session_works(struct session *session);

/* Gives the connection up, since nothing sensible comes over it. */
void session_lose(struct session *session);

/* Says to the event loop what to wait for. */
void session_wait(struct session *session);

#endif
