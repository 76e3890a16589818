/* A client of QMP, the protocol to control a running QEMU (docs/interop/qmp-spec of QEMU). */
#ifndef QEMU_QMP_H
#define QEMU_QMP_H

#include <sys/types.h>

struct cJSON;
struct qmp;

/* Takes a connected socket, which is then the session's, through QMP's greeting. `timeout_ms`
 * bounds this and each command. Returns 0; -ETIMEDOUT; -EPIPE when QEMU is gone; or -EPROTO when it
 * talks something else. On failure the socket is closed. */
int qmp_open(int fd, int timeout_ms, struct qmp **qmp, char **errorp);

/* Connects to the Unix socket at `path`, as made by QEMU's -qmp unix:PATH,server=on, and opens a
 * session. QEMU serves one client at a time, and lets another one wait without a word: that is
 * -ETIMEDOUT, too. As qmp_open(), or what connect(2) says, -ENOTSOCK for a path to something else.
 */
int qmp_connect(const char *path, int timeout_ms, struct qmp **qmp, char **errorp);

/* Ends the session; NULL is fine. */
void qmp_close(struct qmp *qmp);

/* The process at the other end: the one that made the socket, which is QEMU unless somebody else
 * did it for it (SO_PEERCRED, unix(7)). 0 where it cannot be told, such as in another PID
 * namespace. */
pid_t qmp_peer(const struct qmp *qmp);

/* Executes a command. Takes over the reference to `arguments`, which may be NULL. Events that come
 * meanwhile are kept for qmp_next_event(). Returns 0; -ENOENT or -EIO with QEMU's own words when it
 * refuses, the former because there is no such thing (class DeviceNotFound); or as qmp_open().
 *
 * After -ETIMEDOUT nobody knows what became of the command, or whose the next answer is: from then
 * on the session is dead, and each command fails with -EPIPE at once. */
int qmp_execute(struct qmp *qmp, const char *command, struct cJSON *arguments, char **errorp);

/* The same, and stores what QEMU returned in *result; the caller calls cJSON_Delete(). */
int qmp_query(struct qmp *qmp, const char *command, struct cJSON *arguments, struct cJSON **result,
              char **errorp);

/* Gives QEMU a duplicate of `fd` under this name, which a later command takes it by (getfd). The
 * name must not begin with a digit. As qmp_execute(). */
int qmp_give_fd(struct qmp *qmp, const char *name, int fd, char **errorp);

/* Waits for the next event, beginning with those that are kept. The caller calls cJSON_Delete().
 * Returns 0; -ETIMEDOUT, without a sentence and without harm, when none comes within that time; or
 * as qmp_open(). */
int qmp_next_event(struct qmp *qmp, int timeout_ms, struct cJSON **event, char **errorp);

#endif
