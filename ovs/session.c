#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/session.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "ovs/connection.h"
#include "ovs/habits.h"
#include "ovs/remote.h"
#include "stream.h"

/* Between two attempts to connect, at first and at most. */
#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 4000

/* How long one address may take to let us in. */
#define CONNECT_MS 5000

/* How long a host name may take to be looked up. Nobody stands still meanwhile. */
#define LOOKUP_MS 5000

/* How long a server may be silent, which itself asks each five seconds whether we live, before we
 * ask; and how long it may then take to answer. */
#define SILENCE_MS 10000

struct session {
    char *text; /* the remote, as it was given */
    struct remote *remotes;
    size_t n_remotes;
    size_t next_remote;
    struct child lookup; /* which looks up the host name of the last one */
    char **names; /* the addresses of a remote that are still to be tried, from next_name on */
    size_t n_names;
    size_t next_name;

    struct stream *stream; /* while it connects */
    struct jsonrpc *rpc;   /* then */
    unsigned number;
    bool local; /* over a unix socket */

    long long again_at; /* when to connect again, where neither of them is there */
    unsigned again_ms;
    long long silent_until; /* when to give up the stream, or to probe the server or give it up */
    bool probed;

    int folder_fd; /* inotify's, of the folders of the unix sockets; or -1 */
};

int session_open(const struct ovsdb_options *options, struct session **sessionp, char **errorp)
{
    struct session *session = mem_zalloc(sizeof *session);

    session->folder_fd = -1;
    session->again_ms = RETRY_MIN_MS;
    session->text = options->remote ? str_dup(options->remote) : remote_default();
    int error = remotes_parse(session->text, &session->remotes, &session->n_remotes, errorp);

    if (!error) {
        error = ovsdb_prepare_tls(session->remotes, session->n_remotes, options, errorp);
    }
    if (error) {
        session_close(session);
        return error;
    }
    *sessionp = session;
    return 0;
}

static void drop(struct session *session)
{
    struct habits habits;

    habits_enter(&habits);
    jsonrpc_close(session->rpc);
    stream_close(session->stream);
    habits_leave(&habits);
    session->rpc = NULL;
    session->stream = NULL;
}

static void forget_names(struct session *session)
{
    child_end(&session->lookup, 0);
    remote_names_free(session->names, session->n_names);
    session->names = NULL;
    session->n_names = 0;
    session->next_name = 0;
}

static void stop_watching(struct session *session)
{
    if (session->folder_fd >= 0) {
        close(session->folder_fd);
        session->folder_fd = -1;
    }
}

void session_close(struct session *session)
{
    if (session) {
        drop(session);
        forget_names(session);
        stop_watching(session);
        remotes_free(session->remotes, session->n_remotes);
        free(session->text);
        free(session);
    }
}

const char *session_remote(const struct session *session)
{
    return session->text;
}

unsigned session_number(const struct session *session)
{
    return session->number;
}

/* Watches the folders of unix sockets for what appears in them; anew each time, since a folder may
 * have gone and come, too. Where it cannot be watched, the waits are all there is. */
static void watch_folders(struct session *session)
{
    if (session->folder_fd < 0) {
        session->folder_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    }
    for (size_t i = 0; i < session->n_remotes && session->folder_fd >= 0; i++) {
        const struct remote *remote = &session->remotes[i];
        const char *slash = remote->kind == REMOTE_UNIX ? strrchr(remote->path, '/') : NULL;
        auto_free char *folder = slash ? str_printf("%.*s", (int)(slash - remote->path + 1),
                                                    remote->path)
                                       : NULL;

        if (folder) {
            inotify_add_watch(session->folder_fd, folder, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
        }
    }
}

static bool folder_has_changed(struct session *session)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool changed = false;

    while (session->folder_fd >= 0 && read(session->folder_fd, events, sizeof events) > 0) {
        changed = true;
    }
    return changed;
}

void session_works(struct session *session)
{
    session->again_ms = RETRY_MIN_MS;
    stop_watching(session);
}

/* No remote lets us in: later. */
static void wait_before_next(struct session *session)
{
    session->again_at = now_ms() + session->again_ms;
    session->again_ms = session->again_ms < RETRY_MAX_MS / 2 ? session->again_ms * 2 : RETRY_MAX_MS;
    watch_folders(session);
}

void session_lose(struct session *session)
{
    drop(session);
    forget_names(session);
    session->next_remote = 0;
    wait_before_next(session);
}

/* In a process of its own: says the names of the streams, one a line. */
static int look_up(void *data, char **text)
{
    char **names;
    size_t n;
    int error = remote_resolve(data, LOOKUP_MS, &names, &n, NULL);

    for (size_t i = 0; i < n && !error; i++) {
        char *longer = str_printf("%s%s\n", *text ? *text : "", names[i]);

        free(*text);
        *text = longer;
    }
    return error;
}

static void take_looked_up(struct session *session)
{
    auto_free char *text = NULL;
    const char *name;
    char *rest;

    child_take(&session->lookup, &text);
    rest = text;
    while ((name = strsep(&rest, "\n")) != NULL) {
        if (*name) {
            session->names = mem_resize(session->names, session->n_names + 1, sizeof(char *));
            session->names[session->n_names++] = str_dup(name);
        }
    }
}

/* Looks for the addresses of a remote: at once, or in a process that is begun. */
static void find_names(struct session *session, struct remote *remote)
{
    session->local = remote->kind == REMOTE_UNIX;
    if (remote_has_name(remote)) {
        child_start(&session->lookup, look_up, remote, LOOKUP_MS / 1000 + 1, NULL);
    } else if (remote_resolve(remote, 0, &session->names, &session->n_names, NULL)) {
        session->names = NULL;
        session->n_names = 0;
    }
}

