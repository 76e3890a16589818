#include "libvirt/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

/* The ABI has been this one since 2005. */
#define LIBVIRT_SONAME      "libvirt.so.0"
#define LIBVIRT_QEMU_SONAME "libvirt-qemu.so.0"

struct libvirt_library libvirt;

struct symbol {
    const char *name;
    void **place;
};

#define SYMBOL(name)                                                                               \
    {                                                                                              \
#name, (void **)&libvirt.name                                                              \
    }

/* Lazily: of the many functions in the many libraries that come with it few are called. */
static void *load(const char *soname)
{
    return dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
}

/* Returns the name of the first symbol that there is not, or NULL. */
static const char *find(void *library, const struct symbol *symbols, size_t n)
{
    const char *missing = NULL;

    for (size_t i = 0; i < n; i++) {
        *symbols[i].place = dlsym(library, symbols[i].name);
        if (!*symbols[i].place && !missing) {
            missing = symbols[i].name;
        }
    }
    return missing;
}

static void say_nothing(void *data, void *error)
{
    (void)data;
    (void)error;
}

int libvirt_load(char **errorp)
{
    static const struct symbol needed[] = {
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
    static const struct symbol events[] = {
        SYMBOL(virEventRegisterDefaultImpl),
        SYMBOL(virEventRunDefaultImpl),
        SYMBOL(virEventAddTimeout),
        SYMBOL(virEventUpdateTimeout),
        SYMBOL(virConnectDomainEventRegisterAny),
    };
    static const struct symbol newer[] = {
        SYMBOL(virGetLastErrorCode),
        SYMBOL(virDomainDetachDeviceAlias),
    };
    void *library = load(LIBVIRT_SONAME);

    if (!library) {
        return error_set(errorp, ENOPKG,
                         "cannot load %s, which speaks to libvirtd: is libvirt "
                         "installed?",
                         LIBVIRT_SONAME);
    }
    const char *missing = find(library, needed, ARRAY_LEN(needed));

    if (missing) {
        return error_set(errorp, ENOPKG, "no %s in %s: it is too old", missing, LIBVIRT_SONAME);
    }
    libvirt.has_asking = !find(library, newer, ARRAY_LEN(newer));
    /* What is told of a guest later needs the loop from before the connection. */
    libvirt.has_events = !find(library, events, ARRAY_LEN(events)) &&
                         libvirt.virEventRegisterDefaultImpl() == 0;
    /* Its sentences are passed on by us, and not printed besides. */
    libvirt.virSetErrorFunc(NULL, say_nothing);
    return 0;
}

bool libvirt_load_qemu(void)
{
    static const struct symbol symbols[] = {
        SYMBOL(virConnectDomainQemuMonitorEventRegister),
    };
    void *library = load(LIBVIRT_QEMU_SONAME);

    return library && !find(library, symbols, ARRAY_LEN(symbols));
}
