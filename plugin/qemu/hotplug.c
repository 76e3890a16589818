#include "qemu/hotplug.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/tap.h"
#include "qemu/args.h"
#include "qemu/qmp.h"
#include "qemu/slots.h"
#include "qemu/vhost.h"

char *hotplug_id(const char *name, const char *alias)
{
    const size_t longest = strlen("_00");
    static const char prefix[] = "vif-";
    char *id = mem_zalloc(sizeof prefix + strlen(name) * longest);
    char *p = stpcpy(id, prefix);

    if (alias) {
        free(id);
        return str_dup(alias);
    }
    /* QEMU's ids have letters, digits and -._ (id_wellformed() in util/id.c). */
    for (; *name; name++) {
        if (isalnum((unsigned char)*name) || *name == '-' || *name == '.') {
            *p++ = *name;
        } else {
            p += snprintf(p, longest + 1, "_%02x", (unsigned char)*name);
        }
    }
    return id;
}

/* libvirt's way to name the netdev of a device; caller frees. */
static char *netdev_id(const char *id)
{
    return str_printf("host%s", id);
}

/* Executes a command whose only argument is a text. */
static int execute_with(struct qmp *qmp, const char *command, const char *key, const char *value,
                        char **errorp)
{
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, key, value);
    return qmp_execute(qmp, command, arguments, errorp);
}

/* The names under which QEMU holds the descriptors of a card until a netdev takes them. */
static char *fd_name(const char *id, const char *what, size_t queue)
{
    return str_printf("%s-%s%zu", id, what, queue);
}

/* As netdev_add wants several of them: "NAME:NAME"; caller frees. */
static char *fd_names(const char *id, const char *what, size_t n)
{
    char *text = str_dup("");

    for (size_t i = 0; i < n; i++) {
        auto_free char *before = text;
        auto_free char *name = fd_name(id, what, i);

        text = str_printf("%s%s%s", before, i ? ":" : "", name);
    }
    return text;
}

static int give_fds(struct qmp *qmp, const char *id, const char *what, const int *fds, size_t n,
                    char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        auto_free char *name = fd_name(id, what, i);

        error = qmp_give_fd(qmp, name, fds[i], errorp);
    }
    return error;
}

/* Lets QEMU close descriptors that no netdev took. It may not have them all. */
static void close_fds(struct qmp *qmp, const char *id, const char *what, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        auto_free char *name = fd_name(id, what, i);

        execute_with(qmp, "closefd", "fdname", name, NULL);
    }
}

static int add_netdev(struct qmp *qmp, const struct hotplug_nic *nic, size_t n_vhost, char **errorp)
{
    auto_free char *id = netdev_id(nic->id);
    auto_free char *fds = fd_names(nic->id, "fd", nic->n_fds);
    auto_free char *vhost_fds = fd_names(nic->id, "vhost", n_vhost);
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, "type", "tap");
    cJSON_AddStringToObject(arguments, "id", id);
    cJSON_AddStringToObject(arguments, nic->n_fds > 1 ? "fds" : "fd", fds);
    if (n_vhost) {
        cJSON_AddBoolToObject(arguments, "vhost", true);
        cJSON_AddStringToObject(arguments, n_vhost > 1 ? "vhostfds" : "vhostfd", vhost_fds);
    }
    return qmp_execute(qmp, "netdev_add", arguments, errorp);
}

static void remove_netdev(struct qmp *qmp, struct hotplug_nic *nic, int *error, char **errorp)
{
    auto_free char *id = netdev_id(nic->id);
    auto_free char *sentence = NULL;
    int refused = execute_with(qmp, "netdev_del", "id", id, &sentence);

    /* Whoever gave QEMU the descriptors may have come no further. */
    if (refused == -ENOENT) {
        close_fds(qmp, nic->id, "fd", nic->n_fds);
        close_fds(qmp, nic->id, "vhost", nic->n_fds);
    }
    nic->there = refused && refused != -ENOENT;
    if (nic->there && !*error) {
        *error = error_set(errorp, -refused, "%s", sentence);
    }
}

