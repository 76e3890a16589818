#include "helper/reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "helper/privileges.h"
#include "helper/surroundings.h"
#include "netdev/link-watch.h"
#include "vif/plug.h"

/* How often it tries to take a port away, and how long it waits in between: twice as long each
 * time, from a second on. What is left after about half an hour is gc's. */
#define ATTEMPTS 11

/* What the helper tells. */
struct told {
    char name[IFNAMSIZ];
    char plug_id[37];
    int ifindex;
};

/* Unplugs the port that was told of; one that is gone already is fine. */
static int unplug_port(struct vif_host *host, const struct told *told)
{
    struct vif_record record = {0};

    memcpy(record.port.name, told->name, sizeof record.port.name);
    memcpy(record.plug_id, told->plug_id, sizeof record.plug_id);
    return vif_unplug_known(host, &record, 1, NULL);
}

/* Unplugs what the helper that was process `pid` had begun when it ended: there it says that the
 * helper is at work on it, or that this process looks after it already. While the helper is still
 * ending the records are its own, and this fails. */
static int unplug_unfinished(struct vif_host *host, pid_t pid)
{
    struct vif_records *records;
    struct vif_record *all = NULL;
    size_t n = 0;
    int error = vif_host_records(host, &records, NULL);

    if (!error) {
        error = vif_records_read_all(records, &all, &n, NULL);
    }
    for (size_t i = 0; i < n && !error; i++) {
        if ((all[i].pid == pid || all[i].pid == getpid()) && all[i].granted_name) {
            error = vif_unplug_known(host, &all[i], 1, NULL);
        }
    }
    if (!error) {
        vif_records_sweep(records);
    }
    vif_records_free(all, n);
    return error;
}

static void reap(const struct vif_host_options *options, const struct told *told, pid_t helper)
{
    int error = -EAGAIN;

    for (unsigned attempt = 0; attempt < ATTEMPTS && error; attempt++) {
        struct vif_host *host = vif_host_open(options);

        error = told ? unplug_port(host, told) : unplug_unfinished(host, helper);
        vif_host_close(host);
        if (error && attempt + 1 < ATTEMPTS) {
            sleep(1U << attempt);
        }
    }
}

/* What the reaper does from its beginning to its end. */
static void live(const struct vif_host_options *options, int socket, pid_t helper)
{
    struct link_watch *watch = NULL;
    struct told told;
    pid_t own = getpid();

    prctl(PR_SET_NAME, "vifplug-reaper");
    /* What ends a session ends the guest too, and this has to come after the guest. */
    signal(SIGTERM, SIG_IGN);
    if (surroundings_leave(socket) || privileges_reap() || link_watch_open(&watch, NULL) ||
        send(socket, &own, sizeof own, 0) != (ssize_t)sizeof own) {
        link_watch_close(watch);
        return;
    }
    bool known = recv(socket, &told, sizeof told, 0) == (ssize_t)sizeof told;
    close(socket);
    if (known) {
        link_watch_wait_gone(watch, told.ifindex, NULL);
    }
    link_watch_close(watch);
    reap(options, known ? &told : NULL, helper);
}

/* A grandchild, so that it is nobody's to wait for. Returns in the caller only. */
static int start_process(const struct vif_host_options *options, const int sockets[2])
{
    pid_t helper = getpid();
    pid_t child = fork();

    if (child < 0) {
        return -errno;
    }
    if (child == 0) {
        pid_t grandchild = fork();

        if (grandchild == 0) {
            live(options, sockets[1], helper);
        }
        _exit(grandchild < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    while (waitpid(child, NULL, 0) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int reaper_start(const struct vif_host_options *options, struct reaper *reaper, char **errorp)
{
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
        return error_set(errorp, errno, "cannot make a socket pair: %m");
    }
    int error = start_process(options, sockets);
    close(sockets[1]);
    reaper->socket = sockets[0];
    if (!error &&
        recv(reaper->socket, &reaper->pid, sizeof reaper->pid, 0) != (ssize_t)sizeof reaper->pid) {
        error = -ECHILD;
    }
    if (error) {
        reaper_close(reaper);
        return error_set(errorp, -error,
                         "cannot start the process that would take the port away: %s",
                         strerror(-error));
    }
    return 0;
}

int reaper_tell(const struct reaper *reaper, const struct vif_record *record, char **errorp)
{
    struct told told = {.ifindex = record->ifindex};

    memcpy(told.name, record->port.name, sizeof told.name);
    memcpy(told.plug_id, record->plug_id, sizeof told.plug_id);
    return send(reaper->socket, &told, sizeof told, MSG_NOSIGNAL) == (ssize_t)sizeof told
               ? 0
               : error_set(errorp, EPIPE, "the process that would take the port away is gone");
}

void reaper_close(struct reaper *reaper)
{
    close(reaper->socket);
    reaper->socket = -1;
}
