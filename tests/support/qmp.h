/* For C tests of plugin/qemu: a peer that plays QEMU's part of a QMP session, word for word. What a
 * real QEMU says is seen in tests/guest; here is what it says seldom, late, or never. */
#ifndef TESTS_SUPPORT_QMP_H
#define TESTS_SUPPORT_QMP_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define OK       "{\"return\": {}}\r\n"

/* The peer: what it says, step by step. Before a step that `expects` a command it waits for one. */
struct step {
    const char *expects; /* a part of the line it must be sent, or NULL */
    const char *says;
    bool slowly; /* byte by byte */
};

__attribute__((unused)) static void say_part(int fd, const char *text, size_t length, bool slowly)
{
    size_t step = slowly ? 1 : length;

    for (size_t i = 0; i < length; i += step) {
        /* The other side may have had enough. */
        if (send(fd, text + i, step, MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

__attribute__((unused)) static void say(int fd, const char *text, bool slowly)
{
    say_part(fd, text, strlen(text), slowly);
}

/* Says the answers, which are lines, to a command, which has a mark that QEMU repeats in them;
 * events are said as they are, and so is what has an "id" of its own, as what is for others. */
__attribute__((unused)) static void say_to(int fd, const char *command, const char *text,
                                           bool slowly)
{
    static const char *const answers[] = {"{\"return\"", "{\"error\""};
    char marked[64] = "";
    char id[40];

    if (sscanf(command, "{\"id\":\"%39[^\"]\"", id) == 1) {
        snprintf(marked, sizeof marked, "{\"id\": \"%s\", ", id);
    }
    while (*text) {
        bool is_answer = strncmp(text, answers[0], strlen(answers[0])) == 0 ||
                         strncmp(text, answers[1], strlen(answers[1])) == 0;

        if (is_answer && marked[0]) {
            say(fd, marked, slowly);
            text++; /* its bracket */
        }
        size_t length = strcspn(text, "\n");
        length += text[length] == '\n';
        say_part(fd, text, length, slowly);
        text += length;
    }
}

/* Plays the steps, then waits for the other side to close if it is to `stay`. Returns whether all
 * that was expected came. */
__attribute__((unused)) static bool play(int fd, const struct step *steps, size_t n, bool stay)
{
    FILE *in = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "re");
    char line[4096] = "";
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        if (steps[i].expects) {
            good = fgets(line, sizeof line, in) && strstr(line, steps[i].expects) && good;
        }
        say_to(fd, line, steps[i].says, steps[i].slowly);
    }
    while (stay && fgets(line, sizeof line, in)) {
    }
    fclose(in);
    return good;
}

/* Starts a peer; returns our end of the connection. */
__attribute__((unused)) static int start_peer(const struct step *steps, size_t n, bool stay,
                                              pid_t *pid)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    *pid = fork();
    assert_true(*pid >= 0);
    if (*pid == 0) {
        close(fds[0]);
        _exit(play(fds[1], steps, n, stay) ? 0 : 1);
    }
    close(fds[1]);
    return fds[0];
}

__attribute__((unused)) static void check_peer(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#endif
