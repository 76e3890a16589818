#include "qemu/slots.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp.h"

/* Where QEMU keeps the devices that have an id (qdev_set_id() in softmmu/qdev-monitor.c). */
#define DEVICES "/machine/peripheral"

/* The root bus of i440FX, QEMU's machine "pc" (hw/pci-host/i440fx.c). */
#define I440FX     "/machine/i440fx"
#define I440FX_BUS "pci.0"

static int query_with(struct qmp *qmp, const char *command, const char *key, const char *value,
                      cJSON **result, char **errorp)
{
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, key, value);
    return qmp_query(qmp, command, arguments, result, errorp);
}

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));

    return text ? text : "";
}

/* What there is at that place in QEMU's tree of objects; the caller calls cJSON_Delete(). */
static int list(struct qmp *qmp, const char *path, cJSON **properties, char **errorp)
{
    return query_with(qmp, "qom-list", "path", path, properties, errorp);
}

/* The one with that name, or NULL. */
static const cJSON *find(const cJSON *items, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, items)
    {
        if (str_eq(text_of(item, "name"), name)) {
            return item;
        }
    }
    return NULL;
}

int slots_has_device(struct qmp *qmp, const char *id, bool *has, char **errorp)
{
    cJSON *devices = NULL;
    int error = list(qmp, DEVICES, &devices, errorp);

    *has = find(devices, id) != NULL;
    cJSON_Delete(devices);
    return error;
}

/* Whether a device is of one of these types; its own is "child<TYPE>". */
static bool is_of_type(const cJSON *device, const cJSON *types)
{
    const char *type = text_of(device, "type");
    const cJSON *item;

    cJSON_ArrayForEach(item, types)
    {
        auto_free char *child = str_printf("child<%s>", text_of(item, "name"));

        if (str_eq(type, child)) {
            return true;
        }
    }
    return false;
}

/* Whether a PCIe port takes devices while the guest runs: one may be made with hotplug=off. All do
 * where QEMU does not know of that yet. */
static int has_hotplug(struct qmp *qmp, const char *id, bool *has, char **errorp)
{
    cJSON *arguments = cJSON_CreateObject();
    cJSON *value = NULL;
    auto_free char *path = str_printf(DEVICES "/%s", id);

    cJSON_AddStringToObject(arguments, "path", path);
    cJSON_AddStringToObject(arguments, "property", "hotplug");
    int error = qmp_query(qmp, "qom-get", arguments, &value, errorp);
    *has = !cJSON_IsFalse(value);
    cJSON_Delete(value);
    return error == -EIO ? 0 : error;
}

/* Whether a PCIe port's bus, which has the port's id for a name, has no device. */
static int is_empty(struct qmp *qmp, const char *id, bool *empty, char **errorp)
{
    auto_free char *path = str_printf(DEVICES "/%s/%s", id, id);
    cJSON *properties = NULL;
    const cJSON *property;
    int error = list(qmp, path, &properties, errorp);

    *empty = true;
    cJSON_ArrayForEach(property, properties)
    {
        /* A bus has a link of this name for each (bus_add_child() in hw/core/qdev.c). */
        if (strncmp(text_of(property, "name"), "child[", strlen("child[")) == 0) {
            *empty = false;
        }
    }
    cJSON_Delete(properties);
    return error;
}

static int by_id(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* The ids of all PCIe ports; to be freed with slots_free(). */
static int find_ports(struct qmp *qmp, char ***idsp, size_t *np, char **errorp)
{
    cJSON *types = NULL;
    cJSON *devices = NULL;
    const cJSON *device;
    char **ids = NULL;
    size_t n = 0;
    /* All ports that lead down, whether of a root complex or of a switch (hw/pci/pcie_port.c). */
    int error = query_with(qmp, "qom-list-types", "implements", "pcie-slot", &types, errorp);

    if (!error) {
        error = list(qmp, DEVICES, &devices, errorp);
    }
    cJSON_ArrayForEach(device, devices)
    {
        if (is_of_type(device, types)) {
            ids = mem_resize(ids, n + 1, sizeof *ids);
            ids[n++] = str_dup(text_of(device, "name"));
        }
    }
    if (n) {
        qsort(ids, n, sizeof *ids, by_id);
    }
    cJSON_Delete(devices);
    cJSON_Delete(types);
    *idsp = ids;
    *np = n;
    return error;
}

void slots_free(char **buses, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(buses[i]);
    }
    free(buses);
}

