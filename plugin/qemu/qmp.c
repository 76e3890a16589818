#include "qemu/qmp.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* A message is a line; none that we ask for comes near this. */
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

struct qmp {
    int fd;
    int timeout_ms;
    bool dead;    /* an answer did not come */
    char *buffer; /* what was received and not yet taken as a line */
    size_t length;
    cJSON *events; /* an array: those that came and nobody has asked for yet */
};

void qmp_close(struct qmp *qmp)
{
    if (qmp) {
        close(qmp->fd);
        cJSON_Delete(qmp->events);
        free(qmp->buffer);
        free(qmp);
    }
}

pid_t qmp_peer(const struct qmp *qmp)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    return getsockopt(qmp->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : 0;
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Receives something; -ETIMEDOUT, without a sentence, when nothing comes before the deadline. */
static int receive_more(struct qmp *qmp, int64_t deadline, char **errorp)
{
    const size_t step = 4096;
    struct pollfd pfd = {.fd = qmp->fd, .events = POLLIN};
    int64_t left = deadline - now_ms();

    if (left <= 0 || poll(&pfd, 1, (int)left) == 0) {
        return -ETIMEDOUT;
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
    qmp->events = cJSON_CreateArray();
    int error = receive_answer(qmp, now_ms() + timeout_ms, &greeting, errorp);
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

/* Says why there is no connection to what is, or should be, at `path`. */
static int connect_error(const char *path, int why, char **errorp)
{
    struct stat st;

    if (why == ENOENT) {
        return error_set(errorp, why,
                         "no socket \"%s\"; QEMU makes it with -qmp unix:%s,server=on,wait=off",
                         path, path);
    }
    /* Connecting to a plain file is refused, too. */
    if (why == ECONNREFUSED && stat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
        return error_set(errorp, ENOTSOCK, "\"%s\" is not a socket", path);
    }
    if (why == ECONNREFUSED) {
        return error_set(errorp, why, "nobody listens on \"%s\": has that QEMU ended?", path);
    }
    if (why == EAGAIN) {
        return error_set(errorp, ETIMEDOUT,
                         "\"%s\" takes no more connections: others are waiting for QEMU already",
                         path);
    }
    return error_set(errorp, why, "cannot connect to \"%s\": %s", path, strerror(why));
}

static int connect_to(const char *path, int timeout_ms, int *fdp, char **errorp)
{
    const struct timeval limit = {.tv_sec = timeout_ms / 1000,
                                  .tv_usec = timeout_ms % 1000 * 1000L};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!str_copy(address.sun_path, sizeof address.sun_path, path)) {
        return error_set(errorp, ENAMETOOLONG,
                         "\"%s\" is too long for the path of a socket; try a shorter one, such as "
                         "a relative one",
                         path);
    }
    /* Where its backlog is full, connect(2) waits as long as it may take to send something. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit)) {
        return error_set(errorp, errno, "cannot make a socket: %m");
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address)) {
        return connect_error(path, errno, errorp);
    }
    *fdp = steal_fd(&fd);
    return 0;
}

int qmp_connect(const char *path, int timeout_ms, struct qmp **qmp, char **errorp)
{
    int fd = -1;
    int error = connect_to(path, timeout_ms, &fd, errorp);

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
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {
                     .cmsg_len = CMSG_LEN(sizeof(int)),
                     .cmsg_level = SOL_SOCKET,
                     .cmsg_type = SCM_RIGHTS,
                 }};

    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    while (*text) {
        struct iovec iov = {.iov_base = text, .iov_len = strlen(text)};
        const struct msghdr message = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = fd >= 0 ? &control : NULL,
            .msg_controllen = fd >= 0 ? sizeof control : 0,
        };
        ssize_t sent = sendmsg(qmp->fd, &message, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR) {
            qmp->dead = true;
            return errno == EAGAIN
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
    cJSON *message = cJSON_CreateObject();

    cJSON_AddStringToObject(message, "execute", command);
    if (arguments) {
        cJSON_AddItemToObject(message, "arguments", arguments);
    }
    char *text = cJSON_PrintUnformatted(message);
    auto_free char *line = str_printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(message);
    return qmp->dead
               ? error_set(errorp, EPIPE, "QEMU did not answer before, and is not asked again")
               : send_text(qmp, line, fd, errorp);
}

/* What an "error" in an answer means. */
static int refused(const char *command, const cJSON *refusal, char **errorp)
{
    const char *class = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(refusal, "class"));
    const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(refusal, "desc"));

    return error_set(errorp, str_eq(class, "DeviceNotFound") ? ENOENT : EIO, "QEMU refused %s: %s",
                     command, words ? words : "");
}

/* Executes a command, with a descriptor unless that is negative. Stores what it returns in *result
 * unless that is NULL. */
static int transact(struct qmp *qmp, const char *command, cJSON *arguments, int fd, cJSON **result,
                    char **errorp)
{
    int64_t deadline = now_ms() + qmp->timeout_ms;
    int error = send_command(qmp, command, arguments, fd, errorp);

    while (!error) {
        cJSON *message = NULL;

        error = receive_answer(qmp, deadline, &message, errorp);
        const cJSON *refusal = cJSON_GetObjectItemCaseSensitive(message, "error");
        bool done = refusal || cJSON_GetObjectItemCaseSensitive(message, "return");

        if (refusal) {
            error = refused(command, refusal, errorp);
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
    int64_t deadline = now_ms() + timeout_ms;

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
