/* What is done about the rows: see rows.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "ovs/loop.h"
#include "ovs/monitor.h"
#include "vif/device.h"
#include "vif/gc.h"
#include "vif/plug.h"
#include "vif/repair.h"
#include "watch/rows-entry.h"

/* Somebody who removes a row again and again does not keep us busier than that. */
#define PUT_BACK_MS 1000

/* Reads the record of an entry as it is now. Returns false, with nothing to be cleared, when there
 * is none of that plug any more. */
static bool read_record(const struct rows *rows, const struct rows_entry *entry,
                        struct vif_record *record)
{
    struct vif_records *records;

    if (vif_host_records(rows->host, &records, NULL) ||
        vif_records_read(records, entry->name, record, NULL)) {
        return false;
    }
    if (!str_eq(record->plug_id, entry->plug_id)) {
        vif_record_clear(record);
        return false;
    }
    return true;
}

/* Looks at the device that a record stands for; another one of its name does not count. Who uses it
 * is asked only of one that is not plugged, since all processes are to be looked at for that. */
static int look_at(const struct rows *rows, struct rows_entry *entry,
                   const struct vif_record *record, struct vif_device_state *device, char **errorp)
{
    auto_free char *mark = vif_port_mark(&record->port);
    struct link_info link;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(rows->host, &rtnl, errorp);

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
        if (read_record(rows, entry, &record)) {
            look_at_record(rows, entry, &record);
            vif_record_clear(&record);
        }
    }
}

int64_t rows_due(const struct rows_entry *entry)
{
    int64_t next = entry->put_back && !entry->undo ? entry->put_back + PUT_BACK_MS : 0;

    return entry->again > next ? entry->again : next;
}

static bool is_to_be_undone(const struct rows_entry *entry, int64_t now)
{
    return entry->undo && entry->server->there && rows_due(entry) <= now;
}

static void tell_removed(struct rows *rows, const struct rows_entry *entry)
{
    const struct rows_report report = {
        .kind = ROWS_REMOVED, .name = entry->name, .why = entry->reason};

    rows->told(rows->data, &report);
}

/* Whether the record of the entry is gone; that it cannot be read does not say so. */
static bool has_no_record(const struct rows *rows, const struct rows_entry *entry)
{
    struct vif_records *records;
    struct vif_record record;
    int error = vif_host_records(rows->host, &records, NULL);

    if (!error) {
        error = vif_records_read(records, entry->name, &record, NULL);
    }
    if (error) {
        return error == -ENOENT;
    }
    bool other = !str_eq(record.plug_id, entry->plug_id);

    vif_record_clear(&record);
    return other;
}

void rows_undo_now(struct rows *rows)
{
    struct vif_record *records = NULL;
    auto_free char *why = NULL;
    int64_t now = ovs_loop_now();
    size_t n = 0;

    for (size_t i = rows->n_entries; i-- > 0;) {
        struct rows_entry *entry = rows->entries[i];

        if (is_to_be_undone(entry, now)) {
            records = mem_resize(records, n + 1, sizeof *records);
            if (read_record(rows, entry, &records[n])) {
                n++;
            } else if (has_no_record(rows, entry)) {
                rows_forget(rows, i); /* somebody else was faster */
            }
        }
    }
    if (!n) {
        free(records);
        return;
    }
    vif_unplug_known(rows->host, records, n, &why);
    for (size_t i = rows->n_entries; i-- > 0;) {
        struct rows_entry *entry = rows->entries[i];

        if (!is_to_be_undone(entry, now)) {
            continue;
        }
        if (has_no_record(rows, entry)) {
            tell_removed(rows, entry);
            rows_forget(rows, i);
        } else {
            rows_failed(rows, entry, why ? why : "somebody else works on it");
        }
    }
    vif_records_free(records, n);
}

bool rows_is_to_be_put_back(const struct rows_entry *entry)
{
    return entry->lost && !entry->gone && !entry->undo && !entry->no_bridge && entry->server->there;
}

/* The rows that are being put back: records as they are now, and whose they are. */
struct batch {
    struct vif_record *records;
    struct rows_entry **entries;
    struct vif_repaired *results;
    size_t n;
};

