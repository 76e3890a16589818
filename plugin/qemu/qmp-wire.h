/* QMP on the wire: messages are lines of JSON, and a descriptor may come with one. What the client
 * that waits (qmp.h) and the one that never does (qmp-stream.h) have in common. */
#ifndef QEMU_QMP_WIRE_H
#define QEMU_QMP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cJSON;

/* Connects to the Unix socket at `path`. `timeout_ms` bounds this and each sending; 0 makes a
 * socket that never waits. On success the caller closes *fd. Returns 0, or what connect(2) says,
 * -ENOTSOCK for a path to something else, -ETIMEDOUT when too many others wait already. */
int qmp_socket(const char *path, int timeout_ms, int *fd, char **errorp);

/* The process that listens for that connection, or did when it began to (SO_PEERCRED, unix(7)); 0
 * where it cannot be told, such as in another PID namespace. */
pid_t qmp_socket_peer(int fd);

/* What was received and is not yet taken as a line. Zeros are an empty one. */
struct qmp_input {
    char *buffer;
    size_t length;
};

void qmp_input_clear(struct qmp_input *input);

/* Receives what is there. Returns 0; -EAGAIN, without a sentence, when there is nothing; -EPIPE
 * when QEMU has closed the connection; or -EPROTO when a line has no end. */
int qmp_input_receive(struct qmp_input *input, int socket, char **errorp);

/* Takes the next message, which the caller owns; NULL when none is complete. Returns 0, or -EPROTO
 * for what is not JSON. */
int qmp_input_take(struct qmp_input *input, struct cJSON **message, char **errorp);

/* What the commands of one connection are marked with, and QEMU's answers to them. For what QEMU
 * still owes to a client that has gone, such as one that was killed, it says to the next one, and
 * no two connections have the same mark. */
#define QMP_MARK_SIZE 17
void qmp_make_mark(char mark[QMP_MARK_SIZE]);

/* Whether a message is an answer that another connection is owed. */
bool qmp_is_for_others(const struct cJSON *message, const char *mark);

/* The line for a command. Takes over the reference to `arguments`, which may be NULL. Caller frees.
 */
char *qmp_line(const char *mark, const char *command, struct cJSON *arguments);

/* Sends as much of a text as the socket takes, and with its first byte a descriptor unless that is
 * negative. Returns how much that was, or a negative errno value. */
ssize_t qmp_send_some(int socket, char *text, int fd);

/* What an "error" in an answer means: -ENOENT (class DeviceNotFound) or -EIO, with QEMU's words. */
int qmp_refusal(const char *command, const struct cJSON *refusal, char **errorp);

/* The text of a member, or NULL. */
const char *qmp_text(const struct cJSON *json, const char *key);

#endif
