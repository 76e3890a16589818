#include "watch/rows.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ovs/loop.h"
#include "ovs/monitor.h"
#include "watch/rows-entry.h"
#include "watch/world.h"

/* How long what is being unplugged is waited for at the end: longer than servers are waited for. */
#define END_MS 10000

struct rows *rows_new(struct world *world, const struct ovsdb_options *ovsdb,
                      void (*told)(void *data, const struct rows_report *report), void *data)
{
    struct rows *rows = mem_zalloc(sizeof *rows);

    rows->world = world;
    rows->ovsdb = *ovsdb;
    rows->told = told;
    rows->data = data;
    return rows;
}

void rows_forget(struct rows *rows, size_t i)
{
    struct rows_entry *entry = rows->entries[i];

    if (entry->owner_fd >= 0) {
        close(entry->owner_fd);
    }
    free(entry->bridge);
    free(entry->why);
    free(entry);
    rows->entries[i] = rows->entries[--rows->n_entries];
}

static void close_server(struct rows *rows, size_t i)
{
    ovs_monitor_close(rows->servers[i]->monitor);
    free(rows->servers[i]->remote);
    free(rows->servers[i]);
    rows->servers[i] = rows->servers[--rows->n_servers];
}

static void forget_refused(struct rows *rows, size_t i)
{
    free(rows->refused[i].remote);
    free(rows->refused[i].why);
    rows->refused[i] = rows->refused[--rows->n_refused];
}

void rows_free(struct rows *rows)
{
    if (rows) {
        int64_t end = ovs_loop_now() + END_MS;

        for (size_t i = 0; i < rows->n_servers; i++) {
            child_end(&rows->servers[i]->undoing, end);
        }
        while (rows->n_entries) {
            rows_forget(rows, 0);
        }
        while (rows->n_servers) {
            close_server(rows, 0);
        }
        while (rows->n_refused) {
            forget_refused(rows, rows->n_refused - 1);
        }
        if (rows->holds_lock) {
            world_unlock(rows->world);
        }
        free(rows->entries);
        free(rows->servers);
        free(rows->refused);
        free(rows);
    }
}

void rows_failed(struct rows *rows, struct rows_entry *entry, const char *why)
{
    static const int64_t longest = 60000;

    entry->again_ms = entry->again_ms ? entry->again_ms * 2 : 1000;
    entry->again_ms = entry->again_ms < longest ? entry->again_ms : longest;
    entry->again = ovs_loop_now() + entry->again_ms;
    if (!str_eq(entry->why, why)) {
        free(entry->why);
        entry->why = str_dup(why);
        rows->told(rows->data,
                   &(struct rows_report){.kind = ROWS_FAILED, .name = entry->name, .why = why});
    }
}

bool rows_read_record(const struct rows *rows, const struct rows_entry *entry,
                      struct vif_record *record)
{
    if (vif_records_read(rows->world->records, entry->name, record, NULL)) {
        return false;
    }
    if (!str_eq(record->plug_id, entry->plug_id)) {
        vif_record_clear(record);
        return false;
    }
    return true;
}

bool rows_is_unplugged(const struct rows *rows, const char *name, const char *plug_id,
                       bool *has_record)
{
    struct vif_record record;
    int error = vif_records_read(rows->world->records, name, &record, NULL);

    *has_record = error ? error != -ENOENT : str_eq(record.plug_id, plug_id);
    if (error) {
        return !*has_record;
    }
    bool plugged = *has_record && record.state == VIF_PLUGGED;

    vif_record_clear(&record);
    return !plugged;
}

/* A remote cannot be opened, which is told once. */
static void refuse(struct rows *rows, const char *remote, const char *why)
{
    const struct rows_report report = {.kind = ROWS_FAILED, .name = remote, .why = why};
    size_t i = 0;

    while (i < rows->n_refused && !str_eq(rows->refused[i].remote, remote)) {
        i++;
    }
    if (i == rows->n_refused) {
        rows->refused = mem_resize(rows->refused, ++rows->n_refused, sizeof *rows->refused);
        rows->refused[i] = (struct rows_refused){.remote = str_dup(remote)};
    }
    rows->refused[i].known = true;
    if (!str_eq(rows->refused[i].why, why)) {
        str_assign(&rows->refused[i].why, why);
        rows->told(rows->data, &report);
    }
}

