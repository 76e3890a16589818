/* For C tests of plugin/qemu: a QEMU with one network card, as far as QMP shows it. It refuses what
 * a real one refuses, and can be told to hang up, or to refuse, at any command. */
#ifndef TESTS_SUPPORT_FAKE_QEMU_H
#define TESTS_SUPPORT_FAKE_QEMU_H

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/qmp.h"
#include "support/test.h"

#define FAKE_MAX 8

/* What goes wrong, and when: at the command of that number, counted from 1 over all sessions and
 * without qmp_capabilities; 0 is never. */
struct fake_trouble {
    unsigned hang_up_before; /* it is carried out */
    unsigned hang_up_after;  /* it was, and before the answer, which the next client gets */
    unsigned refuse;
    unsigned refuse_also;
    bool guest_refuses;
    unsigned ignores;    /* so many device_del's the guest does not comply with */
    bool late;           /* it complies when the session has ended */
    unsigned ejects;     /* so many cards that were plugged in, as it was asked twice before */
    unsigned slow;       /* so often it has yet to take a new one when that is asked */
    unsigned not_freed;  /* so often a device_add comes before it has freed the device before */
    bool not_pci;        /* its cards are none that QEMU lists */
    const char *handler; /* of its bus, "" for none */
    bool no_filters;     /* it has none */
    bool two_queues;     /* and the macvtap is gone: it dies where a real one does */
};

struct fake_netdev {
    char name[64];
    char peer[64]; /* of a hub's port: the netdev behind it, or "" */
    bool port;
    bool down;
    ino_t file; /* that its descriptor is of */
};

struct fake_filter {
    char name[64];
    char netdev[64];
    bool hold; /* else a gate */
    bool on;
};

struct fake_qemu {
    struct fake_trouble trouble;
    struct fake_netdev netdevs[FAKE_MAX];
    size_t n_netdevs;
    struct fake_filter filters[FAKE_MAX];
    size_t n_filters;
    unsigned sinks;  /* a bit for each gate's */
    bool looped;     /* two taps at the hub could hear, and one of them speak */
    bool lost;       /* neither could speak, and nothing was held; or none could hear */
    char device[64]; /* its netdev, or "": it is not there */
    bool leaving;
    bool link_down;
    bool announced;
    ino_t given; /* by getfd, and not taken yet */
    unsigned n_commands;
    unsigned n_let_go;  /* how often the guest lost its card */
    char log[4096];     /* the commands */
    char owed_to[4096]; /* the command of a client that has gone */
    char owed[4096];    /* and the answer */
};

__attribute__((unused)) static struct fake_netdev *fake_find(struct fake_qemu *qemu,
                                                             const char *name)
{
    for (size_t i = 0; i < qemu->n_netdevs; i++) {
        if (str_eq(qemu->netdevs[i].name, name)) {
            return &qemu->netdevs[i];
        }
    }
    return NULL;
}

__attribute__((unused)) static void fake_add(struct fake_qemu *qemu, const char *name,
                                             const char *peer, bool port, ino_t file)
{
    struct fake_netdev *netdev = &qemu->netdevs[qemu->n_netdevs++];

    *netdev = (struct fake_netdev){.port = port, .file = file};
    str_copy(netdev->name, sizeof netdev->name, name);
    str_copy(netdev->peer, sizeof netdev->peer, peer);
}

static const char *fake_text(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));

    return text ? text : "";
}

#define FAKE_REFUSED "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n"
#define FAKE_MISSING "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"not found\"}}\n"
#define FAKE_ID      "net0"
#define FAKE_DELETED                                                                               \
    "{\"event\": \"DEVICE_DELETED\", \"data\": {\"path\": "                                        \
    "\"/machine/peripheral/net0/virtio-backend\"}}\n"                                              \
    "{\"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"net0\"}}\n"

