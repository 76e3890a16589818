/* What rows.h knows of each interface and each server, and what it does about them. */
#ifndef WATCH_ROWS_ENTRY_H
#define WATCH_ROWS_ENTRY_H

#include <net/if.h>
#include <stdbool.h>

#include "base/child.h"
#include "watch/rows.h"

/* How long after a device was gone it is looked for again: one that comes back under the same name
 * is often there within that. */
#define ROWS_SECOND_LOOK_MS 1000

struct ovs_monitor;
struct ovs_monitor_event;

struct rows_server {
    char *remote;
    struct ovs_monitor *monitor;
    bool there;           /* it was looked at as a whole */
    int64_t asked;        /* since when it owes us an answer, or 0 */
    bool said_slow;       /* that it does not answer */
    bool unlocked;        /* the lock was given back before it did */
    struct child undoing; /* the process that unplugs what is `undoing` */
};

/* A remote that cannot be opened. */
struct rows_refused {
    char *remote;
    char *why; /* which was told */
    bool known;
};

/* An interface. All times are ovs_loop_now()'s, 0 for none. */
struct rows_entry {
    char name[IFNAMSIZ];
    char plug_id[37];
    char *bridge;
    struct rows_server *server;
    int ifindex; /* of its device, or 0 */
    bool known;  /* it is in the records that rows_set_records() was given last */

    bool gone;    /* its device is */
    int64_t look; /* when to look at the device */
    int owner_fd; /* readable when the process that looks after it, and keeps us from it, ends */
    bool undo;    /* it is to be unplugged */
    bool undoing; /* and a process does */
    const char *reason;

    int64_t lost;     /* when its row was seen to be gone */
    int64_t gap_from; /* of a row that was put back, and is not realised yet */
    int64_t put_back; /* when it was last put back */
    bool asked;       /* the server was asked to put it back, and did not answer yet */
    int64_t ofport;   /* which is to be written down; 0: none */
    bool believed;    /* its row is there, though the monitor did not say so (yet) */
    bool no_bridge;

    int64_t again; /* something failed: not before */
    int64_t again_ms;
    char *why; /* what was told of that */
};

struct rows {
    struct world *world;
    struct ovsdb_options ovsdb;
    void (*told)(void *data, const struct rows_report *report);
    void *data;
    struct rows_server **servers;
    size_t n_servers;
    struct rows_entry **entries;
    size_t n_entries;
    struct rows_refused *refused;
    size_t n_refused;
    bool locked_out;    /* another process has the lock of the records */
    bool holds_lock;    /* while servers are asked */
    int64_t hold_until; /* not longer */
};

/* Puts off what failed, longer each time, and tells why, unless it was told already. */
void rows_failed(struct rows *rows, struct rows_entry *entry, const char *why);

/* Reads the record of an entry as it is now. Returns false, with nothing to be cleared, when there
 * is none of that plug any more. */
bool rows_read_record(const struct rows *rows, const struct rows_entry *entry,
                      struct vif_record *record);

/* Whether there is no record any more of that plug (*has_record), or it is not plugged; that it
 * cannot be read does not say so. */
bool rows_is_unplugged(const struct rows *rows, const char *name, const char *plug_id,
                       bool *has_record);

/* Looks at the devices of those entries whose time has come. */
void rows_look_now(struct rows *rows);

/* Unplugs what is to be, in a process for each server; and takes what came of those that ended. */
void rows_undo_now(struct rows *rows);

/* Asks servers to put back what can be, and takes their answers. */
void rows_put_back_now(struct rows *rows);
void rows_hear_put_back(struct rows *rows, struct rows_server *server,
                        const struct ovs_monitor_event *event);

/* Writes new port numbers down. */
void rows_note_now(struct rows *rows);

/* Gives the lock back that was held while servers were asked, where they have answered, or do not
 * soon enough; tells of those that do not answer at all. */
void rows_end_turn(struct rows *rows);

/* Whether the entry's row is to be put back, or it is to be unplugged, and nothing but time stands
 * in the way. */
bool rows_is_to_be_put_back(const struct rows_entry *entry);
bool rows_is_to_be_undone(const struct rows_entry *entry);

/* When that may be done. */
int64_t rows_due(const struct rows_entry *entry);

/* ovs-vswitchd has looked at a row that was put back. */
void rows_realised(struct rows *rows, struct rows_entry *entry, int64_t ofport);

/* An entry that is not needed any more; called with none of its kind being gone through. */
void rows_forget(struct rows *rows, size_t i);

#endif