/* The server of that remote, which is watched from now on; NULL where it cannot be. */
static struct rows_server *have_server(struct rows *rows, const char *remote)
{
    struct ovsdb_options options = rows->ovsdb;
    struct ovs_monitor *monitor;

    for (size_t i = 0; i < rows->n_servers; i++) {
        if (str_eq(rows->servers[i]->remote, remote)) {
            return rows->servers[i];
        }
    }
    options.remote = remote;
    auto_free char *why = NULL;
    if (ovs_monitor_open(&options, &monitor, &why)) {
        refuse(rows, remote, why);
        return NULL;
    }
    struct rows_server *server = mem_zalloc(sizeof *server);

    server->remote = str_dup(remote);
    server->monitor = monitor;
    rows->servers = mem_resize(rows->servers, rows->n_servers + 1, sizeof(struct rows_server *));
    rows->servers[rows->n_servers++] = server;
    return server;
}

static struct rows_entry *find_named(const struct rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        if (str_eq(rows->entries[i]->name, name)) {
            return rows->entries[i];
        }
    }
    return NULL;
}

static struct rows_entry *add_entry(struct rows *rows, const struct vif_record *record,
                                    struct rows_server *server)
{
    struct rows_entry *entry = mem_zalloc(sizeof *entry);

    str_copy(entry->name, sizeof entry->name, record->port.name);
    memcpy(entry->plug_id, record->plug_id, sizeof entry->plug_id);
    entry->server = server;
    entry->owner_fd = -1;
    entry->look = ovs_loop_now();
    rows->entries = mem_resize(rows->entries, rows->n_entries + 1, sizeof(struct rows_entry *));
    rows->entries[rows->n_entries++] = entry;
    return entry;
}

static bool is_same(const struct rows_entry *entry, const struct vif_record *record)
{
    return str_eq(entry->plug_id, record->plug_id) && str_eq(entry->server->remote, record->remote);
}

static void take_record(struct rows *rows, const struct vif_record *record)
{
    struct rows_server *server = record->remote ? have_server(rows, record->remote) : NULL;
    struct rows_entry *entry = find_named(rows, record->port.name);

    if (!server) {
        return;
    }
    if (entry && !is_same(entry, record)) {
        entry->name[0] = '\0'; /* of an earlier plug: it is forgotten with those not known */
        entry->undo = false;
        entry = NULL;
    }
    if (!entry) {
        entry = add_entry(rows, record, server);
    }
    entry->known = true;
    free(entry->bridge);
    entry->bridge = str_dup_or_null(record->port.bridge);
    if (record->ifindex && record->ifindex != entry->ifindex) {
        entry->ifindex = record->ifindex;
        entry->look = ovs_loop_now();
    }
}

/* Closes the monitors of servers that no interface is on, and that have answered to all. */
static void close_unused(struct rows *rows)
{
    for (size_t i = rows->n_servers; i-- > 0;) {
        bool used = rows->servers[i]->undoing.pid || ovs_monitor_is_busy(rows->servers[i]->monitor);

        for (size_t j = 0; j < rows->n_entries; j++) {
            used |= rows->entries[j]->server == rows->servers[i];
        }
        if (!used) {
            close_server(rows, i);
        }
    }
}

void rows_set_records(struct rows *rows, const struct vif_record *records, size_t n)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        rows->entries[i]->known = false;
    }
    for (size_t i = 0; i < rows->n_refused; i++) {
        rows->refused[i].known = false;
    }
    for (size_t i = 0; i < n; i++) {
        take_record(rows, &records[i]);
    }
    /* What we have begun to undo is ours to end, whether or not it counts as plugged. */
    for (size_t i = rows->n_entries; i-- > 0;) {
        if (!rows->entries[i]->known && !rows->entries[i]->undo) {
            rows_forget(rows, i);
        }
    }
    for (size_t i = rows->n_refused; i-- > 0;) {
        if (!rows->refused[i].known) {
            forget_refused(rows, i);
        }
    }
}

void rows_link_there(struct rows *rows, const char *name, int ifindex)
{
    struct rows_entry *entry = find_named(rows, name);

    if (entry && entry->gone && (!entry->ifindex || entry->ifindex == ifindex)) {
        entry->look = ovs_loop_now();
    }
}

