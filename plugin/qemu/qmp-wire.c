#include "qemu/qmp-wire.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* A message is a line; none that we ask for comes near this. */
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

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

int qmp_socket(const char *path, int timeout_ms, int *fdp, char **errorp)
{
    const struct timeval limit = {.tv_sec = timeout_ms / 1000,
                                  .tv_usec = timeout_ms % 1000 * 1000L};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_close int fd = socket(AF_UNIX,
                               SOCK_STREAM | SOCK_CLOEXEC | (timeout_ms ? 0 : SOCK_NONBLOCK), 0);

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

pid_t qmp_socket_peer(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : 0;
}

void qmp_input_clear(struct qmp_input *input)
{
    free(input->buffer);
    *input = (struct qmp_input){0};
}

int qmp_input_receive(struct qmp_input *input, int socket, char **errorp)
{
    const size_t step = 4096;

    if (input->length > LINE_MAX_BYTES) {
        return error_set(errorp, EPROTO, "QEMU sent a line of more than %zu bytes", LINE_MAX_BYTES);
    }
    input->buffer = mem_resize(input->buffer, input->length + step, 1);
    ssize_t received = recv(socket, input->buffer + input->length, step, MSG_DONTWAIT);
    if (received > 0) {
        input->length += (size_t)received;
        return 0;
    }
    return received < 0 && (errno == EAGAIN || errno == EINTR)
               ? -EAGAIN
               : error_set(errorp, EPIPE, "QEMU closed its control connection");
}

int qmp_input_take(struct qmp_input *input, cJSON **message, char **errorp)
{
    const char *end = input->length ? memchr(input->buffer, '\n', input->length) : NULL;

    *message = NULL;
    if (!end) {
        return 0;
    }
    size_t line = (size_t)(end - input->buffer);
    *message = cJSON_ParseWithLength(input->buffer, line);
    input->length -= line + 1;
    memmove(input->buffer, input->buffer + line + 1, input->length);
    return *message ? 0 : error_set(errorp, EPROTO, "QEMU sent something that is not JSON");
}

void qmp_make_mark(char mark[QMP_MARK_SIZE])
{
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        random = (uint64_t)getpid() << 40 ^ (uint64_t)clock_ms();
    }
    snprintf(mark, QMP_MARK_SIZE, "%016" PRIx64, random);
}

bool qmp_is_for_others(const cJSON *message, const char *mark)
{
    bool is_answer = cJSON_GetObjectItemCaseSensitive(message, "return") ||
                     cJSON_GetObjectItemCaseSensitive(message, "error");

    return is_answer && !str_eq(qmp_text(message, "id"), mark);
}

char *qmp_line(const char *mark, const char *command, cJSON *arguments)
{
    cJSON *message = cJSON_CreateObject();

    cJSON_AddStringToObject(message, "id", mark);
    cJSON_AddStringToObject(message, "execute", command);
    if (arguments) {
        cJSON_AddItemToObject(message, "arguments", arguments);
    }
    char *text = cJSON_PrintUnformatted(message);
    char *line = str_printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(message);
    return line;
}

ssize_t qmp_send_some(int socket, char *text, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {
                     .cmsg_len = CMSG_LEN(sizeof(int)),
                     .cmsg_level = SOL_SOCKET,
                     .cmsg_type = SCM_RIGHTS,
                 }};
    struct iovec iov = {.iov_base = text, .iov_len = strlen(text)};
    const struct msghdr message = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = fd >= 0 ? &control : NULL,
        .msg_controllen = fd >= 0 ? sizeof control : 0,
    };

    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

int qmp_refusal(const char *command, const cJSON *refusal, char **errorp)
{
    const char *words = qmp_text(refusal, "desc");

    return error_set(errorp, str_eq(qmp_text(refusal, "class"), "DeviceNotFound") ? ENOENT : EIO,
                     "QEMU refused %s: %s", command, words ? words : "");
}

const char *qmp_text(const cJSON *json, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}