static const char *fake_qom_get(const struct fake_qemu *qemu, const cJSON *arguments, char *text,
                                size_t size)
{
    const char *property = fake_text(arguments, "property");

    if (!qemu->device[0] && strstr(fake_text(arguments, "path"), FAKE_ID)) {
        return FAKE_MISSING;
    }
    const char *value = str_eq(property, "netdev")       ? qemu->device
                        : str_eq(property, "parent_bus") ? "/machine/peripheral/rp0/rp0"
                        : qemu->trouble.handler          ? qemu->trouble.handler
                                                         : "/machine/x";
    if (str_eq(property, "addr")) {
        snprintf(text, size, "{\"return\": 17}\n");
    } else {
        snprintf(text, size, "{\"return\": \"%s\"}\n", value);
    }
    return text;
}

static const char *fake_netdev_add(struct fake_qemu *qemu, const cJSON *arguments)
{
    const char *id = fake_text(arguments, "id");
    const char *peer = fake_text(arguments, "netdev");
    bool port = str_eq(fake_text(arguments, "type"), "hubport");

    if (fake_find(qemu, id) ||
        (port && (!fake_find(qemu, peer) || cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(
                                                arguments, "hubid")) != 7))) {
        return FAKE_REFUSED;
    }
    const char *fds = fake_text(arguments, qemu->trouble.two_queues ? "fds" : "fd");
    if (!port &&
        (!qemu->given || !str_eq(fds, qemu->trouble.two_queues ? FAKE_ID "-fd0:" FAKE_ID "-fd1"
                                                               : FAKE_ID "-fd0"))) {
        return FAKE_REFUSED;
    }
    fake_add(qemu, id, peer, port, port ? 0 : qemu->given);
    qemu->given = port ? qemu->given : 0;
    return OK;
}

static struct fake_filter *fake_find_filter(struct fake_qemu *qemu, const char *name)
{
    for (size_t i = 0; i < qemu->n_filters; i++) {
        if (str_eq(qemu->filters[i].name, name)) {
            return &qemu->filters[i];
        }
    }
    return NULL;
}

/* Whether a tap at the hub is there to hear, and to speak. */
static bool fake_speaks(struct fake_qemu *qemu, const char *tap)
{
    for (size_t i = 0; i < qemu->n_filters; i++) {
        if (qemu->filters[i].on && str_eq(qemu->filters[i].netdev, tap)) {
            return false;
        }
    }
    return true;
}

/* Takes note of what the hub does to frames just now. */
static void fake_watch_hub(struct fake_qemu *qemu)
{
    unsigned n_hear = 0;
    unsigned n_speak = 0;
    bool held = false;
    bool hub = false;

    for (size_t i = 0; i < qemu->n_netdevs; i++) {
        const struct fake_netdev *tap = fake_find(qemu, qemu->netdevs[i].peer);

        if (tap && !tap->down) {
            n_hear++;
            n_speak += fake_speaks(qemu, tap->name);
        }
        hub |= qemu->netdevs[i].port;
    }
    for (size_t i = 0; i < qemu->n_filters; i++) {
        held |= qemu->filters[i].hold && qemu->filters[i].on;
    }
    qemu->looped |= n_hear > 1 && n_speak > 0;
    qemu->lost |= hub && (n_hear == 0 || (n_speak == 0 && !held));
}

static int fake_turn(const char *gate)
{
    return str_eq(gate, "hostnet0-gate0") ? 1 : str_eq(gate, "hostnet0-gate1") ? 2 : 0;
}

static const char *fake_sink(struct fake_qemu *qemu, const cJSON *arguments, bool add)
{
    unsigned bit = (unsigned)fake_turn(fake_text(arguments, "id"));

    if (!bit || !(qemu->sinks & bit) != add) {
        return FAKE_REFUSED;
    }
    qemu->sinks ^= bit;
    return OK;
}

static const char *fake_object_add(struct fake_qemu *qemu, const cJSON *arguments)
{
    const char *id = fake_text(arguments, "id");
    const char *outdev = fake_text(arguments, "outdev");
    const char *netdev = fake_text(arguments, "netdev");
    bool hold = str_eq(fake_text(arguments, "qom-type"), "filter-buffer");

    if (qemu->trouble.no_filters || fake_find_filter(qemu, id) || !fake_find(qemu, netdev) ||
        !(hold || (qemu->sinks & (unsigned)fake_turn(outdev)))) {
        return FAKE_REFUSED;
    }
    struct fake_filter *filter = &qemu->filters[qemu->n_filters++];
    *filter = (struct fake_filter){
        .hold = hold,
        .on = str_eq(fake_text(arguments, "status"), "on"),
    };
    str_copy(filter->name, sizeof filter->name, id);
    str_copy(filter->netdev, sizeof filter->netdev, netdev);
    return OK;
}

