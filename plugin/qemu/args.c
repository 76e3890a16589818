#include "qemu/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/card.h"

static void add_owned(struct qemu_argv *args, char *arg)
{
    args->argv = mem_resize(args->argv, args->argc + 2, sizeof *args->argv);
    args->argv[args->argc++] = arg;
    args->argv[args->argc] = NULL;
}

void qemu_argv_add(struct qemu_argv *args, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add_owned(args, str_vprintf(format, list));
    va_end(list);
}

void qemu_argv_clear(struct qemu_argv *args)
{
    for (size_t i = 0; i < args->argc; i++) {
        free(args->argv[i]);
    }
    free(args->argv);
    memset(args, 0, sizeof *args);
}

int qemu_check_port(const struct vif_port *port, char **errorp)
{
    if (!port->model[0] || port->model[strspn(port->model, "abcdefghijklmnopqrstuvwxyz"
                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                           "0123456789_-.")]) {
        return error_set(errorp, EINVAL, "model \"%s\" is no name of a device", port->model);
    }
    return 0;
}

bool qemu_has_hub(const struct vif_port *port)
{
    return port->strategy == VIF_STRATEGY_HUB && port->device == VIF_DEVICE_MACVTAP;
}

char *qemu_device_id(const struct vif_port *port, size_t index)
{
    return port->alias ? str_dup(port->alias) : str_printf("net%zu", index);
}

/* A value in QEMU's option syntax, where a comma is written twice; caller frees. */
static char *escape(const char *value)
{
    char *escaped = mem_zalloc(2 * strlen(value) + 1);
    char *p = escaped;

    for (; *value; value++) {
        *p++ = *value;
        if (*value == ',') {
            *p++ = ',';
        }
    }
    return escaped;
}

const char *qemu_driver(const struct vif_port *port)
{
    static const struct {
        const char *model;
        const char *device;
    } names[] = {
        {"virtio", "virtio-net-pci"},
        {"virtio-transitional", "virtio-net-pci-transitional"},
        {"virtio-non-transitional", "virtio-net-pci-non-transitional"},
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq(names[i].model, port->model)) {
            return names[i].device;
        }
    }
    return port->model; /* the others are the same */
}

struct qemu_virtio qemu_virtio_of(const struct vif_port *port)
{
    struct qemu_virtio virtio = {0};

    if (strncmp(qemu_driver(port), "virtio-net", strlen("virtio-net")) == 0) {
        /* One for each queue in each direction, one for control and one for configuration. */
        virtio.vectors = port->n_queues > 1 ? 2 * port->n_queues + 2 : 0;
        virtio.host_mtu = port->mtu;
    }
    return virtio;
}

