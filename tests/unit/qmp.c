/* qemu/qmp.h: talking to something that may or may not be QEMU. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "qemu/qmp.h"
#include "support/qmp.h"
#include "support/test.h"

#define TIMEOUT 5000

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
        {"\"execute\":\"qmp_capabilities\"}\n", OK, false},
        {"\"execute\":\"set_link\",\"arguments\":{\"name\":\"net\\\"0\",\"up\":false}}", OK, false},
        {"\"execute\":\"quit\"}\n", OK, false},
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

/* The events that come, by their number, which is `wanted`. */
static void check_event(struct qmp *qmp, int timeout_ms, int wanted)
{
    cJSON *event = NULL;
    char *error = NULL;

    check_ok(qmp_next_event(qmp, timeout_ms, &event, &error), &error);
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(event, "data")), wanted);
    cJSON_Delete(event);
}

static void events_keep_their_order(void **state)
{
#define NUMBERED(n) "{\"event\": \"E\", \"data\": " #n "}\r\n"
    const struct step steps[] = {
        {.says = GREETING},
        {"qmp_capabilities", NUMBERED(1) OK, false},
        {"query-status", NUMBERED(2) NUMBERED(3) OK NUMBERED(4), false},
        {"quit", NUMBERED(5) OK, false},
    };
    struct qmp *qmp = NULL;
    cJSON *event;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);

    (void)state;
    check_ok(qmp_open(fd, TIMEOUT, &qmp, &error), &error);
    check_ok(qmp_execute(qmp, "query-status", NULL, &error), &error);
    for (int i = 1; i <= 4; i++) {
        check_event(qmp, i == 4 ? TIMEOUT : 0, i);
    }
    /* That none comes does no harm. */
    assert_int_equal(qmp_next_event(qmp, 20, &event, &error), -ETIMEDOUT);
    assert_null(error);
    check_ok(qmp_execute(qmp, "quit", NULL, &error), &error);
    check_event(qmp, 0, 5);
    qmp_close(qmp);
    check_peer(pid);
}

static void what_is_returned(void **state)
{
    const struct step steps[] = {
        {.says = GREETING},
        {"qmp_capabilities", OK, false},
        {"\"qom-get\"", NUMBERED(1) "{\"return\": true}\n", true},
    };
    struct qmp *qmp = NULL;
    cJSON *result = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);

    (void)state;
    check_ok(qmp_open(fd, TIMEOUT, &qmp, &error), &error);
    check_ok(qmp_query(qmp, "qom-get", NULL, &result, &error), &error);
    assert_true(cJSON_IsTrue(result));
    cJSON_Delete(result);
    qmp_close(qmp);
    check_peer(pid);
}

/* Receives a line that comes with a descriptor; returns that, or -1. */
static int receive_fd(int socket, char *line, size_t size)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = line, .iov_len = size - 1};
    struct msghdr message = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fd = -1;

    line[length > 0 ? length : 0] = '\0';
    if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    }
    return fd;
}

/* The peer: it is given the end of a pipe, which it writes a byte to, with one command of three. */
static bool takes_a_descriptor(int socket, char *line, size_t size)
{
    say(socket, GREETING, false);
    bool good = receive_fd(socket, line, size) == -1;
    say_to(socket, line, OK, false);
    int fd = receive_fd(socket, line, size);
    good &= strstr(line, "\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"web0-0\"}}\n") &&
            write(fd, "x", 1) == 1;
    say_to(socket, line, OK, false);
    good &= receive_fd(socket, line, size) == -1;
    say_to(socket, line, OK, false);
    return good;
}

static void a_descriptor_comes_with_its_command(void **state)
{
    char line[256] = "";
    struct qmp *qmp = NULL;
    char *error = NULL;
    int sockets[2];
    int pipe_fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(takes_a_descriptor(sockets[1], line, sizeof line) ? 0 : 1);
    }
    check_ok(qmp_open(sockets[0], TIMEOUT, &qmp, &error), &error);
    check_ok(qmp_give_fd(qmp, "web0-0", pipe_fds[1], &error), &error);
    assert_int_equal(read(pipe_fds[0], line, sizeof line), 1);
    /* The next command has none. */
    check_ok(qmp_execute(qmp, "quit", NULL, &error), &error);
    assert_int_equal(qmp_peer(qmp), getpid());
    check_peer(pid);
    qmp_close(qmp);
    close(sockets[1]);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* An answer that comes late is not taken for that of another command. */
