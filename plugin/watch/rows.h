/* Taps, and their ports in Open vSwitch: what is put back, and what is taken away.
 *
 * - A port's row is gone, while its tap is there: it is put back, just as it was (vif_repair()), as
 *   soon as its bridge is there; the gap, from when it was seen to be gone until ovs-vswitchd has
 *   realised it again, is told in milliseconds.
 * - A tap is gone, while its row stands: after a second look, a moment later, the interface is
 *   unplugged, unless a process that looks after it lives, or the tap is there again.
 *
 * Rows of a live guest are never removed.
 *
 * Nobody is waited for. Servers are asked over the connection by which they are watched
 * (ovs_monitor_put_back()), and what their answers say is done when they come; unplugging, which
 * asks other servers, runs scripts and waits for locks, is a process's (watch/unplug.h), one for
 * the interfaces of each server. So neither holds up those of another.
 */
#ifndef WATCH_ROWS_H
#define WATCH_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "ovs/ovsdb.h"
#include "vif/record.h"

struct rows;
struct world;

struct rows_report {
    enum {
        ROWS_PUT_BACK, /* the port `name`; gap_ms */
        ROWS_REMOVED,  /* what was left of `name`; `why`, a clause: "its device is gone" */
        ROWS_FAILED,   /* `why`; it is tried again when something changes, or later */
    } kind;
    const char *name; /* of the port, or the remote of a server */
    const char *why;
    int64_t gap_ms;
};

/* `told` is called with what was done. Of the world, which outlives it, it needs the host, its
 * records and their lock, and the log. */
struct rows *rows_new(struct world *world, const struct ovsdb_options *ovsdb,
                      void (*told)(void *data, const struct rows_report *report), void *data);

/* Waits, some seconds, for what is being unplugged. */
void rows_free(struct rows *rows);

/* The records as they are now, in whatever state; those that are not on Open vSwitch do not matter.
 * Copies what it needs. */
void rows_set_records(struct rows *rows, const struct vif_record *records, size_t n);

/* A link is there, or is gone. */
void rows_link_there(struct rows *rows, const char *name, int ifindex);
void rows_link_gone(struct rows *rows, int ifindex);

/* Looks at all devices again. */
void rows_look(struct rows *rows);

/* Does what can be done now, without waiting for anybody. Then says to the event loop what it waits
 * for. */
void rows_run(struct rows *rows);
void rows_wait(struct rows *rows);

#endif
