/* A proxy before an OVSDB server that loses a connection at a chosen moment.
 *
 * It runs in a process of its own, serves one client at a time, and passes everything on, until a
 * message of the client holds the trigger: then the connection is closed, either without the
 * message being passed on, or after the server has replied to it, which the client never sees; or
 * the message is passed on late, when the client sends one like it again. Or the trigger is
 * replaced by another text, each time, for a server that does not know the word.
 */
#ifndef TESTS_SUPPORT_PROXY_H
#define TESTS_SUPPORT_PROXY_H

#include "support/test.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct proxy {
    const char *path;    /* where it listens */
    const char *server;  /* the socket of the server */
    const char *trigger; /* text in a message of the client's */
    int times;           /* how often to lose the connection */
    bool deliver;        /* let the server have the message first */
    bool late;           /* let the server have it before the next one that holds the trigger */
    const char *instead; /* replace the trigger with that text of the same length */
    char *held;          /* the message kept for that, */
    int held_server;     /* and its way to the server */
    pid_t pid;
};

static inline int proxy_socket_(const char *path, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (listening) {
        unlink(path);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8)) {
            _exit(1);
        }
    } else if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline bool proxy_pass_(int to, const char *data, ssize_t size)
{
    return send(to, data, (size_t)size, MSG_NOSIGNAL) == size;
}

/* Passes on the message that was held, and waits for the reply, which nobody gets. */
static inline void proxy_release_(struct proxy *proxy)
{
    char reply[65536];

    if (proxy->held) {
        proxy_pass_(proxy->held_server, proxy->held, (ssize_t)strlen(proxy->held));
        (void)!recv(proxy->held_server, reply, sizeof reply, 0);
        close(proxy->held_server);
        free(proxy->held);
        proxy->held = NULL;
    }
}

/* Serves one client until one side closes or the trigger was met. */
static inline void proxy_serve_(struct proxy *proxy, int client, int server)
{
    static char data[1 << 20];
    struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};

    while (poll(fds, 2, -1) > 0) {
        for (int i = 0; i < 2; i++) {
            if (!fds[i].revents) {
                continue;
            }
            ssize_t size = recv(fds[i].fd, data, sizeof data - 1, 0);

            if (size <= 0) {
                return;
            }
            data[size] = '\0';
            char *match = i == 0 ? strstr(data, proxy->trigger) : NULL;
            bool triggered = match && proxy->times > 0;

            if (match && proxy->instead) {
                memcpy(match, proxy->instead, strlen(proxy->instead));
            }

            if (match) {
                proxy_release_(proxy);
            }
            if (triggered && !proxy->deliver) {
                if (proxy->late) {
                    proxy->held = strdup(data);
                    proxy->held_server = dup(server);
                }
                proxy->times--;
                return;
            }
            if (!proxy_pass_(fds[1 - i].fd, data, size)) {
                return;
            }
            if (triggered) {
                proxy->times--;
                recv(server, data, sizeof data, 0);
                return;
            }
        }
    }
}

static inline void proxy_run_(struct proxy *proxy, int listener)
{
    for (;;) {
        int client = accept(listener, NULL, NULL);
        int server = proxy_socket_(proxy->server, false);

        if (server >= 0) {
            proxy_serve_(proxy, client, server);
            close(server);
        }
        close(client);
    }
}

static inline void proxy_start(struct proxy *proxy)
{
    int listener = proxy_socket_(proxy->path, true);

    fflush(NULL);
    proxy->pid = fork();
    assert_true(proxy->pid >= 0);
    if (!proxy->pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        proxy_run_(proxy, listener);
    }
    close(listener);
}

static inline void proxy_stop(struct proxy *proxy)
{
    kill(proxy->pid, SIGKILL);
    waitpid(proxy->pid, NULL, 0);
    unlink(proxy->path);
}

#endif
