/* A client of QMP, the protocol to control a running QEMU (docs/interop/qmp-spec of QEMU). */
#ifndef QEMU_QMP_H
#define QEMU_QMP_H

struct cJSON;
struct qmp;

/* Takes a connected socket, which is then the session's, through QMP's greeting. `timeout_ms`
 * bounds this and each command. Returns 0; -ETIMEDOUT; -EPIPE when QEMU is gone; or -EPROTO when it
 * talks something else. On failure the socket is closed. */
int qmp_open(int fd, int timeout_ms, struct qmp **qmp, char **errorp);

/* Ends the session; NULL is fine. */
void qmp_close(struct qmp *qmp);

/* Executes a command. Takes over the reference to `arguments`, which may be NULL. Events that come
 * meanwhile are passed over. Returns 0, or -EIO with QEMU's own words when it refuses, or as
 * qmp_open(). */
int qmp_execute(struct qmp *qmp, const char *command, struct cJSON *arguments, char **errorp);

#endif
