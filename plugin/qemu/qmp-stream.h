/* A client of QMP that never waits: for an event loop. See qmp.h for the one that does. */
#ifndef QEMU_QMP_STREAM_H
#define QEMU_QMP_STREAM_H

#include <stdbool.h>
#include <sys/types.h>

struct cJSON;
struct qmp_stream;

/* Connects to the Unix socket at `path`. As qmp_socket(). On success the caller calls
 * qmp_stream_close(), for which NULL is fine. */
int qmp_stream_open(const char *path, struct qmp_stream **stream, char **errorp);
void qmp_stream_close(struct qmp_stream *stream);

/* As qmp_socket_peer(). */
pid_t qmp_stream_peer(const struct qmp_stream *stream);

/* Whether QEMU has greeted us, which it does not do while it serves somebody else. */
bool qmp_stream_is_ready(const struct qmp_stream *stream);

/* Whether a command may be asked: the stream is ready, and the last one was answered. */
bool qmp_stream_is_idle(const struct qmp_stream *stream);

/* Asks a command, with a duplicate of `fd` unless that is negative, for which the stream must be
 * idle. Without one others may have been asked before, and not be answered yet: the answers come in
 * the same order. Takes over the reference to `arguments`, which may be NULL. Returns 0 or a
 * negative errno value. */
int qmp_stream_ask(struct qmp_stream *stream, const char *command, struct cJSON *arguments, int fd,
                   char **errorp);

/* Sends and receives what can be without waiting, and takes the next message: an event (member
 * "event"), or the answer to what was asked last ("return" or "error"). The caller owns it; NULL
 * when there is none now. Returns 0; -EPIPE when the connection is gone; -EPROTO when what answers
 * is not QMP. */
int qmp_stream_next(struct qmp_stream *stream, struct cJSON **message, char **errorp);

/* What to poll for. */
int qmp_stream_fd(const struct qmp_stream *stream);
short qmp_stream_poll_events(const struct qmp_stream *stream);

#endif