static const char *fake_object_del(struct fake_qemu *qemu, const cJSON *arguments)
{
    struct fake_filter *filter = fake_find_filter(qemu, fake_text(arguments, "id"));

    if (!filter) {
        return FAKE_REFUSED;
    }
    *filter = qemu->filters[--qemu->n_filters];
    return OK;
}

static const char *fake_qom_set(struct fake_qemu *qemu, const cJSON *arguments)
{
    const char *path = fake_text(arguments, "path");
    const char *name = strrchr(path, '/');
    struct fake_filter *filter = name ? fake_find_filter(qemu, name + 1) : NULL;

    if (!filter || !str_eq(fake_text(arguments, "property"), "status")) {
        return FAKE_REFUSED;
    }
    filter->on = str_eq(fake_text(arguments, "value"), "on");
    return OK;
}

/* And its filters with it. */
static const char *fake_netdev_del(struct fake_qemu *qemu, const cJSON *arguments)
{
    struct fake_netdev *netdev = fake_find(qemu, fake_text(arguments, "id"));

    if (!netdev) {
        return FAKE_MISSING;
    }
    for (size_t i = qemu->n_filters; i > 0; i--) {
        if (str_eq(qemu->filters[i - 1].netdev, netdev->name)) {
            qemu->filters[i - 1] = qemu->filters[--qemu->n_filters];
        }
    }
    *netdev = qemu->netdevs[--qemu->n_netdevs];
    return OK;
}

static void fake_let_go(struct fake_qemu *qemu)
{
    qemu->n_let_go++;
    qemu->leaving = false;
    qemu->device[0] = '\0';
}

static const char *fake_device_add(struct fake_qemu *qemu, const cJSON *arguments)
{
    if (qemu->trouble.not_freed) {
        qemu->trouble.not_freed--;
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Duplicate device ID "
               "'net0'\"}}\n" FAKE_DELETED;
    }
    if (qemu->device[0] || !fake_find(qemu, fake_text(arguments, "netdev")) ||
        !str_eq(fake_text(arguments, "bus"), "rp0") ||
        (cJSON_HasObjectItem(arguments, "addr") && !str_eq(fake_text(arguments, "addr"), "2.1")) ||
        !str_eq(fake_text(arguments, "mac"), "52:54:00:00:00:01")) {
        return FAKE_REFUSED;
    }
    str_copy(qemu->device, sizeof qemu->device, fake_text(arguments, "netdev"));
    qemu->link_down = false;
    if (qemu->trouble.ejects) {
        qemu->trouble.ejects--;
        fake_let_go(qemu);
        return OK FAKE_DELETED;
    }
    return OK;
}

/* The card is behind a bridge. */
static const char *fake_query_pci(struct fake_qemu *qemu, char *text, size_t size)
{
    bool taken = !qemu->trouble.slow;

    qemu->trouble.slow -= !taken;
    snprintf(
        text, size,
        "{\"return\": [{\"devices\": [{\"qdev_id\": \"\", \"regions\": [{\"address\": 64}]}, "
        "{\"qdev_id\": \"rp0\", \"regions\": [], \"pci_bridge\": {\"devices\": [%s%s%s]}}]}]}\n",
        qemu->device[0] && !qemu->trouble.not_pci
            ? "{\"qdev_id\": \"net0\", \"regions\": [{\"address\": -1}, {\"address\": "
            : "",
        !qemu->device[0] || qemu->trouble.not_pci ? ""
        : taken                                   ? "4263772160"
                                                  : "-1",
        qemu->device[0] && !qemu->trouble.not_pci ? "}]}" : "");
    return text;
}