/* "3:4:5"; caller frees. */
static char *join_fds(const int *fds, size_t n)
{
    char *text = str_dup("");

    for (size_t i = 0; i < n; i++) {
        char *longer = str_printf("%s%s%d", text, i ? ":" : "", fds[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* Numbers of hubs, which are QEMU's whole: 0 is that of its old option -net, and those who make
 * hubs themselves begin there. */
#define FIRST_HUB 1000

/* What QEMU opens itself. */
static void add_own_netdev(const struct vif_port *port, const char *netdev, struct qemu_argv *args)
{
    auto_free char *ifname = escape(port->name);
    auto_free char *script = escape(port->script ? port->script : "no");
    auto_free char *downscript = escape(port->downscript ? port->downscript : "no");
    auto_free char *queues = port->n_queues > 1 ? str_printf(",queues=%u", port->n_queues)
                                                : str_dup("");

    qemu_argv_add(args, "-netdev");
    qemu_argv_add(args, "tap,id=%s,ifname=%s,script=%s,downscript=%s%s", netdev, ifname, script,
                  downscript, queues);
}

/* A hub of two ports, one for the card and one for the tap. */
static void add_hub(const struct qemu_nic *nic, size_t index, const char *plain_id,
                    const char *netdev, struct qemu_argv *args)
{
    auto_free char *plain_tap = card_hub_tap(plain_id, 0);
    auto_free char *plain_port = card_hub_port(plain_id, 0);
    auto_free char *tap = escape(plain_tap);
    auto_free char *port = escape(plain_port);

    qemu_argv_add(args, "-netdev");
    qemu_argv_add(args, "tap,id=%s,fd=%d", tap, nic->fds[0]);
    qemu_argv_add(args, "-netdev");
    qemu_argv_add(args, "hubport,id=%s,hubid=%zu,netdev=%s", port, FIRST_HUB + index, tap);
    qemu_argv_add(args, "-netdev");
    qemu_argv_add(args, "hubport,id=%s,hubid=%zu", netdev, FIRST_HUB + index);
}

static void add_netdev(const struct qemu_nic *nic, const char *netdev, struct qemu_argv *args)
{
    auto_free char *fds = join_fds(nic->fds, nic->n_fds);
    auto_free char *vhost_fds = join_fds(nic->vhost_fds, nic->n_vhost_fds);
    auto_free char *vhost = nic->n_vhost_fds
                                ? str_printf(",vhost=on,%s=%s",
                                             nic->n_vhost_fds > 1 ? "vhostfds" : "vhostfd",
                                             vhost_fds)
                                : str_dup("");

    qemu_argv_add(args, "-netdev");
    qemu_argv_add(args, "tap,id=%s,%s=%s%s", netdev, nic->n_fds > 1 ? "fds" : "fd", fds, vhost);
}

static void add_card(const struct qemu_nic *nic, size_t index, struct qemu_argv *args)
{
    const struct vif_port *port = nic->port;
    struct qemu_virtio virtio = qemu_virtio_of(port);
    auto_free char *plain_id = qemu_device_id(port, index);
    auto_free char *plain_netdev = card_netdev(plain_id, 0);
    auto_free char *id = escape(plain_id);
    auto_free char *netdev = escape(plain_netdev);
    auto_free char *name = escape(nic->bus ? nic->bus : "");
    auto_free char *bus = nic->bus ? str_printf(",bus=%s", name) : str_dup("");
    auto_free char *mq = virtio.vectors ? str_printf(",mq=on,vectors=%u", virtio.vectors)
                                        : str_dup("");
    auto_free char *mtu = virtio.host_mtu ? str_printf(",host_mtu=%u", virtio.host_mtu)
                                          : str_dup("");
    char mac[MAC_TEXT_SIZE];

    if (port->device == VIF_DEVICE_BY_QEMU) {
        add_own_netdev(port, netdev, args);
    } else if (qemu_has_hub(port)) {
        add_hub(nic, index, plain_id, netdev, args);
    } else {
        add_netdev(nic, netdev, args);
    }
    qemu_argv_add(args, "-device");
    qemu_argv_add(args, "%s,netdev=%s,id=%s%s,mac=%s%s%s", qemu_driver(port), netdev, id, bus,
                  mac_format(&port->mac, mac), mq, mtu);
}

void qemu_args_for(const struct qemu_nic *nics, size_t n, struct qemu_argv *args)
{
    for (size_t i = 0; i < n; i++) {
        add_card(&nics[i], i, args);
    }
}

enum place { PLACE_FD, PLACE_FDS, PLACE_MAC, PLACE_IFNAME };

/* Whether a place starts at `text`. Sets *index (SIZE_MAX when it is beyond any) and *length of the
 * text. */
static bool place_at(const char *text, enum place *place, size_t *index, size_t *length)
{
    static const struct {
        const char *prefix;
        enum place place;
    } places[] = {
        {"{fd:", PLACE_FD}, {"{fds:", PLACE_FDS}, {"{mac:", PLACE_MAC}, {"{ifname:", PLACE_IFNAME}};

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        size_t prefix = strlen(places[i].prefix);
        size_t digits;

        if (strncmp(text, places[i].prefix, prefix) != 0) {
            continue;
        }
        digits = strspn(text + prefix, "0123456789");
        if (digits && text[prefix + digits] == '}') {
            *place = places[i].place;
            *index = digits < 6 ? (size_t)strtoul(text + prefix, NULL, 10) : SIZE_MAX;
            *length = prefix + digits + 1;
            return true;
        }
    }
    return false;
}

int qemu_args_have_places(char *const *argv)
{
    enum place place;
    size_t index;
    size_t length;

    for (; *argv; argv++) {
        for (const char *p = strchr(*argv, '{'); p; p = strchr(p + 1, '{')) {
            if (place_at(p, &place, &index, &length)) {
                return true;
            }
        }
    }
    return false;
}

/* What belongs into a place; caller frees. NULL and a sentence when nothing does. */
static char *fill_place(enum place place, const struct qemu_nic *nic, const char *text,
                        char **errorp)
{
    char mac[MAC_TEXT_SIZE];

    switch (place) {
    case PLACE_MAC:
        return str_dup(mac_format(&nic->port->mac, mac));
    case PLACE_IFNAME:
        return str_dup(nic->port->name);
    case PLACE_FD:
    case PLACE_FDS:
        if (!nic->n_fds) {
            error_set(errorp, EINVAL,
                      "\"%s\": \"%s\" is opened by the guest's own program; use {ifname:}", text,
                      nic->port->name);
            return NULL;
        }
        if (place == PLACE_FD && nic->n_fds > 1) {
            error_set(errorp, EINVAL, "\"%s\": \"%s\" has %zu queues; use {fds:}", text,
                      nic->port->name, nic->n_fds);
            return NULL;
        }
        return join_fds(nic->fds, nic->n_fds);
    }
    return NULL;
}

/* Copies one argument with its places filled in; NULL and a sentence on failure. */
static char *fill_argument(const char *arg, const struct qemu_nic *nics, size_t n, char **errorp)
{
    char *filled = str_dup("");
    const char *p = arg;

    while (*p) {
        enum place place;
        size_t index;
        size_t length = 1;
        auto_free char *piece = NULL;

        if (*p == '{' && place_at(p, &place, &index, &length)) {
            if (index >= n) {
                error_set(errorp, EINVAL, "\"%.*s\": there are %zu interfaces, counted from 0",
                          (int)length, p, n);
            } else {
                piece = fill_place(place, &nics[index], arg, errorp);
            }
            if (!piece) {
                free(filled);
                return NULL;
            }
        } else {
            length = 1 + strcspn(p + 1, "{");
            piece = str_printf("%.*s", (int)length, p);
        }
        char *longer = str_printf("%s%s", filled, piece);
        free(filled);
        filled = longer;
        p += length;
    }
    return filled;
}

int qemu_args_fill(char *const *argv, const struct qemu_nic *nics, size_t n, struct qemu_argv *args,
                   char **errorp)
{
    memset(args, 0, sizeof *args);
    for (; *argv; argv++) {
        char *filled = fill_argument(*argv, nics, n, errorp);

        if (!filled) {
            qemu_argv_clear(args);
            return -EINVAL;
        }
        add_owned(args, filled);
    }
    return 0;
}
