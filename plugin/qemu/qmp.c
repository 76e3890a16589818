#include "qemu/qmp.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* A message is a line; none that we ask for comes near this. */
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

struct qmp {
    int fd;
    int timeout_ms;
    char *buffer; /* what was received and not yet taken as a line */
    size_t length;
};

void qmp_close(struct qmp *qmp)
{
    if (qmp) {
        close(qmp->fd);
        free(qmp->buffer);
        free(qmp);
    }
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int receive_more(struct qmp *qmp, int64_t deadline, char **errorp)
{
    const size_t step = 4096;
    struct pollfd pfd = {.fd = qmp->fd, .events = POLLIN};
    int64_t left = deadline - now_ms();

    if (left <= 0 || poll(&pfd, 1, (int)left) == 0) {
        return error_set(errorp, ETIMEDOUT, "QEMU did not answer within %d ms", qmp->timeout_ms);
    }
    if (qmp->length > LINE_MAX_BYTES) {
        return error_set(errorp, EPROTO, "QEMU sent a line of more than %zu bytes", LINE_MAX_BYTES);
    }
    qmp->buffer = mem_resize(qmp->buffer, qmp->length + step, 1);
    ssize_t received = recv(qmp->fd, qmp->buffer + qmp->length, step, MSG_DONTWAIT);
    if (received > 0) {
        qmp->length += (size_t)received;
    } else if (received == 0 || (errno != EAGAIN && errno != EINTR)) {
        return error_set(errorp, EPIPE, "QEMU closed its control connection");
    }
    return 0;
}

/* Receives the next message; the caller owns the reference. */
static int receive(struct qmp *qmp, int64_t deadline, cJSON **message, char **errorp)
{
    const char *end;

    while (!(end = qmp->length ? memchr(qmp->buffer, '\n', qmp->length) : NULL)) {
        int error = receive_more(qmp, deadline, errorp);

        if (error) {
            return error;
        }
    }
    size_t line = (size_t)(end - qmp->buffer);
    *message = cJSON_ParseWithLength(qmp->buffer, line);
    qmp->length -= line + 1;
    memmove(qmp->buffer, qmp->buffer + line + 1, qmp->length);
    return *message ? 0 : error_set(errorp, EPROTO, "QEMU sent something that is not JSON");
}

int qmp_open(int fd, int timeout_ms, struct qmp **qmpp, char **errorp)
{
    struct qmp *qmp = mem_zalloc(sizeof *qmp);
    cJSON *greeting = NULL;

    qmp->fd = fd;
    qmp->timeout_ms = timeout_ms;
    int error = receive(qmp, now_ms() + timeout_ms, &greeting, errorp);
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

static int send_command(struct qmp *qmp, const char *command, cJSON *arguments, char **errorp)
{
    cJSON *message = cJSON_CreateObject();

    cJSON_AddStringToObject(message, "execute", command);
    if (arguments) {
        cJSON_AddItemToObject(message, "arguments", arguments);
    }
    char *text = cJSON_PrintUnformatted(message);
    auto_free char *line = str_printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(message);
    const char *p = line;

    while (*p) {
        ssize_t sent = send(qmp->fd, p, strlen(p), MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR) {
            return error_set(errorp, EPIPE, "QEMU closed its control connection");
        }
        p += sent > 0 ? sent : 0;
    }
    return 0;
}

int qmp_execute(struct qmp *qmp, const char *command, cJSON *arguments, char **errorp)
{
    int64_t deadline = now_ms() + qmp->timeout_ms;
    int error = send_command(qmp, command, arguments, errorp);

    while (!error) {
        cJSON *message = NULL;

        error = receive(qmp, deadline, &message, errorp);
        const cJSON *refusal = cJSON_GetObjectItemCaseSensitive(message, "error");
        bool done = refusal || cJSON_GetObjectItemCaseSensitive(message, "return");

        if (refusal) {
            const char *words = cJSON_GetStringValue(
                cJSON_GetObjectItemCaseSensitive(refusal, "desc"));

            error = error_set(errorp, EIO, "QEMU refused %s: %s", command, words ? words : "");
        }
        cJSON_Delete(message);
        if (done) {
            break;
        }
    }
    return error;
}