static const char *fake_device_del(struct fake_qemu *qemu)
{
    if (!qemu->device[0]) {
        return FAKE_MISSING;
    }
    if (qemu->leaving) {
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Device net0 is already in "
               "the process of unplug\"}}\n";
    }
    if (qemu->trouble.two_queues && fake_find(qemu, qemu->device)) {
        _exit(1);
    }
    if (qemu->trouble.guest_refuses) {
        return OK "{\"event\": \"DEVICE_UNPLUG_GUEST_ERROR\", \"data\": {\"device\": \"net0\"}}\n";
    }
    if (qemu->trouble.late || qemu->trouble.ignores) {
        qemu->leaving = qemu->trouble.late;
        qemu->trouble.ignores -= qemu->trouble.ignores > 0;
        return OK;
    }
    fake_let_go(qemu);
    return OK FAKE_DELETED;
}

static const char *fake_set_link(struct fake_qemu *qemu, const cJSON *arguments)
{
    struct fake_netdev *netdev = fake_find(qemu, fake_text(arguments, "name"));
    bool up = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(arguments, "up"));

    if (netdev) {
        netdev->down = !up;
        return OK;
    }
    if (!qemu->device[0] || !str_eq(fake_text(arguments, "name"), FAKE_ID)) {
        return FAKE_MISSING;
    }
    qemu->link_down = !up;
    return OK;
}

/* The filters of a netdev come after it; returns how long the text is then. */
static size_t fake_info_filters(const struct fake_qemu *qemu, const char *netdev, char *text,
                                size_t size, size_t length)
{
    bool any = false;

    for (size_t i = 0; i < qemu->n_filters; i++) {
        if (str_eq(qemu->filters[i].netdev, netdev)) {
            length += (size_t)snprintf(text + length, size - length, "%s  - %s: type=x\\r\\n",
                                       any ? "" : "filters:\\r\\n", qemu->filters[i].name);
            any = true;
        }
    }
    return length;
}

/* The hub first, then what is at no hub. */
static const char *fake_info_network(const struct fake_qemu *qemu, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "{\"return\": \"hub 7\\r\\n");

    for (size_t i = 0; i < 2 * qemu->n_netdevs; i++) {
        const struct fake_netdev *netdev = &qemu->netdevs[i % qemu->n_netdevs];
        bool is_peer = false;

        for (size_t j = 0; j < qemu->n_netdevs; j++) {
            is_peer |= str_eq(qemu->netdevs[j].peer, netdev->name);
        }
        if (netdev->port && i < qemu->n_netdevs) {
            length += (size_t)snprintf(text + length, size - length,
                                       " \\\\ %s: %s: index=0,type=tap,fd=9\\r\\n", netdev->name,
                                       netdev->peer[0] ? netdev->peer : FAKE_ID);
            length = fake_info_filters(qemu, netdev->peer[0] ? netdev->peer : netdev->name, text,
                                       size, length);
        } else if (!netdev->port && !is_peer && i >= qemu->n_netdevs) {
            length += (size_t)snprintf(text + length, size - length,
                                       "%s: index=0,type=tap,fd=9\\r\\n", netdev->name);
            length = fake_info_filters(qemu, netdev->name, text, size, length);
        }
    }
    snprintf(text + length, size - length, "\"}\n");
    return text;
}

