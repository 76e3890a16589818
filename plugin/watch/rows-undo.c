/* Taps that are gone, and what they have left: see rows.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "ovs/loop.h"
#include "vif/device.h"
#include "vif/gc.h"
#include "watch/rows-entry.h"
#include "watch/unplug.h"
#include "watch/world.h"

/* Looks at the device that a record stands for; another one of its name does not count. Who uses it
 * is asked only of one that is not plugged, since all processes are to be looked at for that. */
static int look_at(const struct rows *rows, struct rows_entry *entry,
                   const struct vif_record *record, struct vif_device_state *device, char **errorp)
{
    auto_free char *mark = vif_port_mark(&record->port);
    struct link_info link;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(rows->world->host, &rtnl, errorp);

    if (!error) {
        error = link_find(rtnl, entry->name, &device->exists, &link, errorp);
    }
    if (error) {
        return error;
    }
    device->exists = device->exists && (!record->ifindex || record->ifindex == link.ifindex) &&
                     (!vif_device_is_made(&record->port) || str_eq(link.alias, mark));
    if (device->exists) {
        entry->ifindex = link.ifindex;
    }
    if (device->exists && record->state != VIF_PLUGGED) {
        error = vif_device_find_users(&link, 1, &device->in_use, errorp);
    }
    return error;
}

/* Waits for the end of the process that looks after an interface; where that cannot be done, looks
 * at it again. */
static void wait_for_owner(struct rows_entry *entry, const struct vif_record *record)
{
    if (entry->owner_fd < 0) {
        entry->owner_fd = pidfd_open(record->pid, 0);
    }
    if (entry->owner_fd < 0 || !vif_record_owner_lives(record)) {
        entry->look = ovs_loop_now() + ROWS_SECOND_LOOK_MS;
    }
}

static void look_at_record(struct rows *rows, struct rows_entry *entry,
                           const struct vif_record *record)
{
    struct vif_device_state device = {0};
    auto_free char *why = NULL;
    bool second = entry->gone;

    if (look_at(rows, entry, record, &device, &why)) {
        rows_failed(rows, entry, why);
        entry->look = entry->again;
        return;
    }
    bool plugged = record->state == VIF_PLUGGED;

    entry->gone = !device.exists;
    if (plugged && device.exists) {
        return;
    }
    if (vif_record_owner_lives(record)) {
        wait_for_owner(entry, record);
        return;
    }
    if (!second && plugged) {
        entry->look = ovs_loop_now() + ROWS_SECOND_LOOK_MS;
        return;
    }
    entry->reason = vif_gc_reason(record, &device);
    entry->undo = entry->reason != NULL;
}

void rows_look_now(struct rows *rows)
{
    int64_t now = ovs_loop_now();

    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];
        struct vif_record record;

        if (!entry->look || entry->look > now || entry->undo) {
            continue;
        }
        entry->look = 0;
        if (rows_read_record(rows, entry, &record)) {
            look_at_record(rows, entry, &record);
            vif_record_clear(&record);
        }
    }
}

bool rows_is_to_be_undone(const struct rows_entry *entry)
{
    return entry->undo && !entry->undoing && entry->server->there && !entry->server->undoing.pid;
}

static void tell_removed(struct rows *rows, const struct rows_entry *entry)
{
    const struct rows_report report = {
        .kind = ROWS_REMOVED, .name = entry->name, .why = entry->reason};

    rows->told(rows->data, &report);
}

static bool has_no_record(const struct rows *rows, const struct rows_entry *entry)
{
    bool has_record;

    rows_is_unplugged(rows, entry->name, entry->plug_id, &has_record);
    return !has_record;
}

/* The process that unplugged interfaces of a server has ended. */
static void take_undone(struct rows *rows, struct rows_server *server)
{
    auto_free char *why = NULL;

    child_take(&server->undoing, &why);
    for (size_t i = rows->n_entries; i-- > 0;) {
        struct rows_entry *entry = rows->entries[i];

        if (entry->server != server || !entry->undoing) {
            continue;
        }
        entry->undoing = false;
        if (has_no_record(rows, entry)) {
            tell_removed(rows, entry);
            rows_forget(rows, i);
        } else {
            rows_failed(rows, entry, why ? why : "somebody else works on it");
        }
    }
}

/* Collects what is to be unplugged now of a server; the caller frees the records. */
static size_t collect_undone(struct rows *rows, const struct rows_server *server,
                             struct vif_record **records)
{
    int64_t now = ovs_loop_now();
    size_t n = 0;

    *records = NULL;
    for (size_t i = rows->n_entries; i-- > 0;) {
        struct rows_entry *entry = rows->entries[i];

        if (entry->server != server || !rows_is_to_be_undone(entry) || rows_due(entry) > now) {
            continue;
        }
        *records = mem_resize(*records, n + 1, sizeof **records);
        if (rows_read_record(rows, entry, &(*records)[n])) {
            entry->undoing = true;
            n++;
        } else if (has_no_record(rows, entry)) {
            rows_forget(rows, i); /* somebody else was faster */
        } else {
            rows_failed(rows, entry, "its record cannot be read");
        }
    }
    return n;
}

static void undo_at(struct rows *rows, struct rows_server *server)
{
    struct vif_record *records;
    auto_free char *why = NULL;
    size_t n = collect_undone(rows, server, &records);

    if (n && unplug_start(rows->world->host, records, n, &server->undoing, &why)) {
        for (size_t i = 0; i < rows->n_entries; i++) {
            struct rows_entry *entry = rows->entries[i];

            if (entry->server == server && entry->undoing) {
                entry->undoing = false;
                rows_failed(rows, entry, why);
            }
        }
    }
    vif_records_free(records, n);
}

void rows_undo_now(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_servers; i++) {
        struct rows_server *server = rows->servers[i];

        if (server->undoing.pid && child_has_ended(&server->undoing)) {
            take_undone(rows, server);
        }
        if (!server->undoing.pid) {
            undo_at(rows, server);
        }
    }
}
