#include "libvirt/guest.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "libvirt/library.h"

struct libvirt_guest {
    struct connection *connection;
    struct domain *domain;
    bool listens;
    libvirt_news_fn *call;
    void *data;
    int timer;
    bool heard;
    bool expired;
};

static int fail(char **errorp)
{
    return error_set(errorp, EIO, "libvirt: %s", libvirt.virGetLastErrorMessage());
}

/* Devices are made on this host, so the guest must be here, too. */
static int check_uri(const struct libvirt_guest *guest, char **errorp)
{
    const char local[] = "qemu:///";
    auto_free char *uri = libvirt.virConnectGetURI(guest->connection);

    if (!uri) {
        return fail(errorp);
    }
    return strncmp(uri, local, strlen(local)) == 0
               ? 0
               : error_set(errorp, EIO,
                           "libvirt is at \"%s\", and not QEMU's on this host; set "
                           "LIBVIRT_DEFAULT_URI=qemu:///system",
                           uri);
}

static int find(struct libvirt_guest *guest, const char *domain, char **errorp)
{
    guest->domain = libvirt.virDomainLookupByUUIDString(guest->connection, domain);
    if (!guest->domain) {
        guest->domain = libvirt.virDomainLookupByName(guest->connection, domain);
    }
    int is_active = guest->domain ? libvirt.virDomainIsActive(guest->domain) : -1;
    if (is_active < 0) {
        return fail(errorp);
    }
    return is_active ? 0
                     : error_set(errorp, EIO,
                                 "domain \"%s\" is not running; its definition is for vifplug "
                                 "adopt",
                                 domain);
}

int libvirt_guest_open(const char *domain, struct libvirt_guest **guestp, char **errorp)
{
    int error = libvirt_load(errorp);

    if (error) {
        return error;
    }
    struct libvirt_guest *guest = mem_zalloc(sizeof *guest);
    guest->connection = libvirt.virConnectOpen(NULL);
    error = guest->connection ? check_uri(guest, errorp) : fail(errorp);
    if (!error) {
        error = find(guest, domain, errorp);
    }
    if (error) {
        libvirt_guest_close(guest);
        return error;
    }
    *guestp = guest;
    return 0;
}

void libvirt_guest_close(struct libvirt_guest *guest)
{
    if (guest) {
        if (guest->domain) {
            libvirt.virDomainFree(guest->domain);
        }
        if (guest->connection) {
            libvirt.virConnectClose(guest->connection);
        }
        free(guest);
    }
}

int libvirt_guest_xml(struct libvirt_guest *guest, char **xml, char **errorp)
{
    *xml = libvirt.virDomainGetXMLDesc(guest->domain, 0);
    return *xml ? 0 : fail(errorp);
}

int libvirt_guest_attach(struct libvirt_guest *guest, const char *xml, char **errorp)
{
    return libvirt.virDomainAttachDeviceFlags(guest->domain, xml, DOMAIN_AFFECT_LIVE) == 0
               ? 0
               : fail(errorp);
}

int libvirt_guest_detach(struct libvirt_guest *guest, const char *alias, const char *xml,
                         char **errorp)
{
    if (alias && libvirt.has_asking) {
        if (libvirt.virDomainDetachDeviceAlias(guest->domain, alias, DOMAIN_AFFECT_LIVE) == 0) {
            return 0;
        }
        if (libvirt.virGetLastErrorCode() != ERROR_NO_SUPPORT) {
            return fail(errorp);
        }
    }
    return libvirt.virDomainDetachDeviceFlags(guest->domain, xml, DOMAIN_AFFECT_LIVE) == 0
               ? 0
               : fail(errorp);
}

int libvirt_guest_update(struct libvirt_guest *guest, const char *xml, char **errorp)
{
    return libvirt.virDomainUpdateDeviceFlags(guest->domain, xml, DOMAIN_AFFECT_LIVE) == 0
               ? 0
               : fail(errorp);
}

int libvirt_guest_set_metadata(struct libvirt_guest *guest, const char *prefix, const char *uri,
                               const char *xml, char **errorp)
{
    return libvirt.virDomainSetMetadata(guest->domain, DOMAIN_METADATA_ELEMENT, xml, prefix, uri,
                                        DOMAIN_AFFECT_LIVE) == 0
               ? 0
               : fail(errorp);
}

static void tell(struct libvirt_guest *guest, const char *alias, enum libvirt_news news)
{
    guest->heard = true;
    guest->call(guest->data, alias, news);
}

static void on_removed(struct connection *connection, struct domain *domain, const char *alias,
                       void *data)
{
    (void)connection;
    (void)domain;
    tell(data, alias, LIBVIRT_GONE);
}

static void on_refused(struct connection *connection, struct domain *domain, const char *alias,
                       void *data)
{
    (void)connection;
    (void)domain;
    tell(data, alias, LIBVIRT_REFUSED);
}

/* QEMU's own event. What is in a device has events, too, which have no "device". */
static void on_deleted(struct connection *connection, struct domain *domain, const char *event,
                       long long seconds, unsigned micros, const char *details, void *data)
{
    cJSON *json = details ? cJSON_Parse(details) : NULL;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "device"));

    (void)connection;
    (void)domain;
    (void)event;
    (void)seconds;
    (void)micros;
    if (id) {
        tell(data, id, LIBVIRT_LEFT);
    }
    cJSON_Delete(json);
}

static void on_timer(int timer, void *data)
{
    struct libvirt_guest *guest = data;

    (void)timer;
    guest->expired = true;
}

static bool register_events(struct libvirt_guest *guest)
{
    guest->timer = libvirt.virEventAddTimeout(-1, on_timer, guest, NULL);
    if (guest->timer < 0 || libvirt.virConnectDomainEventRegisterAny(
                                guest->connection, guest->domain, DOMAIN_EVENT_DEVICE_REMOVED,
                                on_removed, guest, NULL) < 0) {
        return false;
    }
    libvirt.virConnectDomainEventRegisterAny(guest->connection, guest->domain,
                                             DOMAIN_EVENT_REMOVAL_FAILED, on_refused, guest, NULL);
    if (libvirt_load_qemu()) {
        libvirt.virConnectDomainQemuMonitorEventRegister(
            guest->connection, guest->domain, "DEVICE_DELETED", on_deleted, guest, NULL, 0);
    }
    return true;
}

bool libvirt_guest_listen(struct libvirt_guest *guest, libvirt_news_fn *call, void *data)
{
    guest->call = call;
    guest->data = data;
    if (!guest->listens) {
        guest->listens = libvirt.has_events && register_events(guest);
    }
    return guest->listens;
}

bool libvirt_guest_hear(struct libvirt_guest *guest, int ms)
{
    guest->heard = false;
    guest->expired = false;
    libvirt.virEventUpdateTimeout(guest->timer, ms);
    while (!guest->heard && !guest->expired && libvirt.virEventRunDefaultImpl() == 0) {
    }
    libvirt.virEventUpdateTimeout(guest->timer, -1);
    return guest->heard;
}