/* Carries a command out; returns the answer. */
static const char *fake_execute(struct fake_qemu *qemu, const char *command, const cJSON *arguments,
                                int fd, char *text, size_t size)
{
    struct stat st;

    if (str_eq(command, "getfd")) {
        qemu->given = fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
        return qemu->given ? OK : FAKE_REFUSED;
    }
    if (str_eq(command, "closefd")) {
        const char *answer = qemu->given ? OK : FAKE_REFUSED;

        qemu->given = 0;
        return answer;
    }
    if (str_eq(command, "announce-self")) {
        qemu->announced = true;
    }
    return str_eq(command, "qom-get")                 ? fake_qom_get(qemu, arguments, text, size)
           : str_eq(command, "netdev_add")            ? fake_netdev_add(qemu, arguments)
           : str_eq(command, "netdev_del")            ? fake_netdev_del(qemu, arguments)
           : str_eq(command, "device_add")            ? fake_device_add(qemu, arguments)
           : str_eq(command, "device_del")            ? fake_device_del(qemu)
           : str_eq(command, "set_link")              ? fake_set_link(qemu, arguments)
           : str_eq(command, "qom-set")               ? fake_qom_set(qemu, arguments)
           : str_eq(command, "object-add")            ? fake_object_add(qemu, arguments)
           : str_eq(command, "object-del")            ? fake_object_del(qemu, arguments)
           : str_eq(command, "chardev-add")           ? fake_sink(qemu, arguments, true)
           : str_eq(command, "chardev-remove")        ? fake_sink(qemu, arguments, false)
           : str_eq(command, "human-monitor-command") ? fake_info_network(qemu, text, size)
           : str_eq(command, "query-pci")             ? fake_query_pci(qemu, text, size)
           : str_eq(command, "query-rx-filter")
               ? "{\"return\": [{\"name\": \"net0\", \"main-mac\": \"52:54:00:00:06:99\"}]}\n"
               : OK;
}

/* Receives a line, and the descriptor that comes with it, or -1; false at the end. */
static bool fake_receive(int socket, char *line, size_t size, int *fd)
{
    size_t length = 0;

    *fd = -1;
    do {
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec iov = {.iov_base = line + length, .iov_len = 1};
        struct msghdr message = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof control,
        };

        if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || length + 2 > size) {
            return false;
        }
        const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_type == SCM_RIGHTS) {
            memcpy(fd, CMSG_DATA(header), sizeof *fd);
        }
    } while (line[length++] != '\n');
    line[length] = '\0';
    return true;
}

/* Serves one command; false when the session is at its end. */
static bool fake_serve_one(struct fake_qemu *qemu, int socket)
{
    char line[4096];
    char text[4096];
    int fd;

    if (!fake_receive(socket, line, sizeof line, &fd)) {
        return false;
    }
    cJSON *message = cJSON_Parse(line);
    const char *command = fake_text(message, "execute");
    const char *answer = OK;
    bool stays = true;

    if (!str_eq(command, "qmp_capabilities")) {
        unsigned number = ++qemu->n_commands;

        size_t length = strlen(qemu->log);

        snprintf(qemu->log + length, sizeof qemu->log - length, "%s ", command);
        stays = number != qemu->trouble.hang_up_before;
        if (number == qemu->trouble.refuse || number == qemu->trouble.refuse_also) {
            answer = FAKE_REFUSED;
        } else if (stays) {
            answer = fake_execute(qemu, command,
                                  cJSON_GetObjectItemCaseSensitive(message, "arguments"), fd, text,
                                  sizeof text);
            fake_watch_hub(qemu);
            stays = number != qemu->trouble.hang_up_after;
            if (!stays) {
                str_copy(qemu->owed_to, sizeof qemu->owed_to, line);
                str_copy(qemu->owed, sizeof qemu->owed, answer);
            }
        }
    }
    if (stays) {
        say_to(socket, line, answer, false);
    }
    if (fd >= 0) {
        close(fd);
    }
    cJSON_Delete(message);
    return stays;
}

/* Serves sessions at a listening socket, one at a time, until a byte comes, or the end, at `stop`.
 */
__attribute__((unused)) static void fake_serve(struct fake_qemu *qemu, int listener, int stop)
{
    for (;;) {
        fd_set set;

        FD_ZERO(&set);
        FD_SET(listener, &set);
        FD_SET(stop, &set);
        if (select((listener > stop ? listener : stop) + 1, &set, NULL, NULL, NULL) < 0 ||
            FD_ISSET(stop, &set)) {
            return;
        }
        int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        say(socket, GREETING, false);
        say_to(socket, qemu->owed_to, qemu->owed, false);
        qemu->owed[0] = '\0';
        while (fake_serve_one(qemu, socket)) {
        }
        close(socket);
        if (qemu->trouble.late && qemu->leaving) {
            fake_let_go(qemu);
        }
    }
}

#endif
