#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/connection.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "ovs/habits.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

/* Between two attempts to reach a server that does not listen (yet). */
#define RETRY_MS 20

long long now_ms(void)
{
    return time_msec();
}

long long ovsdb_deadline(const struct ovsdb *db)
{
    return now_ms() + db->timeout_ms;
}

/* libopenvswitch's errors are errno values, or EOF. */
static int positive_errno(int error)
{
    return error == EOF ? ECONNRESET : error < 0 ? EIO : error;
}

static void pause_until(long long when)
{
    poll_timer_wait_until(when);
    poll_block();
}

/* Connects to one address until the deadline. Returns 0 or a positive errno value. */
static int connect_stream(const char *name, long long deadline, struct jsonrpc **rpc)
{
    struct stream *stream;
    int error;

    for (;;) {
        struct habits_fds before;

        habits_open_begin(&before);
        error = jsonrpc_stream_open(name, &stream, 0);
        habits_open_end(&before);
        /* EPROTO: the queue of the listening unix socket is full (make_unix_socket() says it in
         * this way), since the server is busy or stopped. */
        if (error != EPROTO || strncmp(name, "unix:", 5) != 0) {
            break;
        }
        if (now_ms() >= deadline) {
            return ETIMEDOUT;
        }
        pause_until(now_ms() + RETRY_MS);
    }
    if (error) {
        return positive_errno(error);
    }
    long long left = deadline - now_ms();

    error = stream_open_block(0, left > 0 ? left : 0, &stream);
    if (error) {
        return positive_errno(error);
    }
    *rpc = jsonrpc_open(stream);
    return 0;
}

static const char *explain(const char *name, int error)
{
    if (strncmp(name, "ssl:", 4) == 0) {
        switch (error) {
        case ENOPROTOOPT:
            return "the private key, the certificate or the CA certificate cannot be used";
        case EPROTO:
            return "the TLS handshake failed: one side does not accept the other's certificate, or "
                   "does not speak TLS";
        default:
            break;
        }
    }
    return strerror(error);
}

/* Tries one address after the other; each gets its share of the time that is left, so that one that
 * swallows packets does not keep us from the next. Adds to *failures what went wrong. */
static int connect_names(char **names, size_t n, long long deadline, struct jsonrpc **rpc,
                         char **failures)
{
    int error = EADDRNOTAVAIL;

    for (size_t i = 0; i < n; i++) {
        long long left = deadline - now_ms();

        error = connect_stream(names[i], now_ms() + left / (long long)(n - i), rpc);
        if (!error) {
            return 0;
        }
        auto_free char *old = *failures;
        *failures = str_printf("%s%s%s: %s", old ? old : "", old ? "; " : "", names[i],
                               explain(names[i], error));
    }
    return error;
}

int ovsdb_connect(struct ovsdb *db, long long deadline, char **errorp)
{
    auto_free char *failures = NULL;
    int error = EADDRNOTAVAIL;
    struct habits habits;

    ovsdb_disconnect(db);
    for (size_t i = 0; i < db->n_remotes && !db->rpc; i++) {
        long long left = deadline - now_ms();
        long long share = left > 0 ? left / (long long)(db->n_remotes - i) : 0;
        long long share_ends = now_ms() + share;
        auto_free char *sentence = NULL;
        char **names = NULL;
        size_t n_names = 0;

        error = -remote_resolve(&db->remotes[i], share, &names, &n_names, &sentence);
        if (error) {
            auto_free char *old = failures;
            failures = str_printf("%s%s%s", old ? old : "", old ? "; " : "", sentence);
            continue;
        }
        habits_enter(&habits);
        error = connect_names(names, n_names, share_ends, &db->rpc, &failures);
        habits_leave(&habits);
        remote_names_free(names, n_names);
    }
    if (!error) {
        return 0;
    }
    return error_set(errorp, error, "cannot connect to the OVSDB server (%s)%s",
                     failures ? failures : "it has no address",
                     error == ENOENT || error == ECONNREFUSED ? "; is ovsdb-server running?"
                     : error == EACCES                        ? "; run as root"
                                                              : "");
}

