/* One JSON-RPC connection to an OVSDB server: connect, ask, answer its probes, connect again.
 *
 * Nothing here waits without a deadline. Deadlines are milliseconds of the monotonic clock, as
 * now_ms() gives it.
 */
#ifndef OVS_CONNECTION_H
#define OVS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "ovs/remote.h"

struct json;
struct jsonrpc;

struct ovsdb {
    char *remote; /* as given */
    char *caller;
    struct remote *remotes;
    size_t n_remotes;
    unsigned timeout_ms;
    struct jsonrpc *rpc; /* NULL: not connected */
};

struct ovsdb_options;

long long now_ms(void);

/* Where one of the remotes is "ssl:", checks the keys and gives them to the library. */
int ovsdb_prepare_tls(const struct remote *remotes, size_t n, const struct ovsdb_options *options,
                      char **errorp);

/* Now and db->timeout_ms: the deadline of a step that begins. */
long long ovsdb_deadline(const struct ovsdb *db);

/* Connects to the first remote that lets us. */
int ovsdb_connect(struct ovsdb *db, long long deadline, char **errorp);

void ovsdb_disconnect(struct ovsdb *db);

/* Connects again and again until it works, for a server that is being restarted. */
int ovsdb_reconnect(struct ovsdb *db, long long deadline, char **errorp);

/* Sends a request and waits for its reply; connects first where there is no connection. Takes
 * ownership of `params`. On success the caller destroys *result with json_destroy().
 *
 * -ECONNRESET: the connection was lost (and is closed now); the server may have done what was asked
 * or not. -ETIMEDOUT: no reply in time; the connection stays, so that what is sent next is read by
 * the server after this request. -EPROTO: the server refused with an error. Others: it could not be
 * connected to, so it never saw the request. */
int ovsdb_request(struct ovsdb *db, const char *method, struct json *params, long long deadline,
                  struct json **result, char **errorp);

/* For functions that try again after a failure, and so have a sentence of their own: stores it in
 * *errorp if `error` is one, and returns `error`. */
int ovsdb_report(int error, const char *sentence, char **errorp);

#endif