static int add_device(struct qmp *qmp, const struct hotplug_nic *nic, char **errorp)
{
    struct qemu_virtio virtio = qemu_virtio_of(nic->port);
    auto_free char *netdev = netdev_id(nic->id);
    cJSON *arguments = cJSON_CreateObject();
    char mac[MAC_TEXT_SIZE];

    cJSON_AddStringToObject(arguments, "driver", qemu_driver(nic->port));
    cJSON_AddStringToObject(arguments, "id", nic->id);
    cJSON_AddStringToObject(arguments, "bus", nic->bus);
    cJSON_AddStringToObject(arguments, "netdev", netdev);
    cJSON_AddStringToObject(arguments, "mac", mac_format(&nic->port->mac, mac));
    if (virtio.vectors) {
        cJSON_AddBoolToObject(arguments, "mq", true);
        cJSON_AddNumberToObject(arguments, "vectors", virtio.vectors);
    }
    if (virtio.host_mtu) {
        cJSON_AddNumberToObject(arguments, "host_mtu", virtio.host_mtu);
    }
    auto_free char *sentence = NULL;
    int error = qmp_execute(qmp, "device_add", arguments, &sentence);

    if (error) {
        /* An unknown bus is "not found" as well. */
        error = error_set(errorp, error == -ENOENT ? EIO : -error, "%s", sentence);
    }
    if (error && strstr(sentence, "does not support hotplugging")) {
        error_append(errorp, "a card needs the bus of a pcie-root-port that has an id");
    }
    return error;
}

static int set_link_down(struct qmp *qmp, const char *id, char **errorp)
{
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, "name", id);
    cJSON_AddBoolToObject(arguments, "up", false);
    return qmp_execute(qmp, "set_link", arguments, errorp);
}

/* Hands over the descriptors and makes the netdev of them. On failure QEMU has nothing of it, if it
 * answers. */
static int plug_netdev(struct qmp *qmp, const struct hotplug_nic *nic, char **errorp)
{
    int vhost_fds[TAP_MAX_QUEUES];
    size_t n_vhost;
    int error = vhost_open(nic->port, nic->n_fds, vhost_fds, &n_vhost, errorp);

    if (error) {
        return error;
    }
    error = give_fds(qmp, nic->id, "fd", nic->fds, nic->n_fds, errorp);
    if (!error) {
        error = give_fds(qmp, nic->id, "vhost", vhost_fds, n_vhost, errorp);
    }
    if (!error) {
        error = add_netdev(qmp, nic, n_vhost, errorp);
    }
    if (error) {
        close_fds(qmp, nic->id, "fd", nic->n_fds);
        close_fds(qmp, nic->id, "vhost", n_vhost);
    }
    for (size_t i = 0; i < n_vhost; i++) {
        close(vhost_fds[i]);
    }
    return error;
}

/* After -EPIPE or -ETIMEDOUT nobody knows what QEMU has, unless it has ended. */
static bool is_unknown(int error)
{
    return error == -EPIPE || error == -ETIMEDOUT || error == -EPROTO;
}

/* Gives QEMU one card. On failure `there` says whether the device is there, or may be. */
static int plug_one(struct qmp *qmp, struct hotplug_nic *nic, char **errorp)
{
    int error = plug_netdev(qmp, nic, errorp);

    if (!error) {
        error = add_device(qmp, nic, errorp);
        nic->there = !error;
        if (error && !is_unknown(error)) {
            int ignored = error;

            remove_netdev(qmp, nic, &ignored, NULL);
        }
    }
    if (!error && nic->port->link_down) {
        error = set_link_down(qmp, nic->id, errorp);
    }
    nic->there |= is_unknown(error);
    return error ? error_wrap(errorp, error, "%s", nic->name) : 0;
}

int hotplug_plug(struct qmp *qmp, struct hotplug_nic *nics, size_t n, int wait_ms, char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        error = plug_one(qmp, &nics[i], errorp);
    }
    if (error && !is_unknown(error)) {
        auto_free char *sentence = NULL;

        if (hotplug_unplug(qmp, nics, n, wait_ms, &sentence)) {
            error_append(errorp, "%s", sentence);
        }
    }
    return error;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Asks the guest to let go of a device. Sets *there to false when there is none. */
