/* qemu/qmp.h: talking to something that may or may not be QEMU. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "qemu/qmp.h"
#include "support/test.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define OK       "{\"return\": {}}\r\n"
#define TIMEOUT  5000

/* The peer: what it says, step by step. Before a step that `expects` a command it waits for one. */
struct step {
    const char *expects; /* a part of the line it must be sent, or NULL */
    const char *says;
    bool slowly; /* byte by byte */
};

static void say(int fd, const char *text, bool slowly)
{
    size_t length = strlen(text);
    size_t step = slowly ? 1 : length;

    for (size_t i = 0; i < length; i += step) {
        /* The other side may have had enough. */
        if (send(fd, text + i, step, MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

/* Plays the steps, then waits for the other side to close if it is to `stay`. Returns whether all
 * that was expected came. */
static bool play(int fd, const struct step *steps, size_t n, bool stay)
{
    FILE *in = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "re");
    char line[4096] = "";
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        if (steps[i].expects) {
            good = fgets(line, sizeof line, in) && strstr(line, steps[i].expects) && good;
        }
        say(fd, steps[i].says, steps[i].slowly);
    }
    while (stay && fgets(line, sizeof line, in)) {
    }
    fclose(in);
    return good;
}

/* Starts a peer; returns our end of the connection. */
static int start_peer(const struct step *steps, size_t n, bool stay, pid_t *pid)
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

static void check_peer(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Checks that a session with this peer fails to open. */
static void check_open_fails(const struct step *steps, size_t n, bool stay, int timeout_ms,
                             int expected, const char *part)
{
    struct qmp *qmp = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, n, stay, &pid);

    check_error(qmp_open(fd, timeout_ms, &qmp, &error), expected, &error, part);
    assert_null(qmp);
    /* The peer ends when the socket is closed. */
    check_peer(pid);
}

static void a_command_is_executed(void **state)
{
    const struct step steps[] = {
        {.says = GREETING},
        {"{\"execute\":\"qmp_capabilities\"}", OK, false},
        {"{\"execute\":\"set_link\",\"arguments\":{\"name\":\"net\\\"0\",\"up\":false}}", OK,
         false},
        {"{\"execute\":\"quit\"}", OK, false},
    };
    struct qmp *qmp = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);
    cJSON *arguments = cJSON_CreateObject();

    (void)state;
    cJSON_AddStringToObject(arguments, "name", "net\"0");
    cJSON_AddBoolToObject(arguments, "up", false);
    check_ok(qmp_open(fd, TIMEOUT, &qmp, &error), &error);
    check_ok(qmp_execute(qmp, "set_link", arguments, &error), &error);
    check_ok(qmp_execute(qmp, "quit", NULL, &error), &error);
    qmp_close(qmp);
    check_peer(pid);
    qmp_close(NULL);
}

static void events_and_split_lines(void **state)
{
#define EVENT "{\"timestamp\": {\"seconds\": 1}, \"event\": \"NIC_RX_FILTER_CHANGED\"}\r\n"
    const struct step steps[] = {
        /* All at once, and byte by byte. */
        {.says = GREETING EVENT EVENT, .slowly = true},
        {"qmp_capabilities", EVENT OK EVENT, false},
        {"query-status", EVENT EVENT OK EVENT, true},
        {"quit", EVENT OK, true},
    };
    struct qmp *qmp = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);

    (void)state;
    check_ok(qmp_open(fd, TIMEOUT, &qmp, &error), &error);
    check_ok(qmp_execute(qmp, "query-status", NULL, &error), &error);
    check_ok(qmp_execute(qmp, "quit", NULL, &error), &error);
    qmp_close(qmp);
    check_peer(pid);
}

static void a_refusal_has_qemus_words(void **state)
{
    const struct step steps[] = {
        {.says = GREETING},
        {"qmp_capabilities", OK, false},
        {"set_link",
         "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device 'x' not found\"}}\n",
         false},
        {"no_words", "{\"error\": {}}\n", false},
        {"again", OK, false},
    };
    struct qmp *qmp = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);

    (void)state;
    check_ok(qmp_open(fd, TIMEOUT, &qmp, &error), &error);
    check_error(qmp_execute(qmp, "set_link", NULL, &error), -EIO, &error,
                "QEMU refused set_link: Device 'x' not found");
    check_error(qmp_execute(qmp, "no_words", NULL, &error), -EIO, &error, "QEMU refused no_words");
    /* The session goes on. */
    check_ok(qmp_execute(qmp, "again", NULL, &error), &error);
    qmp_close(qmp);
    check_peer(pid);
}

static void one_who_hangs_up(void **state)
{
    const struct step mute[] = {{.says = ""}};
    const struct step half[] = {{.says = "{\"QMP\":"}};
    const struct step rude[] = {{.says = GREETING}, {"qmp_capabilities", "", false}};

    (void)state;
    check_open_fails(mute, 1, false, TIMEOUT, -EPIPE, "QEMU closed its control connection");
    check_open_fails(half, 1, false, TIMEOUT, -EPIPE, "QEMU closed its control connection");
    check_open_fails(rude, 2, false, TIMEOUT, -EPIPE, "QEMU closed its control connection");
}

static void one_who_is_gone_already(void **state)
{
    struct qmp *qmp = NULL;
    char *error = NULL;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    say(fds[1], GREETING, false);
    close(fds[1]);
    /* Not a SIGPIPE, which would end the program. */
    check_error(qmp_open(fds[0], TIMEOUT, &qmp, &error), -EPIPE, &error, "closed its control");
}

static void one_who_says_nothing(void **state)
{
    const struct step mute[] = {{.says = ""}};
    const struct step slow[] = {{.says = GREETING}, {"qmp_capabilities", "{\"return\":", true}};

    (void)state;
    check_open_fails(mute, 1, true, 50, -ETIMEDOUT, "QEMU did not answer within 50 ms");
    check_open_fails(slow, 2, true, 50, -ETIMEDOUT, "QEMU did not answer within 50 ms");
}

static void one_who_talks_something_else(void **state)
{
    static const struct {
        const char *says;
        const char *part;
    } cases[] = {
        {"SSH-2.0-OpenSSH_9.2\r\n", "QEMU sent something that is not JSON"},
        {"\n", "QEMU sent something that is not JSON"},
        {"{}\n", "what answers is not QMP"},
        {"[]\n", "what answers is not QMP"},
        {"7\n", "what answers is not QMP"},
        {OK, "what answers is not QMP"},
        {"\xff\xfe\n", "QEMU sent something that is not JSON"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct step steps[] = {{.says = cases[i].says}};

        check_open_fails(steps, 1, true, TIMEOUT, -EPROTO, cases[i].part);
    }
}

static void a_line_without_end(void **state)
{
    const size_t length = (size_t)2 * 1024 * 1024;
    char *text = mem_zalloc(length + 1);

    (void)state;
    memset(text, 'x', length);
    const struct step steps[] = {{.says = text}};
    check_open_fails(steps, 1, true, TIMEOUT, -EPROTO, "a line of more than 1048576 bytes");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_executed),        cmocka_unit_test(events_and_split_lines),
        cmocka_unit_test(a_refusal_has_qemus_words),    cmocka_unit_test(one_who_hangs_up),
        cmocka_unit_test(one_who_is_gone_already),      cmocka_unit_test(one_who_says_nothing),
        cmocka_unit_test(one_who_talks_something_else), cmocka_unit_test(a_line_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