void rows_link_gone(struct rows *rows, int ifindex)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];

        if (entry->ifindex == ifindex && !entry->gone) {
            entry->gone = true;
            entry->look = ovs_loop_now() + ROWS_SECOND_LOOK_MS;
        }
    }
}

void rows_look(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        if (!rows->entries[i]->gone) {
            rows->entries[i]->look = ovs_loop_now();
        }
    }
}

/* What failed for a reason that may have gone is tried at once. */
static void try_anew(struct rows_entry *entry)
{
    entry->no_bridge = false;
    entry->again = 0;
    entry->again_ms = 0;
}

static void server_event(struct rows *rows, struct rows_server *server,
                         const struct ovs_monitor_event *event)
{
    bool of_server = event->kind == OVS_MONITOR_THERE || event->kind == OVS_MONITOR_LOST;

    if (event->kind == OVS_MONITOR_SEEN) {
        server->there = true;
    } else if (of_server) {
        server->there = false;
    }
    rows_hear_put_back(rows, server, event);
    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];
        bool named = str_eq(entry->name, event->name);

        if (entry->server != server) {
            continue;
        }
        if (of_server || (named && event->kind == OVS_MONITOR_NO_PORT)) {
            entry->believed = false;
        }
        if (of_server) {
            entry->asked = false; /* nobody knows what came of that: it is looked */
        }
        if (of_server ||
            (event->kind == OVS_MONITOR_BRIDGE && str_eq(entry->bridge, event->name))) {
            try_anew(entry);
        }
        if (named && event->kind == OVS_MONITOR_REALISED) {
            rows_realised(rows, entry, event->ofport);
        }
    }
}

/* Compares what should be there with what is. */
static void compare(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];

        if (entry->asked) {
            continue; /* the answer says more */
        }
        if (ovs_monitor_has_port(entry->server->monitor, entry->name)) {
            entry->believed = false;
            entry->lost = 0;
        } else if (entry->server->there && !entry->believed && !entry->lost) {
            entry->lost = entry->gap_from ? entry->gap_from : ovs_loop_now();
            entry->gap_from = 0;
        }
    }
}

static void hear_servers(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_servers; i++) {
        struct ovs_monitor_event event;

        while (ovs_monitor_next(rows->servers[i]->monitor, &event)) {
            server_event(rows, rows->servers[i], &event);
        }
    }
    compare(rows);
}

/* Looks which processes that looked after an interface have ended. */
static void hear_owners(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_entries; i++) {
        struct rows_entry *entry = rows->entries[i];
        struct pollfd fd = {.fd = entry->owner_fd, .events = POLLIN};

        if (entry->owner_fd >= 0 && poll(&fd, 1, 0) > 0) {
            close(entry->owner_fd);
            entry->owner_fd = -1;
            entry->look = ovs_loop_now();
        }
    }
}

void rows_run(struct rows *rows)
{
    rows->locked_out = false;
    hear_servers(rows);
    hear_owners(rows);
    rows_look_now(rows);
    rows_undo_now(rows);
    rows_put_back_now(rows);
    rows_note_now(rows);
    rows_end_turn(rows);
    close_unused(rows);
}

static void wait_for_entry(const struct rows *rows, const struct rows_entry *entry)
{
    if (entry->look && !entry->undo) {
        ovs_loop_until(entry->look);
    }
    if (entry->owner_fd >= 0) {
        ovs_loop_fd(entry->owner_fd, POLLIN);
    }
    if (rows_is_to_be_undone(entry) || (rows_is_to_be_put_back(entry) && !rows->locked_out)) {
        ovs_loop_until(rows_due(entry));
    }
}

void rows_wait(struct rows *rows)
{
    for (size_t i = 0; i < rows->n_servers; i++) {
        const struct rows_server *server = rows->servers[i];

        ovs_monitor_wait(server->monitor);
        if (server->undoing.pid) {
            ovs_loop_fd(server->undoing.pidfd, POLLIN);
        }
        if (server->asked && !server->said_slow) {
            ovs_loop_until(server->asked + rows->ovsdb.timeout_ms);
        }
    }
    for (size_t i = 0; i < rows->n_entries; i++) {
        wait_for_entry(rows, rows->entries[i]);
    }
    if (rows->holds_lock) {
        ovs_loop_until(rows->hold_until);
    }
    if (rows->locked_out) {
        ovs_loop_until(world_deadline(rows->world));
    }
}