/* Has an address to try, of this remote or the next one; false when all were tried, or one is being
 * looked up. */
static bool have_name(struct session *session)
{
    while (session->next_name >= session->n_names) {
        if (session->lookup.pid) {
            if (!child_has_ended(&session->lookup)) {
                return false;
            }
            take_looked_up(session);
            continue;
        }
        forget_names(session);
        if (session->next_remote >= session->n_remotes) {
            session->next_remote = 0;
            return false;
        }
        find_names(session, &session->remotes[session->next_remote++]);
    }
    return true;
}

static void begin_to_connect(struct session *session)
{
    while (!session->stream) {
        struct habits_fds before;

        if (!have_name(session)) {
            if (!session->lookup.pid) {
                wait_before_next(session);
            }
            return;
        }
        habits_open_begin(&before);
        if (jsonrpc_stream_open(session->names[session->next_name++], &session->stream, 0)) {
            session->stream = NULL;
        }
        habits_open_end(&before);
    }
    session->silent_until = now_ms() + CONNECT_MS;
}

static void go_on_connecting(struct session *session)
{
    stream_run(session->stream);
    int error = stream_connect(session->stream);

    if (error == EAGAIN && now_ms() < session->silent_until) {
        return;
    }
    if (error) {
        stream_close(session->stream);
        session->stream = NULL;
        return;
    }
    session->rpc = jsonrpc_open(session->stream);
    session->stream = NULL;
    session->number++;
    session->silent_until = now_ms() + SILENCE_MS;
    session->probed = false;
    forget_names(session);
    session->next_remote = 0;
}

/* Whether the server lives, as far as is known. Asks it, when it is silent. */
static bool server_lives(struct session *session)
{
    if (jsonrpc_get_status(session->rpc)) {
        return false;
    }
    if (session->local || now_ms() < session->silent_until) {
        return true;
    }
    if (session->probed) {
        return false;
    }
    struct json *id;

    jsonrpc_send(session->rpc, jsonrpc_create_request("echo", json_array_create_empty(), &id));
    json_destroy(id);
    session->probed = true;
    session->silent_until = now_ms() + SILENCE_MS;
    return true;
}

bool session_run(struct session *session)
{
    struct habits habits;
    bool lost = false;

    habits_enter(&habits);
    if (session->rpc) {
        jsonrpc_run(session->rpc);
        lost = !server_lives(session);
    } else {
        if (folder_has_changed(session)) {
            session->again_ms = RETRY_MIN_MS;
            session->again_at = 0;
        }
        if (!session->stream && now_ms() >= session->again_at) {
            begin_to_connect(session);
        }
        /* Where an address does not let us in, the next one gets its turn at once. */
        while (session->stream && !session->rpc) {
            const struct stream *tried = session->stream;

            go_on_connecting(session);
            if (session->stream == tried) {
                break;
            }
            if (!session->rpc) {
                begin_to_connect(session);
            }
        }
    }
    habits_leave(&habits);
    if (lost) {
        session_lose(session);
    }
    return session->rpc != NULL;
}

struct json *session_request(struct session *session, const char *method, struct json *params)
{
    struct habits habits;
    struct json *id;

    habits_enter(&habits);
    jsonrpc_send(session->rpc, jsonrpc_create_request(method, params, &id));
    habits_leave(&habits);
    return id;
}

static bool is_probe(const struct jsonrpc_msg *msg)
{
    return msg->type == JSONRPC_REQUEST && str_eq(msg->method, "echo");
}

static struct jsonrpc_msg *receive(struct session *session)
{
    struct jsonrpc_msg *msg;

    for (;;) {
        unsigned bytes = jsonrpc_get_received_bytes(session->rpc);
        int error = jsonrpc_recv(session->rpc, &msg);

        if (jsonrpc_get_received_bytes(session->rpc) != bytes) {
            session->silent_until = now_ms() + SILENCE_MS;
            session->probed = false;
        }
        if (error) {
            return NULL;
        }
        if (!is_probe(msg)) {
            return msg;
        }
        jsonrpc_send(session->rpc, jsonrpc_create_reply(json_clone(msg->params), msg->id));
        jsonrpc_msg_destroy(msg);
    }
}

struct jsonrpc_msg *session_receive(struct session *session)
{
    struct jsonrpc_msg *msg;
    struct habits habits;

    if (!session->rpc) {
        return NULL;
    }
    habits_enter(&habits);
    msg = receive(session);
    habits_leave(&habits);
    if (!msg && jsonrpc_get_status(session->rpc)) {
        session_lose(session);
    }
    return msg;
}

void session_wait(struct session *session)
{
    struct habits habits;

    habits_enter(&habits);
    if (session->rpc) {
        jsonrpc_wait(session->rpc);
        jsonrpc_recv_wait(session->rpc);
        if (!session->local) {
            poll_timer_wait_until(session->silent_until);
        }
    } else if (session->stream) {
        stream_run_wait(session->stream);
        stream_connect_wait(session->stream);
        poll_timer_wait_until(session->silent_until);
    } else if (session->lookup.pid) {
        poll_fd_wait(session->lookup.pidfd, POLLIN);
    } else {
        poll_timer_wait_until(session->again_at);
        if (session->folder_fd >= 0) {
            poll_fd_wait(session->folder_fd, POLLIN);
        }
    }
    habits_leave(&habits);
}
