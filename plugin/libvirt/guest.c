#include "libvirt/guest.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* The ABI has been this one since 2005. */
#define LIBVIRT_SONAME "libvirt.so.0"

/* What is used of it, as its reference manual declares it; no header of it is needed to build. */
enum {
    DOMAIN_AFFECT_LIVE = 1,      /* virDomainModificationImpact */
    DOMAIN_METADATA_ELEMENT = 2, /* virDomainMetadataType */
};

struct connection;
struct domain;

static struct {
    struct connection *(*virConnectOpen)(const char *uri);
    int (*virConnectClose)(struct connection *connection);
    char *(*virConnectGetURI)(struct connection *connection);
    struct domain *(*virDomainLookupByName)(struct connection *connection, const char *name);
    struct domain *(*virDomainLookupByUUIDString)(struct connection *connection, const char *uuid);
    int (*virDomainFree)(struct domain *domain);
    int (*virDomainIsActive)(struct domain *domain);
    char *(*virDomainGetXMLDesc)(struct domain *domain, unsigned flags);
    int (*virDomainAttachDeviceFlags)(struct domain *domain, const char *xml, unsigned flags);
    int (*virDomainDetachDeviceFlags)(struct domain *domain, const char *xml, unsigned flags);
    int (*virDomainUpdateDeviceFlags)(struct domain *domain, const char *xml, unsigned flags);
    int (*virDomainSetMetadata)(struct domain *domain, int type, const char *metadata,
                                const char *key, const char *uri, unsigned flags);
    const char *(*virGetLastErrorMessage)(void);
    void (*virSetErrorFunc)(void *data, void (*handler)(void *data, void *error));
} libvirt;

struct libvirt_guest {
    struct connection *connection;
    struct domain *domain;
};

static void say_nothing(void *data, void *error)
{
    (void)data;
    (void)error;
}

/* Never unloaded: it has threads' state, and other programs' handlers do not matter here. */
static int load(char **errorp)
{
#define SYMBOL(name)                                                                               \
    {                                                                                              \
#name, (void **)&libvirt.name                                                              \
    }
    static const struct {
        const char *name;
        void **place;
    } symbols[] = {
        SYMBOL(virConnectOpen),
        SYMBOL(virConnectClose),
        SYMBOL(virConnectGetURI),
        SYMBOL(virDomainLookupByName),
        SYMBOL(virDomainLookupByUUIDString),
        SYMBOL(virDomainFree),
        SYMBOL(virDomainIsActive),
        SYMBOL(virDomainGetXMLDesc),
        SYMBOL(virDomainAttachDeviceFlags),
        SYMBOL(virDomainDetachDeviceFlags),
        SYMBOL(virDomainUpdateDeviceFlags),
        SYMBOL(virDomainSetMetadata),
        SYMBOL(virGetLastErrorMessage),
        SYMBOL(virSetErrorFunc),
    };
#undef SYMBOL
    void *library = dlopen(LIBVIRT_SONAME, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        return error_set(errorp, ENOPKG,
                         "cannot load %s, which speaks to libvirtd: is libvirt "
                         "installed?",
                         LIBVIRT_SONAME);
    }
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        *symbols[i].place = dlsym(library, symbols[i].name);
        if (!*symbols[i].place) {
            return error_set(errorp, ENOPKG, "no %s in %s: it is too old", symbols[i].name,
                             LIBVIRT_SONAME);
        }
    }
    /* Its sentences are passed on by us, and not printed besides. */
    libvirt.virSetErrorFunc(NULL, say_nothing);
    return 0;
}

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
    int error = load(errorp);

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

int libvirt_guest_detach(struct libvirt_guest *guest, const char *xml, char **errorp)
{
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
