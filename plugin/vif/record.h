/* Records: what was plugged, one file for each device, kept under the run-time folder.
 *
 * A record is also the journal. It is written, in state "plugging", before the first change to the
 * host, and removed after the last one was undone; so whatever a crash leaves has a record that
 * says how far at most it went, and gc can undo it. Files appear and change by rename(2), whole or
 * not at all. To change a record's state is to claim it, under a lock: of two processes that want
 * to, one gets it.
 *
 * The folder lies on a tmpfs (/run): records do not survive a reboot, and neither do the devices.
 */
#ifndef VIF_RECORD_H
#define VIF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netdev/ifname.h"
#include "vif/port.h"

enum vif_state {
    VIF_PLUGGING,
    VIF_PLUGGED,
    VIF_UNPLUGGING,
};

struct vif_record {
    struct vif_port port;
    enum vif_state state;
    char plug_id[37]; /* of the plug that made it; also on its OVS row */
    char *remote;     /* the OVSDB server it is known to, or NULL when it has no OVS row */
    int ifindex;      /* of the device; 0 until it is made */
    int64_t ofport;   /* 0 where there is none */
    pid_t pid; /* the process that works on it or, once plugged by `run`, looks after it, or the
                  QEMU that it was plugged into; 0: none */
    uint64_t pid_start; /* when that process started, in clock ticks since boot: pids are re-used */
    bool script_done;   /* the script was run, so the downscript is due */
    int64_t since;      /* seconds since the epoch */
    char *granted_name; /* of the bridge helper's: the name that was asked for; else NULL */
    uid_t granted_user; /* likewise: who asked */

    /* The guest's card, where QEMU was told of it by us: its device there, which is of this id, and
     * the bus that it is on; NULL where that is not known. */
    char *qemu_id;
    char *qemu_bus;

    /* How the watcher reaches the guest that has it. */
    char *qmp;         /* the path of QEMU's QMP socket, absolute; or NULL */
    bool of_libvirt;   /* the guest is libvirt's, whose monitor is nobody else's */
    char *qemu_netdev; /* the netdev's id, or NULL */

    /* What the watcher has seen. */
    bool waiting;        /* the macvtap went with the device below it */
    int64_t changed;     /* when it began to wait or was connected; seconds since the epoch, or 0 */
    unsigned reconnects; /* how often it was connected again */
    int64_t outage_ms;   /* how long the last time took, and all together */
    int64_t outages_ms;
    int64_t plug_us;     /* how long it took to plug it */
    struct mac home_mac; /* of a macvtap: of the device below it as it was plugged */
    bool has_home_mac;
    int home_vlan; /* and its VLAN, where it was a VLAN link itself; else -1 */

    /* Of a macvtap: what is to be set back below it when it goes (vif/lower-use.h). */
    bool lower_was_down;
    bool vlan_was_down;    /* the VLAN link */
    bool vlan_was_missing; /* likewise */
    bool has_lower_mac;
    struct mac lower_mac; /* of the link it is on, which has the guest's meanwhile */

    /* While the guest is moved (vif/reconnect-move.h): the interface as it was, under the name that
     * its macvtap has meanwhile; else NULL. It has none itself. */
    struct vif_record *before;
};

/* Frees what the record points to and zeroes it. */
void vif_record_clear(struct vif_record *record);
void vif_records_free(struct vif_record *records, size_t n);

/* A copy of a record without its `before`; the caller frees it with vif_records_free(copy, 1). NULL
 * when that cannot be had, which is for want of memory. */
struct vif_record *vif_record_copy(const struct vif_record *record);

/* The word in JSON and tables: "plugging", "plugged", "unplugging". */
const char *vif_state_name(enum vif_state state);

/* The path by which others open the device, "/dev/tapN"; NULL for a tap, which is opened by its
 * name, and for a macvtap that is not for others. Caller frees. */
char *vif_record_node(const struct vif_record *record);

/* The record as JSON; the shape that vifplug(8) documents. */
struct cJSON *vif_record_to_json(const struct vif_record *record);

/* Reads back what vif_record_to_json() made. Returns 0, or -EINVAL for anything else; on success
 * the caller clears *record. */
int vif_record_from_json(const struct cJSON *json, struct vif_record *record, char **errorp);

/* Whether the process that a record names is alive; one that has ended, but for its parent to take
 * note of it, is not. Where that cannot be told, as for want of descriptors, it counts as alive:
 * what a live one looks after is not to be taken from it. */
bool vif_record_owner_lives(const struct vif_record *record);