static int ask(struct qmp *qmp, const struct hotplug_nic *nic, bool *there, char **errorp)
{
    auto_free char *sentence = NULL;
    int error = execute_with(qmp, "device_del", "id", nic->id, &sentence);

    /* It was asked before (qmp_device_del() in softmmu/qdev-monitor.c); there is no class for it.
     */
    if (error == -EIO && strstr(sentence, "in the process of unplug")) {
        return 0;
    }
    *there = error != -ENOENT;
    return *there && error ? error_set(errorp, -error, "%s", sentence) : 0;
}

/* Which device an event is about, of those that are still there, or `n`. */
static size_t find_device(const cJSON *event, const char *name, const struct hotplug_nic *nics,
                          const bool *there, size_t n)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(event, "data");
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, "device"));
    size_t i = 0;

    /* A device that is part of another one, as each virtio card has, comes without an id. */
    if (!id ||
        !str_eq(name, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "event")))) {
        return n;
    }
    while (i < n && !(there[i] && str_eq(nics[i].id, id))) {
        i++;
    }
    return i;
}

/* Waits until no device is there any more; -ETIMEDOUT, without a sentence, when that takes too
 * long.
 */
static int wait_for_all(struct qmp *qmp, const struct hotplug_nic *nics, bool *there, size_t n,
                        int64_t end, char **errorp)
{
    size_t n_left = 0;

    for (size_t i = 0; i < n; i++) {
        n_left += there[i];
    }
    while (n_left) {
        int64_t left = end - now_ms();
        cJSON *event;
        int error = qmp_next_event(qmp, left > 0 ? (int)left : 0, &event, errorp);

        if (error) {
            return error;
        }
        size_t gone = find_device(event, "DEVICE_DELETED", nics, there, n);
        size_t kept = find_device(event, "DEVICE_UNPLUG_GUEST_ERROR", nics, there, n);
        cJSON_Delete(event);
        if (gone < n) {
            there[gone] = false;
            n_left--;
        }
        if (kept < n) {
            return error_set(errorp, EBUSY, "%s: the guest refuses to let go of it",
                             nics[kept].name);
        }
    }
    return 0;
}

/* Asks QEMU itself what is still there, since an event may have gone to an earlier client. */
static int look_again(struct qmp *qmp, const struct hotplug_nic *nics, bool *there, size_t n,
                      int wait_ms, char **errorp)
{
    const char *kept = NULL;

    for (size_t i = 0; i < n; i++) {
        int error = there[i] ? slots_has_device(qmp, nics[i].id, &there[i], errorp) : 0;

        if (error) {
            return error;
        }
        kept = there[i] ? nics[i].name : kept;
    }
    return kept ? error_set(errorp, ETIME,
                            "%s: the guest did not let go of it within %g seconds; it has been "
                            "asked, and may do so once it runs and has booted",
                            kept, wait_ms / 1000.0)
                : 0;
}

int hotplug_unplug(struct qmp *qmp, struct hotplug_nic *nics, size_t n, int wait_ms, char **errorp)
{
    int64_t end = now_ms() + wait_ms;
    bool *there = mem_zalloc(n * sizeof *there); /* the device, which is what the guest holds */
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        there[i] = nics[i].there;
    }
    for (size_t i = 0; i < n && !error; i++) {
        error = there[i] ? ask(qmp, &nics[i], &there[i], errorp) : 0;
    }
    if (!error) {
        error = wait_for_all(qmp, nics, there, n, end, errorp);
        error = error == -ETIMEDOUT ? look_again(qmp, nics, there, n, wait_ms, errorp) : error;
    }
    for (size_t i = 0; i < n; i++) {
        if (nics[i].there && !there[i]) {
            remove_netdev(qmp, &nics[i], &error, errorp);
        }
    }
    free(there);
    return error;
}
