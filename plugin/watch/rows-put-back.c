/* Rows that are put back: see rows.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "ovs/monitor.h"
#include "ovs/port.h"
#include "vif/repair.h"
#include "watch/rows-entry.h"
#include "watch/world.h"

/* Somebody who removes a row again and again does not keep us busier than that. */
#define PUT_BACK_MS 1000

/* How long others are kept from the records while a server is asked to put rows back: some times
 * what it takes with hundreds of them. */
#define HOLD_MS 500

int64_t rows_due(const struct rows_entry *entry)
{
    int64_t next = entry->put_back && !entry->undo ? entry->put_back + PUT_BACK_MS : 0;

    return entry->again > next ? entry->again : next;
}

bool rows_is_to_be_put_back(const struct rows_entry *entry)
{
    return entry->lost && !entry->gone && !entry->undo && !entry->asked && !entry->no_bridge &&
           entry->server->there;
}

static bool is_due(const struct rows_entry *entry)
{
    return rows_is_to_be_put_back(entry) && rows_due(entry) <= ovs_loop_now();
}

/* It is being unplugged, or is already: that is its end, if it is one. */
static void leave(struct rows_entry *entry)
{
    entry->believed = true;
    entry->lost = 0;
    entry->look = ovs_loop_now();
}

/* Sees to the device of what is to be put back; returns whether that is there, and is plugged, and
 * then the port in *port. */
static bool prepare(struct rows *rows, struct rows_entry *entry, struct ovs_port *port)
{
    struct vif_record record;
    auto_free char *why = NULL;
    bool found = false;

    if (!rows_read_record(rows, entry, &record)) {
        leave(entry);
        return false;
    }
    if (record.state != VIF_PLUGGED) {
        leave(entry);
    } else if (vif_repair_device(rows->world->host, &record, &found, &why)) {
        rows_failed(rows, entry, why);
    } else if (!found) {
        entry->look = ovs_loop_now();
        entry->put_back = ovs_loop_now();
    }
    bool ready = found && !why;

    if (ready) {
        vif_port_to_ovs(&record.port, port);
        str_copy(port->plug_id, sizeof port->plug_id, record.plug_id);
    }
    vif_record_clear(&record);
    return ready;
}

/* Asks a server to put back what can be, all together. */
static void put_back_at(struct rows *rows, struct rows_server *server)
{
    struct ovs_port *ports = NULL;
    size_t n = 0;

    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];

        if (entry->server == server && is_due(entry)) {
            ports = mem_resize(ports, n + 1, sizeof *ports);
            entry->asked = prepare(rows, entry, &ports[n]);
            n += entry->asked;
        }
    }
    if (n) {
        server->asked = server->asked ? server->asked : ovs_loop_now();
        ovs_monitor_put_back(server->monitor, ports, n);
    } else {
        free(ports);
    }
}

/* Under the lock of the records nobody begins to unplug what we have found plugged, or to plug it
 * anew. It is held until the servers have answered, but not for long, since they may not answer at
 * all: then it is looked afterwards what became of the record, too. */
void rows_put_back_now(struct rows *rows)
{
    bool any = false;

    for (size_t i = 0; i < rows->n_entries; i++) {
        any |= is_due(rows->entries[i]);
    }
    if (!any) {
        return;
    }
    if (!world_lock(rows->world)) {
        rows->locked_out = true;
        return;
    }
    for (size_t i = 0; i < rows->n_servers; i++) {
        put_back_at(rows, rows->servers[i]);
    }
    if (rows->holds_lock) {
        world_unlock(rows->world);
    } else {
        rows->holds_lock = true;
        rows->hold_until = ovs_loop_now() + HOLD_MS;
    }
}

static struct rows_entry *find_asked(const struct rows *rows, const struct rows_server *server,
                                     const struct ovs_monitor_event *event)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];

        if (entry->server == server && entry->asked && str_eq(entry->name, event->name) &&
            str_eq(entry->plug_id, event->plug_id)) {
            return entry;
        }
    }
    return NULL;
}