void ovsdb_disconnect(struct ovsdb *db)
{
    struct habits habits;

    if (db->rpc) {
        habits_enter(&habits);
        jsonrpc_close(db->rpc);
        habits_leave(&habits);
        db->rpc = NULL;
    }
}

int ovsdb_reconnect(struct ovsdb *db, long long deadline, char **errorp)
{
    for (;;) {
        auto_free char *sentence = NULL;
        int error = ovsdb_connect(db, deadline, &sentence);

        if (!error) {
            return 0;
        }
        if (now_ms() + RETRY_MS >= deadline) {
            return ovsdb_report(error, sentence, errorp);
        }
        struct habits habits;

        habits_enter(&habits);
        pause_until(now_ms() + RETRY_MS);
        habits_leave(&habits);
    }
}

/* Answers a probe of the server's ("echo"); everything else that comes unasked is of no interest
 * here: "locked" and "stolen" notifications of the lock that ovsdb_vswitchd_runs() asks for. */
static void handle_unasked(struct jsonrpc *rpc, const struct jsonrpc_msg *msg)
{
    if (msg->type == JSONRPC_REQUEST && str_eq(msg->method, "echo")) {
        jsonrpc_send(rpc, jsonrpc_create_reply(json_clone(msg->params), msg->id));
    }
}

static bool is_reply_to(const struct jsonrpc_msg *msg, const struct json *id)
{
    return (msg->type == JSONRPC_REPLY || msg->type == JSONRPC_ERROR) && json_equal(msg->id, id);
}

/* Waits for the reply to request `id`. Returns 0 or a positive errno value. */
static int receive(struct jsonrpc *rpc, const struct json *id, long long deadline,
                   struct jsonrpc_msg **reply)
{
    for (;;) {
        struct jsonrpc_msg *msg = NULL;

        jsonrpc_run(rpc);
        int error = jsonrpc_recv(rpc, &msg);

        if (!error) {
            if (is_reply_to(msg, id)) {
                *reply = msg;
                return 0;
            }
            handle_unasked(rpc, msg);
            jsonrpc_msg_destroy(msg);
        } else if (error != EAGAIN) {
            return ECONNRESET;
        }
        /* Also when messages come in without an end. */
        if (now_ms() >= deadline) {
            return ETIMEDOUT;
        }
        if (error) {
            jsonrpc_wait(rpc);
            jsonrpc_recv_wait(rpc);
            poll_timer_wait_until(deadline);
            poll_block();
        }
    }
}

static int request(struct jsonrpc *rpc, const char *method, struct json *params, long long deadline,
                   struct jsonrpc_msg **reply)
{
    struct json *id;
    struct habits habits;

    habits_enter(&habits);
    struct jsonrpc_msg *msg = jsonrpc_create_request(method, params, &id);
    int error = jsonrpc_send(rpc, msg) ? ECONNRESET : receive(rpc, id, deadline, reply);

    json_destroy(id);
    habits_leave(&habits);
    return error;
}

int ovsdb_request(struct ovsdb *db, const char *method, struct json *params, long long deadline,
                  struct json **result, char **errorp)
{
    struct jsonrpc_msg *reply = NULL;
    int error = db->rpc ? 0 : ovsdb_connect(db, deadline, errorp);

    if (error) {
        json_destroy(params);
        return error;
    }
    error = request(db->rpc, method, params, deadline, &reply);
    if (error == ETIMEDOUT) {
        return error_set(errorp, error, "the OVSDB server at %s did not answer in time",
                         db->remote);
    }
    if (error) {
        ovsdb_disconnect(db);
        return error_set(errorp, error, "the connection to the OVSDB server at %s was lost",
                         db->remote);
    }
    if (reply->type == JSONRPC_ERROR) {
        auto_free char *text = json_to_string(reply->error, JSSF_SORT);

        error = error_set(errorp, EPROTO, "the OVSDB server at %s refused \"%s\": %s", db->remote,
                          method, text);
    } else {
        *result = json_clone(reply->result);
    }
    jsonrpc_msg_destroy(reply);
    return error;
}

int ovsdb_report(int error, const char *sentence, char **errorp)
{
    return error ? error_set(errorp, -error, "%s", sentence) : 0;
}
