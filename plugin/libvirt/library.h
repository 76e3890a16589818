/* libvirt's own library, loaded when it is first needed. For the files of this room only.
 *
 * No header of it is needed to build: what is used of it is declared here as its reference manual
 * has it.
 */
#ifndef LIBVIRT_LIBRARY_H
#define LIBVIRT_LIBRARY_H

#include <stdbool.h>

enum {
    DOMAIN_AFFECT_LIVE = 1,           /* virDomainModificationImpact */
    DOMAIN_METADATA_ELEMENT = 2,      /* virDomainMetadataType */
    DOMAIN_EVENT_DEVICE_REMOVED = 15, /* virDomainEventID */
    DOMAIN_EVENT_REMOVAL_FAILED = 22, /* likewise */
    ERROR_NO_SUPPORT = 3,             /* virErrorNumber */
};

struct connection;
struct domain;

/* What the two events above call; others call others. */
typedef void libvirt_device_event(struct connection *connection, struct domain *domain,
                                  const char *alias, void *data);

struct libvirt_library {
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

    /* The rest is there where the flag before it says so; older libraries lack it. */
    bool has_events;
    int (*virEventRegisterDefaultImpl)(void);
    int (*virEventRunDefaultImpl)(void);
    int (*virEventAddTimeout)(int ms, void (*call)(int timer, void *data), void *data,
                              void (*release)(void *data));
    void (*virEventUpdateTimeout)(int timer, int ms);
    int (*virConnectDomainEventRegisterAny)(struct connection *connection, struct domain *domain,
                                            int event, libvirt_device_event *call, void *data,
                                            void (*release)(void *data));

    bool has_asking;
    int (*virGetLastErrorCode)(void);
    int (*virDomainDetachDeviceAlias)(struct domain *domain, const char *alias, unsigned flags);

    /* Where libvirt_load_qemu() returned true. */
    int (*virConnectDomainQemuMonitorEventRegister)(
        struct connection *connection, struct domain *domain, const char *event,
        void (*call)(struct connection *connection, struct domain *domain, const char *event,
                     long long seconds, unsigned micros, const char *details, void *data),
        void *data, void (*release)(void *data), unsigned flags);
};

/* Filled by libvirt_load(). */
extern struct libvirt_library libvirt;

/* Returns 0, or -ENOPKG. The library is never unloaded: it has threads' state, and other programs'
 * handlers do not matter here. */
int libvirt_load(char **errorp);

/* Loads what passes on QEMU's own events. Returns false where there is none. */
bool libvirt_load_qemu(void);

#endif