/* A row was put back. Who unplugged the interface meanwhile did not see it, and does not remove it;
 * under the lock nobody did. */
static void be_added(struct rows *rows, struct rows_server *server, struct rows_entry *entry,
                     const struct ovs_monitor_event *event)
{
    bool is_sure = entry && !server->unlocked;
    bool has_record;
    bool unplugged = !is_sure && rows_is_unplugged(rows, event->name, event->plug_id, &has_record);

    if (unplugged) {
        ovs_monitor_remove(server->monitor, event);
    }
    if (!entry) {
        return;
    }
    if (unplugged) {
        leave(entry);
    } else {
        entry->believed = true;
        entry->gap_from = entry->lost;
        entry->lost = 0;
        entry->put_back = ovs_loop_now();
        ovs_monitor_expect(server->monitor, entry->name);
    }
}

void rows_hear_put_back(struct rows *rows, struct rows_server *server,
                        const struct ovs_monitor_event *event)
{
    bool of_this = event->kind == OVS_MONITOR_ADDED || event->kind == OVS_MONITOR_STANDS ||
                   event->kind == OVS_MONITOR_NO_BRIDGE || event->kind == OVS_MONITOR_REFUSED;
    struct rows_entry *entry = of_this ? find_asked(rows, server, event) : NULL;

    if (entry) {
        entry->asked = false;
    }
    if (event->kind == OVS_MONITOR_ADDED) {
        be_added(rows, server, entry, event);
    } else if (entry && event->kind == OVS_MONITOR_STANDS) {
        /* The monitor is behind, or it is somebody else's row by now. */
        entry->believed = true;
        entry->lost = 0;
    } else if (entry) {
        rows_failed(rows, entry, event->why);
        entry->no_bridge = event->kind == OVS_MONITOR_NO_BRIDGE;
    }
}

void rows_end_turn(struct rows *rows)
{
    int64_t now = ovs_loop_now();
    bool any_busy = false;

    for (size_t i = 0; i < rows->n_servers; i++) {
        struct rows_server *server = rows->servers[i];

        if (!ovs_monitor_is_busy(server->monitor)) {
            server->asked = 0;
            server->said_slow = false;
            server->unlocked = false;
            continue;
        }
        any_busy = true;
        if (server->asked && !server->said_slow && now >= server->asked + rows->ovsdb.timeout_ms) {
            const struct rows_report report = {
                .kind = ROWS_FAILED,
                .name = server->remote,
                .why = "this OVSDB server does not answer; what is to be put back there waits for "
                       "it",
            };

            server->said_slow = true;
            rows->told(rows->data, &report);
        }
    }
    if (rows->holds_lock && (!any_busy || now >= rows->hold_until)) {
        for (size_t i = 0; i < rows->n_servers; i++) {
            rows->servers[i]->unlocked = ovs_monitor_is_busy(rows->servers[i]->monitor);
        }
        rows->holds_lock = false;
        world_unlock(rows->world);
    }
}

/* Writes down the new port number. */
static void note_ofport(struct rows *rows, struct rows_entry *entry)
{
    struct vif_record record;

    if (rows_read_record(rows, entry, &record)) {
        if (record.state == VIF_PLUGGED && record.ofport != entry->ofport) {
            record.ofport = entry->ofport;
            vif_records_write(rows->world->records, &record, NULL);
        }
        vif_record_clear(&record);
    }
    entry->ofport = 0;
}

void rows_note_now(struct rows *rows)
{
    bool locked = false;

    for (size_t i = 0; i < rows->n_entries; i++) {
        if (!rows->entries[i]->ofport) {
            continue;
        }
        if (!locked && !world_lock(rows->world)) {
            rows->locked_out = true;
            return;
        }
        locked = true;
        note_ofport(rows, rows->entries[i]);
    }
    if (locked) {
        world_unlock(rows->world);
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
        entry->ofport = ofport;
    } else {
        entry->look = ovs_loop_now();
    }
    rows->told(rows->data, &report);
}
