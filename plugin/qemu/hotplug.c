#include "qemu/hotplug.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "netdev/tap.h"
#include "qemu/card.h"
#include "qemu/hubs.h"
#include "qemu/qmp.h"
#include "qemu/slots.h"
#include "qemu/vhost.h"

/* Executes a command whose only argument is a text. */
static int execute_with(struct qmp *qmp, const char *command, const char *key, const char *value,
                        char **errorp)
{
    return qmp_execute(qmp, command, card_text(key, value), errorp);
}

static int give_fds(struct qmp *qmp, const char *id, const char *what, const int *fds, size_t n,
                    char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        auto_free char *name = card_fd(id, what, i);

        error = qmp_give_fd(qmp, name, fds[i], errorp);
    }
    return error;
}

/* Lets QEMU close descriptors that no netdev took. It may not have them all. */
static void close_fds(struct qmp *qmp, const char *id, const char *what, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        auto_free char *name = card_fd(id, what, i);

        execute_with(qmp, "closefd", "fdname", name, NULL);
    }
}

/* Makes a hub of two ports, one for the card and one for the tap. */
static int add_hub(struct qmp *qmp, const struct hotplug_nic *nic, char **errorp)
{
    auto_free char *netdev = card_netdev(nic->id, 0);
    auto_free char *tap = card_hub_tap(nic->id, 0);
    auto_free char *port = card_hub_port(nic->id, 0);
    cJSON *info = NULL;
    int error = qmp_query(qmp, "human-monitor-command", card_text("command-line", "info network"),
                          &info, errorp);
    const char *text = cJSON_GetStringValue(info);
    int hub = hubs_free_number(text ? text : "");

    cJSON_Delete(info);
    if (!error) {
        error = qmp_execute(qmp, "netdev_add", card_hubport(port, hub, tap), errorp);
    }
    return error ? error : qmp_execute(qmp, "netdev_add", card_hubport(netdev, hub, NULL), errorp);
}

static int add_netdev(struct qmp *qmp, const struct hotplug_nic *nic, size_t n_vhost, char **errorp)
{
    auto_free char *id = nic->hub ? card_hub_tap(nic->id, 0) : card_netdev(nic->id, 0);

    return qmp_execute(qmp, "netdev_add", card_tap(id, nic->id, nic->n_fds, n_vhost), errorp);
}

/* Removes a netdev, which may be gone; `there` says afterwards whether it is. */
static int remove_netdev(struct qmp *qmp, const char *id, bool *there, char **errorp)
{
    int error = execute_with(qmp, "netdev_del", "id", id, errorp);

    *there = error != -ENOENT;
    return *there ? error : 0;
}

/* Removes all netdevs that a card may have. */
static void remove_netdevs(struct qmp *qmp, struct hotplug_nic *nic, int *error, char **errorp)
{
    char *ids[3 * CARD_TURNS];
    size_t n = 0;
    size_t n_found = 0;
    bool left = false;

    for (unsigned turn = 0; turn < CARD_TURNS; turn++) {
        ids[n++] = card_netdev(nic->id, turn);
        if (nic->hub) {
            ids[n++] = card_hub_port(nic->id, turn);
            ids[n++] = card_hub_tap(nic->id, turn);
        }
    }
    for (size_t i = 0; i < n; i++) {
        auto_free char *id = ids[i];
        auto_free char *sentence = NULL;
        bool there;
        int refused = remove_netdev(qmp, id, &there, &sentence);

        n_found += there;
        left |= refused != 0;
        if (refused && !*error) {
            *error = error_set(errorp, -refused, "%s", sentence);
        }
    }
    /* Whoever gave QEMU the descriptors may have come no further. */
    if (!n_found) {
        close_fds(qmp, nic->id, CARD_FD, nic->n_fds);
        close_fds(qmp, nic->id, CARD_VHOST, nic->n_fds);
    }
    nic->there = left;
}

static int add_device(struct qmp *qmp, const struct hotplug_nic *nic, char **errorp)
{
    auto_free char *netdev = card_netdev(nic->id, 0);
    auto_free char *sentence = NULL;
    int error = qmp_execute(qmp, "device_add",
                            card_device(nic->port, nic->id, nic->bus, NULL, netdev), &sentence);

    if (error) {
        /* An unknown bus is "not found" as well. */
        error = error_set(errorp, error == -ENOENT ? EIO : -error, "%s", sentence);
    }
    if (error && strstr(sentence, "does not support hotplugging")) {
        error_append(errorp, "a card needs the bus of a pcie-root-port that has an id");
    }
    return error;
}

/* After -EPIPE or -ETIMEDOUT nobody knows what QEMU has, unless it has ended. */
static bool is_unknown(int error)
{
    return error == -EPIPE || error == -ETIMEDOUT || error == -EPROTO;
}

/* Hands over the descriptors and makes the netdev of them. On failure QEMU has nothing of it, if it
 * answers. */
static int plug_netdev(struct qmp *qmp, struct hotplug_nic *nic, char **errorp)
{
    int vhost_fds[TAP_MAX_QUEUES];
    size_t n_vhost;
    int error = vhost_open(nic->port, nic->n_fds, vhost_fds, &n_vhost, errorp);

    if (error) {
        return error;
    }
    error = give_fds(qmp, nic->id, CARD_FD, nic->fds, nic->n_fds, errorp);
    if (!error) {
        error = give_fds(qmp, nic->id, CARD_VHOST, vhost_fds, n_vhost, errorp);
    }
    if (!error) {
        error = add_netdev(qmp, nic, n_vhost, errorp);
    }
    if (!error && nic->hub) {
        error = add_hub(qmp, nic, errorp);
        if (error && !is_unknown(error)) {
            int ignored = error;

            remove_netdevs(qmp, nic, &ignored, NULL);
        }
    } else if (error) {
        close_fds(qmp, nic->id, CARD_FD, nic->n_fds);
        close_fds(qmp, nic->id, CARD_VHOST, n_vhost);
    }
    for (size_t i = 0; i < n_vhost; i++) {
        close(vhost_fds[i]);
    }
    return error;
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

            remove_netdevs(qmp, nic, &ignored, NULL);
        }
    }
    if (!error && nic->port->link_down) {
        error = qmp_execute(qmp, "set_link", card_link(nic->id, false), errorp);
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

/* Asks the guest to let go of a device. Sets *there to false when there is none. */
static int ask(struct qmp *qmp, const struct hotplug_nic *nic, bool *there, char **errorp)
{
    auto_free char *sentence = NULL;
    int error = execute_with(qmp, "device_del", "id", nic->id, &sentence);

    if (error == -EIO && card_is_leaving(sentence)) {
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
        int64_t left = end - clock_ms();
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
    int64_t end = clock_ms() + wait_ms;
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
            remove_netdevs(qmp, &nics[i], &error, errorp);
        }
    }
    free(there);
    return error;
}
