#include "qemu/qmp-stream.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp-wire.h"

struct qmp_stream {
    int fd;
    char mark[QMP_MARK_SIZE];
    enum { GREETING, CAPABILITIES, READY } stage;
    unsigned n_asked; /* and not answered yet */
    struct qmp_input input;
    char *line;  /* what is to be sent, or NULL; or several of them */
    size_t sent; /* of it */
    int line_fd; /* that goes with it, or -1 */
};

int qmp_stream_open(const char *path, struct qmp_stream **streamp, char **errorp)
{
    int fd = -1;
    int error = qmp_socket(path, 0, &fd, errorp);

    if (error) {
        return error;
    }
    struct qmp_stream *stream = mem_zalloc(sizeof *stream);
    stream->fd = fd;
    stream->line_fd = -1;
    qmp_make_mark(stream->mark);
    *streamp = stream;
    return 0;
}

static void clear_line(struct qmp_stream *stream)
{
    free(stream->line);
    stream->line = NULL;
    stream->sent = 0;
    if (stream->line_fd >= 0) {
        close(steal_fd(&stream->line_fd));
    }
}

void qmp_stream_close(struct qmp_stream *stream)
{
    if (stream) {
        clear_line(stream);
        qmp_input_clear(&stream->input);
        close(stream->fd);
        free(stream);
    }
}

pid_t qmp_stream_peer(const struct qmp_stream *stream)
{
    return qmp_socket_peer(stream->fd);
}

bool qmp_stream_is_ready(const struct qmp_stream *stream)
{
    return stream->stage == READY;
}

bool qmp_stream_is_idle(const struct qmp_stream *stream)
{
    return stream->stage == READY && !stream->n_asked;
}

int qmp_stream_fd(const struct qmp_stream *stream)
{
    return stream->fd;
}

short qmp_stream_poll_events(const struct qmp_stream *stream)
{
    return stream->line ? POLLIN | POLLOUT : POLLIN;
}

int qmp_stream_ask(struct qmp_stream *stream, const char *command, cJSON *arguments, int fd,
                   char **errorp)
{
    auto_free char *before = stream->line;
    auto_free char *line = qmp_line(stream->mark, command, arguments);

    stream->line = before ? str_printf("%s%s", before, line) : steal_ptr(line);
    stream->n_asked++;
    if (fd >= 0) {
        stream->line_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }
    return fd >= 0 && stream->line_fd < 0
               ? error_set(errorp, errno, "cannot duplicate a descriptor: %m")
               : 0;
}

static int send_line(struct qmp_stream *stream, char **errorp)
{
    while (stream->line) {
        ssize_t sent = qmp_send_some(stream->fd, stream->line + stream->sent,
                                     stream->sent ? -1 : stream->line_fd);

        if (sent == -EAGAIN) {
            return 0;
        }
        if (sent < 0 && sent != -EINTR) {
            return error_set(errorp, EPIPE, "QEMU closed its control connection");
        }
        stream->sent += sent > 0 ? (size_t)sent : 0;
        if (!stream->line[stream->sent]) {
            clear_line(stream);
        }
    }
    return 0;
}

/* Goes through QMP's greeting. Takes a message, and gives it back where it is not part of that, nor
 * for others. */
static int greet(struct qmp_stream *stream, cJSON **message, char **errorp)
{
    bool is_answer = cJSON_GetObjectItemCaseSensitive(*message, "return") ||
                     cJSON_GetObjectItemCaseSensitive(*message, "error");
    int error = 0;

    if (qmp_is_for_others(*message, stream->mark)) {
        cJSON_Delete(*message);
        *message = NULL;
    } else if (stream->stage == GREETING) {
        error = cJSON_GetObjectItemCaseSensitive(*message, "QMP")
                    ? qmp_stream_ask(stream, "qmp_capabilities", NULL, -1, errorp)
                    : error_set(errorp, EPROTO, "what answers is not QMP");
        stream->stage = CAPABILITIES;
        cJSON_Delete(*message);
        *message = NULL;
    } else if (is_answer) {
        stream->n_asked--;
        if (stream->stage == CAPABILITIES) {
            stream->stage = READY;
            cJSON_Delete(*message);
            *message = NULL;
        }
    }
    return error;
}

int qmp_stream_next(struct qmp_stream *stream, cJSON **message, char **errorp)
{
    int error = send_line(stream, errorp);

    *message = NULL;
    while (!error && !*message) {
        error = qmp_input_take(&stream->input, message, errorp);
        if (!error && *message) {
            error = greet(stream, message, errorp);
            if (!error) {
                error = send_line(stream, errorp);
            }
        } else if (!error) {
            error = qmp_input_receive(&stream->input, stream->fd, errorp);
        }
    }
    return error == -EAGAIN ? 0 : error;
}
