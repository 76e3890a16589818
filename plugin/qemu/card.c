#include "qemu/card.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "qemu/args.h"

char *card_id(const char *name, const char *alias)
{
    const size_t longest = strlen("_00");
    static const char prefix[] = "vif-";

    if (alias) {
        return str_dup(alias);
    }
    char *id = mem_zalloc(sizeof prefix + strlen(name) * longest);
    char *p = stpcpy(id, prefix);
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

char *card_netdev(const char *id, unsigned turn)
{
    return str_printf("host%s%s", id, turn ? "-again" : "");
}

char *card_hub_tap(const char *id, unsigned turn)
{
    return str_printf("host%s-tap%u", id, turn);
}

char *card_hub_port(const char *id, unsigned turn)
{
    return str_printf("host%s-port%u", id, turn);
}

char *card_gate(const char *id, unsigned turn)
{
    return str_printf("host%s-gate%u", id, turn);
}

char *card_hold(const char *id)
{
    return str_printf("host%s-hold", id);
}

char *card_fd(const char *id, const char *what, size_t queue)
{
    return str_printf("%s-%s%zu", id, what, queue);
}

/* As netdev_add wants several of them: "NAME:NAME"; caller frees. */
static char *fd_names(const char *id, const char *what, size_t n)
{
    char *text = str_dup("");

    for (size_t i = 0; i < n; i++) {
        auto_free char *before = text;
        auto_free char *name = card_fd(id, what, i);

        text = str_printf("%s%s%s", before, i ? ":" : "", name);
    }
    return text;
}

cJSON *card_text(const char *key, const char *value)
{
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, key, value);
    return arguments;
}

cJSON *card_link(const char *name, bool up)
{
    cJSON *arguments = card_text("name", name);

    cJSON_AddBoolToObject(arguments, "up", up);
    return arguments;
}

cJSON *card_tap(const char *netdev, const char *id, size_t n_fds, size_t n_vhost)
{
    auto_free char *fds = fd_names(id, CARD_FD, n_fds);
    auto_free char *vhost_fds = fd_names(id, CARD_VHOST, n_vhost);
    cJSON *arguments = card_text("type", "tap");

    cJSON_AddStringToObject(arguments, "id", netdev);
    cJSON_AddStringToObject(arguments, n_fds > 1 ? "fds" : "fd", fds);
    if (n_vhost) {
        cJSON_AddBoolToObject(arguments, "vhost", true);
        cJSON_AddStringToObject(arguments, n_vhost > 1 ? "vhostfds" : "vhostfd", vhost_fds);
    }
    return arguments;
}

cJSON *card_hubport(const char *port, int hub, const char *netdev)
{
    cJSON *arguments = card_text("type", "hubport");

    cJSON_AddStringToObject(arguments, "id", port);
    cJSON_AddNumberToObject(arguments, "hubid", hub);
    if (netdev) {
        cJSON_AddStringToObject(arguments, "netdev", netdev);
    }
    return arguments;
}

cJSON *card_device(const struct vif_port *port, const char *id, const char *bus, const char *addr,
                   const char *netdev)
{
    struct qemu_virtio virtio = qemu_virtio_of(port);
    cJSON *arguments = card_text("driver", qemu_driver(port));
    char mac[MAC_TEXT_SIZE];

    cJSON_AddStringToObject(arguments, "id", id);
    if (bus) {
        cJSON_AddStringToObject(arguments, "bus", bus);
    }
    if (addr) {
        cJSON_AddStringToObject(arguments, "addr", addr);
    }
    cJSON_AddStringToObject(arguments, "netdev", netdev);
    cJSON_AddStringToObject(arguments, "mac", mac_format(&port->mac, mac));
    if (virtio.vectors) {
        cJSON_AddBoolToObject(arguments, "mq", true);
        cJSON_AddNumberToObject(arguments, "vectors", virtio.vectors);
    }
    if (virtio.host_mtu) {
        cJSON_AddNumberToObject(arguments, "host_mtu", virtio.host_mtu);
    }
    return arguments;
}

bool card_is_leaving(const char *words)
{
    return strstr(words, "in the process of unplug") || strstr(words, "guest is busy");
}

bool card_is_not_freed(const char *words)
{
    return strstr(words, "Duplicate") != NULL;
}