/* Collects what is still plugged of what is to be put back. */
static void collect(struct rows *rows, struct batch *batch)
{
    int64_t now = ovs_loop_now();

    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];

        if (!rows_is_to_be_put_back(entry) || rows_due(entry) > now) {
            continue;
        }
        batch->records = mem_resize(batch->records, batch->n + 1, sizeof *batch->records);
        batch->entries = mem_resize(batch->entries, batch->n + 1, sizeof(struct rows_entry *));
        struct vif_record *record = &batch->records[batch->n];

        bool read = read_record(rows, entry, record);

        if (read && record->state == VIF_PLUGGED) {
            batch->entries[batch->n++] = entry;
            continue;
        }
        /* It is being unplugged. */
        entry->believed = true;
        entry->lost = 0;
        entry->look = now;
        if (read) {
            vif_record_clear(record);
        }
    }
}

static void take_result(struct rows *rows, struct rows_entry *entry,
                        const struct vif_repaired *repaired)
{
    switch (repaired->result) {
    case VIF_REPAIR_STANDS:
        /* The monitor is behind, or it is somebody else's row by now. */
        entry->believed = true;
        entry->lost = 0;
        break;
    case VIF_REPAIR_NO_DEVICE:
        entry->look = ovs_loop_now();
        entry->put_back = ovs_loop_now();
        break;
    case VIF_REPAIR_PUT_BACK:
        entry->believed = true;
        entry->gap_from = entry->lost;
        entry->lost = 0;
        entry->put_back = ovs_loop_now();
        ovs_monitor_expect(entry->server->monitor, entry->name);
        break;
    case VIF_REPAIR_FAILED:
        rows_failed(rows, entry, repaired->why);
        entry->no_bridge = repaired->error == -ENOENT;
        break;
    }
}

/* Under the lock of the records nobody begins to unplug what we have found plugged, so that no row
 * is put back of what is not plugged any more. */
void rows_put_back_now(struct rows *rows)
{
    struct batch batch = {0};
    struct vif_records *records;
    bool any = false;

    for (size_t i = 0; i < rows->n_entries; i++) {
        any |= rows_is_to_be_put_back(rows->entries[i]) &&
               rows_due(rows->entries[i]) <= ovs_loop_now();
    }
    if (!any || vif_host_records(rows->host, &records, NULL)) {
        return;
    }
    auto_close int lock = vif_records_lock(records, NULL);

    if (lock < 0) {
        return;
    }
    collect(rows, &batch);
    batch.results = mem_zalloc(batch.n * sizeof *batch.results);
    const struct vif_repair_options options = {.no_wait = true, .results = batch.results};

    vif_repair(rows->host, batch.records, batch.n, &options, NULL);
    for (size_t i = 0; i < batch.n; i++) {
        take_result(rows, batch.entries[i], &batch.results[i]);
        free(batch.results[i].why);
    }
    vif_records_free(batch.records, batch.n);
    free(batch.entries);
    free(batch.results);
}

/* Writes down the new port number. */
static void note_ofport(struct rows *rows, const struct rows_entry *entry, int64_t ofport)
{
    struct vif_records *records;
    struct vif_record record;

    if (vif_host_records(rows->host, &records, NULL)) {
        return;
    }
    auto_close int lock = vif_records_lock(records, NULL);

    if (lock >= 0 && read_record(rows, entry, &record)) {
        if (record.state == VIF_PLUGGED && record.ofport != ofport) {
            record.ofport = ofport;
            vif_records_write(records, &record, NULL);
        }
        vif_record_clear(&record);
    }
}

void rows_realised(struct rows *rows, struct rows_entry *entry, int64_t ofport)
{
    if (!entry->gap_from) {
        return;
    }
    const struct rows_report report = {
        .kind = ofport > 0 ? ROWS_PUT_BACK : ROWS_FAILED,
        .name = entry->name,
        .why = ofport > 0 ? NULL : "ovs-vswitchd has refused it: see \"vifplug verify\"",
        .gap_ms = ovs_loop_now() - entry->gap_from,
    };

    entry->gap_from = 0;
    free(entry->why);
    entry->why = NULL;
    entry->again_ms = 0;
    if (ofport > 0) {
        note_ofport(rows, entry, ofport);
    } else {
        entry->look = ovs_loop_now();
    }
    rows->told(rows->data, &report);
}
