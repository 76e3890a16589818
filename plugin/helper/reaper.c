#include "helper/reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
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
 * time, from a second on. What is left after a quarter of an hour is gc's. */
#define ATTEMPTS 11

/* What the helper tells; of a macvtap an inotify descriptor comes with it. */
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

/* Room for a descriptor that goes with a message. */
union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

/* Returns whether the helper told of a port; *inotify is -1 for a tap. */
static bool listen_to(int socket, struct told *told, int *inotify)
{
    union control control = {0};
    struct iovec data = {.iov_base = told, .iov_len = sizeof *told};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    bool known = recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == (ssize_t)sizeof *told;
    struct cmsghdr *header = known ? CMSG_FIRSTHDR(&message) : NULL;

    *inotify = -1;
    if (header) {
        memcpy(inotify, CMSG_DATA(header), sizeof *inotify);
    }
    return known;
}

/* Waits for the end of the port's use. */
static void wait_for_end(struct link_watch *watch, const struct told *told, int inotify)
{
    char events[4096];

    if (inotify < 0) {
        link_watch_wait_gone(watch, told->ifindex, NULL);
    } else {
        ssize_t length;

        do {
            length = read(inotify, events, sizeof events);
        } while (length < 0 && errno == EINTR);
    }
}

/* What the reaper does from its beginning to its end. */
static void live(const struct vif_host_options *options, bool macvtap, int socket, pid_t helper)
{
    struct link_watch *watch = NULL;
    auto_close int inotify = -1;
    struct told told;
    pid_t own = getpid();

    prctl(PR_SET_NAME, "vifplug-reaper");
    /* What ends a session ends the guest too, and this has to come after the guest. */
    signal(SIGTERM, SIG_IGN);
    if (surroundings_leave(socket) || privileges_reap(macvtap) || link_watch_open(&watch, NULL) ||
        send(socket, &own, sizeof own, 0) != (ssize_t)sizeof own) {
        link_watch_close(watch);
        return;
    }
    bool known = listen_to(socket, &told, &inotify);
    close(socket);
    if (known) {
        wait_for_end(watch, &told, inotify);
    }
    link_watch_close(watch);
    reap(options, known ? &told : NULL, helper);
}

/* A grandchild, so that it is nobody's to wait for. Returns in the caller only. */
static int start_process(const struct vif_host_options *options, bool macvtap, const int sockets[2])
{
    pid_t helper = getpid();
    pid_t child = fork();

    if (child < 0) {
        return -errno;
    }
    if (child == 0) {
        pid_t grandchild = fork();

        if (grandchild == 0) {
            live(options, macvtap, sockets[1], helper);
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

int reaper_start(const struct vif_host_options *options, bool macvtap, struct reaper *reaper,
                 char **errorp)
{
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
        return error_set(errorp, errno, "cannot make a socket pair: %m");
    }
    int error = start_process(options, macvtap, sockets);
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

/* Makes an inotify descriptor that tells when the open file `fd` is closed for the last time,
 * whoever has it by then. */
static int watch_file(int fd, int *inotifyp, char **errorp)
{
    auto_free char *path = str_printf("/proc/self/fd/%d", fd);
    auto_close int inotify = inotify_init1(IN_CLOEXEC);

    if (inotify < 0 || inotify_add_watch(inotify, path, IN_CLOSE) < 0) {
        return error_set(errorp, errno, "cannot watch for the end of the macvtap's use: %m");
    }
    *inotifyp = steal_fd(&inotify);
    return 0;
}

int reaper_tell(const struct reaper *reaper, const struct vif_record *record, int fd, char **errorp)
{
    struct told told = {.ifindex = record->ifindex};
    struct iovec data = {.iov_base = &told, .iov_len = sizeof told};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    auto_close int inotify = -1;
    union control control = {0};

    memcpy(told.name, record->port.name, sizeof told.name);
    memcpy(told.plug_id, record->plug_id, sizeof told.plug_id);
    if (record->port.device == VIF_DEVICE_MACVTAP) {
        int error = watch_file(fd, &inotify, errorp);

        if (error) {
            return error;
        }
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof inotify);
        memcpy(CMSG_DATA(&control.header), &inotify, sizeof inotify);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    return sendmsg(reaper->socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof told
               ? 0
               : error_set(errorp, EPIPE, "the process that would take the port away is gone");
}

void reaper_close(struct reaper *reaper)
{
    close(reaper->socket);
    reaper->socket = -1;
}
