#include "vif/gc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/device.h"
#include "vif/lower-use.h"
#include "vif/plug.h"
#include "vif/stray.h"

void vif_gc_result_clear(struct vif_gc_result *result)
{
    free(result->interfaces);
    free(result->ports);
    free(result->links);
    memset(result, 0, sizeof *result);
}

static void add_find(struct vif_gc_find **finds, size_t *n, const char *name, const char *reason)
{
    *finds = mem_resize(*finds, *n + 1, sizeof **finds);
    (*finds)[*n].reason = reason;
    str_copy((*finds)[(*n)++].name, sizeof(*finds)->name, name);
}

const char *vif_gc_reason(const struct vif_record *record, const struct vif_device_state *device)
{
    if (vif_record_owner_lives(record)) {
        return NULL;
    }
    if (device->in_use) {
        return NULL;
    }
    if (record->state != VIF_PLUGGED) {
        return "it was left half done";
    }
    if (record->pid) {
        return "the process that looked after it is gone";
    }
    /* What QEMU opens by its name, QEMU may make, too: later. */
    if (!device->exists && !record->waiting && !record->before &&
        record->port.device != VIF_DEVICE_BY_QEMU) {
        return "its device is gone";
    }
    return NULL;
}

static int collect_records(struct vif_host *host, bool dry_run, struct vif_gc_result *result,
                           char **errorp)
{
    struct vif_records *records;
    struct vif_device_state *devices = NULL;
    struct vif_record *all = NULL;
    size_t n_found = 0;
    size_t n = 0;
    int error = vif_host_records(host, &records, errorp);

    if (!error) {
        error = vif_records_read_all(records, &all, &n, errorp);
    }
    if (!error) {
        error = vif_device_look(host, all, n, &devices, errorp);
    }
    for (size_t i = 0; i < n && !error; i++) {
        const char *reason = vif_gc_reason(&all[i], &devices[i]);

        if (reason) {
            struct vif_record found = all[i];

            add_find(&result->interfaces, &result->n_interfaces, found.port.name, reason);
            all[i] = all[n_found];
            all[n_found++] = found;
        }
    }
    if (!error && !dry_run) {
        vif_records_sweep(records);
        error = vif_unplug_known(host, all, n_found, errorp);
        if (!error) {
            error = vif_records_sweep_sockets(records, errorp);
        }
    }
    vif_records_free(all, n);
    free(devices);
    return error;
}

static int collect_rows(struct vif_host *host, bool dry_run, struct vif_gc_result *result,
                        char **errorp)
{
    struct ovs_port_row *rows = NULL;
    struct vif_records *records;
    struct ovsdb *db;
    struct rtnl *rtnl;
    size_t n = 0;

    /* No database, no rows: whether a record needs it was seen before. */
    if (vif_host_ovsdb(host, &db, NULL)) {
        return 0;
    }
    int error = ovs_ports_read_owned(db, &rows, &n, errorp);
    if (!error) {
        error = vif_host_records(host, &records, errorp);
    }
    if (!error) {
        error = vif_host_rtnl(host, &rtnl, errorp);
    }
    struct ovs_port_row *stale = mem_resize(NULL, n, sizeof *stale);
    for (size_t i = 0; i < n && !error; i++) {
        const char *name = rows[i].port.name;
        struct vif_record record;
        struct link_info link;
        bool exists = false;

        error = vif_records_read(records, name, &record, errorp);
        if (!error) {
            vif_record_clear(&record);
            continue;
        }
        if (error == -ENOENT) {
            error = link_find(rtnl, name, &exists, &link, errorp);
        }
        if (!error && !exists && !rows[i].link_up) {
            stale[result->n_ports] = rows[i];
            add_find(&result->ports, &result->n_ports, name, "it has no record and no device");
        }
    }
    if (!error && result->n_ports && !dry_run) {
        error = ovs_ports_remove(db, stale, result->n_ports, errorp);
    }
    free(stale);
    ovs_port_rows_free(rows, n);
    return error;
}

static int collect_strays(struct vif_host *host, bool dry_run, struct vif_gc_result *result,
                          char **errorp)
{
    struct vif_stray *strays;
    size_t n;
    int error = vif_strays_abandoned(host, &strays, &n, errorp);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < n; i++) {
        add_find(&result->links, &result->n_links, strays[i].name,
                 "it has no record and nobody has it open");
    }
    if (!dry_run) {
        error = vif_strays_remove(host, strays, n, errorp);
    }
    free(strays);
    return error;
}

static int remove_vlans(struct vif_host *host, char **errorp)
{
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    if (error) {
        return error;
    }
    auto_close int lock = vif_records_lock(records, errorp);
    return lock < 0 ? lock : vif_lower_set_back(host, NULL, 0, errorp);
}

static int collect_vlans(struct vif_host *host, bool dry_run, struct vif_gc_result *result,
                         char **errorp)
{
    struct link_info *links;
    size_t n;
    int error = vif_lower_find_unused(host, &links, &n, errorp);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < n; i++) {
        add_find(&result->links, &result->n_links, links[i].name, "no macvtap is on it any more");
    }
    free(links);
    return n && !dry_run ? remove_vlans(host, errorp) : 0;
}

int vif_gc(struct vif_host *host, bool dry_run, struct vif_gc_result *result, char **errorp)
{
    static int (*const parts[])(struct vif_host *, bool, struct vif_gc_result *, char **) = {
        collect_records,
        collect_rows,
        collect_strays,
        collect_vlans,
    };
    int error = 0;

    memset(result, 0, sizeof *result);
    for (size_t i = 0; i < ARRAY_LEN(parts) && !error; i++) {
        error = parts[i](host, dry_run, result, errorp);
    }
    return error;
}