/* Makes the record's pid and pid_start those of the calling process. */
void vif_record_set_owner(struct vif_record *record);

/* Likewise, those of another process. */
void vif_record_give_to(struct vif_record *record, pid_t pid);

/* The records of one run-time folder. */
struct vif_records;

/* Opens the records in `rundir`. A folder that is missing holds none; the first record makes it
 * (0755). On success the caller calls vif_records_close(). */
int vif_records_open(const char *rundir, struct vif_records **records, char **errorp);
void vif_records_close(struct vif_records *records);

/* Takes the lock of the folder, making that where it is missing, and waits for it a minute: while
 * it is held, no other process claims a record, or chooses what to put a macvtap on. Returns a
 * descriptor, which the caller closes to give the lock back; or a negative errno value.
 * Who holds it must not call vif_records_claim(), which takes it, too. */
int vif_records_lock(struct vif_records *records, char **errorp);

/* The same for who must not wait: takes the lock where no other process has it, until
 * vif_records_unlock() was called as often as this. Meanwhile whatever takes it by way of these
 * `records` has it at once. Returns 0; -ETIME when another process has it, whom the sentence names;
 * or another negative errno value. */
int vif_records_try_lock(struct vif_records *records, char **errorp);
void vif_records_unlock(struct vif_records *records);

/* Whether it is held so. */
bool vif_records_have_lock(const struct vif_records *records);

/* Makes the folder where it is missing, as the first record does. */
int vif_records_make_folders(struct vif_records *records, char **errorp);

/* Writes new records, all or none; -EEXIST when there is one of such a name already, with a
 * sentence that says what is known of it. */
int vif_records_create(struct vif_records *records, const struct vif_record *new, size_t n,
                       char **errorp);

/* Replaces a record. */
int vif_records_write(struct vif_records *records, const struct vif_record *record, char **errorp);

/* Reads the record of one device; -ENOENT, without a sentence, when there is none, -EBADMSG when
 * the file does not hold one. On success the caller calls vif_record_clear(). */
int vif_records_read(struct vif_records *records, const char *name, struct vif_record *record,
                     char **errorp);

/* Reads all records, sorted by name; the caller calls vif_records_free(). */
int vif_records_read_all(struct vif_records *records, struct vif_record **all, size_t *n,
                         char **errorp);

/* The names of all records, in no order, whatever is in them; the caller frees *names. */
int vif_records_names(struct vif_records *records, char (**names)[IFNAMSIZ], size_t *n,
                      char **errorp);

/* As vif_records_read_all(), only those that are in state VIF_PLUGGING; the others cost as little
 * as those of other domains do below. */
int vif_records_read_plugging(struct vif_records *records, struct vif_record **list, size_t *n,
                              char **errorp);

/* As vif_records_read_all(), only those of the domain with this UUID, which is in lower case.
 * Others cost no more than reading their files, and may be broken. */
int vif_records_read_domain(struct vif_records *records, const char *domain_uuid,
                            struct vif_record **list, size_t *n, char **errorp);

/* Claims a record for unplugging: reads it anew into *record, and unless a live process is at work
 * on it puts it into state "unplugging" by this process. `plug_id` is that of the plug that is
 * meant, or NULL for any: by now the name may be another's. -ENOENT, without a sentence, when it is
 * gone; -EBUSY when another process is plugging or unplugging it. */
int vif_records_claim(struct vif_records *records, const char *name, const char *plug_id,
                      struct vif_record *record, char **errorp);

/* Likewise a lock of one user's, which has nothing to do with that one: so that no two processes
 * both count the ports that the user has been granted, and then add one each. */
int vif_records_lock_user(struct vif_records *records, uid_t user, char **errorp);

/* Removes a record; one that is gone is fine. */
int vif_records_remove(struct vif_records *records, const char *name, char **errorp);

/* The absolute path of the socket that a QEMU has for the watcher, of whose cards one is of that
 * name: RUNDIR/qmp/NAME.sock. Makes its folder, which is root's alone (0700), where it is missing.
 * Who makes the socket writes a record that names it before. Returns NULL on failure; caller
 * frees. */
char *vif_records_socket(struct vif_records *records, const char *name, char **errorp);

/* Whether a path is of that folder. */
bool vif_records_have_socket(const struct vif_records *records, const char *path);

/* Removes the sockets that no record names. */
int vif_records_sweep_sockets(struct vif_records *records, char **errorp);

/* Removes the unfinished files of processes that are gone. */
void vif_records_sweep(struct vif_records *records);

#endif