/* Chooses among the ports, as many as are free and at most `n`. */
static int choose_ports(struct qmp *qmp, char *const *ports, size_t n_ports, char **buses, size_t n,
                        size_t *n_chosen, char **errorp)
{
    int error = 0;

    *n_chosen = 0;
    for (size_t i = 0; i < n_ports && *n_chosen < n && !error; i++) {
        bool empty = false;
        bool hotplug;

        error = has_hotplug(qmp, ports[i], &hotplug, errorp);
        if (!error && hotplug) {
            error = is_empty(qmp, ports[i], &empty, errorp);
        }
        if (empty) {
            buses[(*n_chosen)++] = str_dup(ports[i]);
        }
    }
    return error;
}

/* Whether the machine is an i440FX. */
static int is_i440fx(struct qmp *qmp, bool *is, char **errorp)
{
    cJSON *properties = NULL;
    auto_free char *sentence = NULL;
    int error = list(qmp, I440FX, &properties, &sentence);

    *is = find(properties, I440FX_BUS) != NULL;
    cJSON_Delete(properties);
    return error && error != -ENOENT ? error_set(errorp, -error, "%s", sentence) : 0;
}

/* Finds free ports, or else i440FX's bus. */
static int find_free(struct qmp *qmp, char *const *ports, size_t n_ports, char **buses, size_t n,
                     size_t *n_found, char **errorp)
{
    int error = choose_ports(qmp, ports, n_ports, buses, n, n_found, errorp);
    bool fallback = false;

    if (!error && *n_found < n) {
        error = is_i440fx(qmp, &fallback, errorp);
    }
    while (fallback && *n_found < n) {
        buses[(*n_found)++] = str_dup(I440FX_BUS);
    }
    return error || *n_found == n
               ? error
               : error_set(
                     errorp, ENOSPC,
                     "this QEMU has %zu free slots that take a device while it runs, and %zu "
                     "%s needed: start it with one \"-device pcie-root-port,id=ID,chassis=N\" "
                     "for each interface to come, with an id and a number of its own",
                     *n_found, n, n == 1 ? "is" : "are");
}

/* Checks that a port which was asked for can take `n` devices. */
static int check_port(struct qmp *qmp, const char *bus, size_t n, char **errorp)
{
    bool empty = true;
    bool hotplug;
    int error = has_hotplug(qmp, bus, &hotplug, errorp);

    if (!error) {
        error = is_empty(qmp, bus, &empty, errorp);
    }
    if (!error && !hotplug) {
        error = error_set(errorp, ENOSPC,
                          "bus \"%s\" takes no device while QEMU runs: it has hotplug=off", bus);
    } else if (!error && !empty) {
        error = error_set(errorp, ENOSPC, "bus \"%s\" has a device already, and takes only one",
                          bus);
    } else if (!error && n > 1) {
        error = error_set(errorp, ENOSPC, "bus \"%s\" takes one device, and there are %zu", bus, n);
    }
    return error;
}

/* Whether the bus is a PCIe port's. */
static bool is_port(const char *bus, char *const *ports, size_t n_ports)
{
    for (size_t i = 0; i < n_ports; i++) {
        if (str_eq(ports[i], bus)) {
            return true;
        }
    }
    return false;
}

int slots_find(struct qmp *qmp, const char *bus, size_t n, char ***buses, char **errorp)
{
    char **found = mem_zalloc(n * sizeof *found);
    char **ports = NULL;
    size_t n_ports = 0;
    size_t n_found = 0;
    int error = n ? find_ports(qmp, &ports, &n_ports, errorp) : 0;

    if (!error && !bus) {
        error = find_free(qmp, ports, n_ports, found, n, &n_found, errorp);
    } else if (!error && n && is_port(bus, ports, n_ports)) {
        error = check_port(qmp, bus, n, errorp);
    }
    while (bus && !error && n_found < n) {
        found[n_found++] = str_dup(bus);
    }
    slots_free(ports, n_ports);
    if (error) {
        slots_free(found, n_found);
        return error;
    }
    *buses = found;
    return 0;
}
