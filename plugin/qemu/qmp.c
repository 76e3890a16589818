#include "qemu/qmp.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp-wire.h"

struct qmp {
    int fd;
    char mark[QMP_MARK_SIZE];
    int timeout_ms;
    bool dead; /* an answer did not come */
    struct qmp_input input;
    cJSON *events; /* an array: those that came and nobody has asked for yet */
};

void qmp_close(struct qmp *qmp)
{
    if (qmp) {
        close(qmp->fd);
        cJSON_Delete(qmp->events);
        qmp_input_clear(&qmp->input);
        free(qmp);
    }
}

pid_t qmp_peer(const struct qmp *qmp)
{
    return qmp_socket_peer(qmp->fd);
}

/* Receives something; -ETIMEDOUT, without a sentence, when nothing comes before the deadline. */
static int receive_more(struct qmp *qmp, int64_t deadline, char **errorp)
{
    struct pollfd pfd = {.fd = qmp->fd, .events = POLLIN};
    int64_t left = deadline - clock_ms();

    if (left <= 0 || poll(&pfd, 1, (int)left) == 0) {
        return -ETIMEDOUT;
    }
    int error = qmp_input_receive(&qmp->input, qmp->fd, errorp);
    return error == -EAGAIN ? 0 : error;
}

/* Takes the next message that is not for others, as qmp_input_take(). */
static int take(struct qmp *qmp, cJSON **message, char **errorp)
{
    int error = qmp_input_take(&qmp->input, message, errorp);

    while (!error && *message && qmp_is_for_others(*message, qmp->mark)) {
        cJSON_Delete(*message);
        error = qmp_input_take(&qmp->input, message, errorp);
    }
    return error;
}

/* Receives the next message; the caller owns the reference. */
static int receive(struct qmp *qmp, int64_t deadline, cJSON **message, char **errorp)
{
    int error = take(qmp, message, errorp);

    while (!error && !*message) {
        error = receive_more(qmp, deadline, errorp);
        if (!error) {
            error = take(qmp, message, errorp);
        }
    }
    return error;
}

/* Receives what must come within the session's time. */
static int receive_answer(struct qmp *qmp, int64_t deadline, cJSON **message, char **errorp)
{
    int error = receive(qmp, deadline, message, errorp);

    if (error == -ETIMEDOUT) {
        qmp->dead = true;
        error_set(errorp, ETIMEDOUT, "QEMU did not answer within %d ms", qmp->timeout_ms);
    }
    return error;
}

int qmp_open(int fd, int timeout_ms, struct qmp **qmpp, char **errorp)
{
    struct qmp *qmp = mem_zalloc(sizeof *qmp);
    cJSON *greeting = NULL;

    qmp->fd = fd;
    qmp->timeout_ms = timeout_ms;
    qmp_make_mark(qmp->mark);
    qmp->events = cJSON_CreateArray();
    int error = receive_answer(qmp, clock_ms() + timeout_ms, &greeting, errorp);
    if (!error && !cJSON_GetObjectItemCaseSensitive(greeting, "QMP")) {
        error = error_set(errorp, EPROTO, "what answers is not QMP");
    }
    cJSON_Delete(greeting);
    if (!error) {
        error = qmp_execute(qmp, "qmp_capabilities", NULL, errorp);
    }
    if (error) {
        qmp_close(qmp);
        return error;
    }
    *qmpp = qmp;
    return 0;
}

int qmp_connect(const char *path, int timeout_ms, struct qmp **qmp, char **errorp)
{
    int fd = -1;
    int error = qmp_socket(path, timeout_ms, &fd, errorp);

    if (error) {
        return error;
    }
    error = qmp_open(fd, timeout_ms, qmp, errorp);
    if (error) {
        error_wrap(errorp, error, "%s", path);
    }
    if (error == -ETIMEDOUT) {
        error_append(errorp, "it is stopped, or serves another client, of which it takes one at a "
                             "time");
    }
    return error;
}

/* Sends a text, and with its first byte a descriptor, unless that is negative. */
static int send_text(struct qmp *qmp, char *text, int fd, char **errorp)
{
    while (*text) {
        ssize_t sent = qmp_send_some(qmp->fd, text, fd);

        if (sent < 0 && sent != -EINTR) {
            qmp->dead = true;
            return sent == -EAGAIN
                       ? error_set(errorp, ETIMEDOUT, "QEMU did not take a command within %d ms",
                                   qmp->timeout_ms)
                       : error_set(errorp, EPIPE, "QEMU closed its control connection");
        }
        if (sent > 0) {
            text += sent;
            fd = -1;
        }
    }
    return 0;
}

static int send_command(struct qmp *qmp, const char *command, cJSON *arguments, int fd,
                        char **errorp)
{
    auto_free char *line = qmp_line(qmp->mark, command, arguments);

    return qmp->dead
               ? error_set(errorp, EPIPE, "QEMU did not answer before, and is not asked again")
               : send_text(qmp, line, fd, errorp);
}

/* Executes a command, with a descriptor unless that is negative. Stores what it returns in *result
 * unless that is NULL. */
static int transact(struct qmp *qmp, const char *command, cJSON *arguments, int fd, cJSON **result,
                    char **errorp)
{
    int64_t deadline = clock_ms() + qmp->timeout_ms;
    int error = send_command(qmp, command, arguments, fd, errorp);

    while (!error) {
        cJSON *message = NULL;

        error = receive_answer(qmp, deadline, &message, errorp);
        const cJSON *refusal = cJSON_GetObjectItemCaseSensitive(message, "error");
        bool done = refusal || cJSON_GetObjectItemCaseSensitive(message, "return");

        if (refusal) {
            error = qmp_refusal(command, refusal, errorp);
        } else if (done && result) {
            *result = cJSON_DetachItemFromObjectCaseSensitive(message, "return");
        } else if (cJSON_GetObjectItemCaseSensitive(message, "event")) {
            cJSON_AddItemToArray(qmp->events, message);
            message = NULL;
        }
        cJSON_Delete(message);
        if (done) {
            break;
        }
    }
    return error;
}

int qmp_execute(struct qmp *qmp, const char *command, cJSON *arguments, char **errorp)
{
    return transact(qmp, command, arguments, -1, NULL, errorp);
}

int qmp_query(struct qmp *qmp, const char *command, cJSON *arguments, cJSON **result, char **errorp)
{
    return transact(qmp, command, arguments, -1, result, errorp);
}

int qmp_give_fd(struct qmp *qmp, const char *name, int fd, char **errorp)
{
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, "fdname", name);
    return transact(qmp, "getfd", arguments, fd, NULL, errorp);
}

int qmp_next_event(struct qmp *qmp, int timeout_ms, cJSON **event, char **errorp)
{
    int64_t deadline = clock_ms() + timeout_ms;

    *event = cJSON_DetachItemFromArray(qmp->events, 0);
    while (!*event) {
        int error = receive(qmp, deadline, event, errorp);

        if (error) {
            return error;
        }
        if (!cJSON_GetObjectItemCaseSensitive(*event, "event")) {
            cJSON_Delete(*event);
            *event = NULL;
        }
    }
    return 0;
}