static void one_who_is_late(void **state)
{
    const struct step steps[] = {
        {.says = GREETING},
        {"qmp_capabilities", OK, false},
        {"device_add", "", false},
        {.expects = NULL, .says = ""},
    };
    struct qmp *qmp = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);

    (void)state;
    check_ok(qmp_open(fd, 200, &qmp, &error), &error);
    check_error(qmp_execute(qmp, "device_add", NULL, &error), -ETIMEDOUT, &error,
                "QEMU did not answer within 200 ms");
    check_error(qmp_execute(qmp, "device_del", NULL, &error), -EPIPE, &error,
                "QEMU did not answer before");
    qmp_close(qmp);
    check_peer(pid);
}

/* What QEMU owes to a client that was killed it says to the next one. */
static void answers_for_others(void **state)
{
#define OTHERS                                                                                     \
    "{\"id\": \"0123456789abcdef\", \"return\": 1}\r\n"                                            \
    "{\"id\": 1, \"return\": 1}\r\n"                                                               \
    "{\"id\": null, \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\r\n"
    const struct step steps[] = {
        {.says = OTHERS GREETING OTHERS},
        {"qmp_capabilities", OTHERS OK OTHERS, false},
        {"\"qom-get\"", OTHERS "{\"return\": true}\n", true},
        {"\"qom-get\"", OTHERS NUMBERED(1) "{\"return\": false}\n", false},
    };
    struct qmp *qmp = NULL;
    cJSON *result = NULL;
    char *error = NULL;
    pid_t pid;
    int fd = start_peer(steps, ARRAY_LEN(steps), true, &pid);

    (void)state;
    check_ok(qmp_open(fd, TIMEOUT, &qmp, &error), &error);
    check_ok(qmp_query(qmp, "qom-get", NULL, &result, &error), &error);
    assert_true(cJSON_IsTrue(result));
    cJSON_Delete(result);
    check_ok(qmp_query(qmp, "qom-get", NULL, &result, &error), &error);
    assert_true(cJSON_IsFalse(result));
    cJSON_Delete(result);
    check_event(qmp, 0, 1);
    qmp_close(qmp);
    check_peer(pid);
}

/* A socket in the file system, which does or does not listen. */
static int make_socket(const char *path, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(str_copy(address.sun_path, sizeof address.sun_path, path));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    if (listens) {
        assert_int_equal(listen(fd, 0), 0);
    }
    return fd;
}

static void what_cannot_be_connected_to(void **state)
{
    char folder[] = "/tmp/vifplug-qmp.XXXXXX";
    struct qmp *qmp = NULL;
    struct qmp *second = NULL;
    char *error = NULL;

    (void)state;
    assert_non_null(mkdtemp(folder));
    auto_free char *path = str_printf("%s/qmp", folder);
    auto_free char *long_path = str_printf("%s/%0200d", folder, 0);

    check_error(qmp_connect(path, 50, &qmp, &error), -ENOENT, &error, "QEMU makes it with -qmp");
    check_error(qmp_connect(long_path, 50, &qmp, &error), -ENAMETOOLONG, &error, "is too long");
    check_error(qmp_connect(folder, 50, &qmp, &error), -ENOTSOCK, &error, "is not a socket");
    int fd = make_socket(path, false);
    check_error(qmp_connect(path, 50, &qmp, &error), -ECONNREFUSED, &error, "nobody listens on");
    close(fd);
    unlink(path);

    /* One that lets others wait, and then one whose queue of those is full. */
    fd = make_socket(path, true);
    check_error(qmp_connect(path, 50, &qmp, &error), -ETIMEDOUT, &error,
                "did not answer within 50 ms: it is stopped, or serves another client");
    check_error(qmp_connect(path, 50, &second, &error), -ETIMEDOUT, &error,
                "takes no more connections");
    close(fd);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    assert_null(qmp);
    assert_null(second);
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
    check_error(qmp_execute(qmp, "set_link", NULL, &error), -ENOENT, &error,
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
        {OK "{}\n", "what answers is not QMP"},
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
        cmocka_unit_test(a_command_is_executed),
        cmocka_unit_test(events_and_split_lines),
        cmocka_unit_test(events_keep_their_order),
        cmocka_unit_test(what_is_returned),
        cmocka_unit_test(a_descriptor_comes_with_its_command),
        cmocka_unit_test(one_who_is_late),
        cmocka_unit_test(answers_for_others),
        cmocka_unit_test(what_cannot_be_connected_to),
        cmocka_unit_test(a_refusal_has_qemus_words),
        cmocka_unit_test(one_who_hangs_up),
        cmocka_unit_test(one_who_is_gone_already),
        cmocka_unit_test(one_who_says_nothing),
        cmocka_unit_test(one_who_talks_something_else),
        cmocka_unit_test(a_line_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
