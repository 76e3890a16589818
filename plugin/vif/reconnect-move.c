/* Moving an interface while what it is on still works.
 *
 * The macvtap that the guest has keeps working under another name, and the new one gets its own:
 * so whoever looks for the interface by its name finds the new one, and who has it open keeps the
 * old one. What is going to be done stands in the record first: the record is that of the new
 * macvtap from then on, and its `before` is the interface as it was, under the old one's new name.
 * Whatever a kill leaves of that is told apart by who is there, and who is open. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/rtnl.h"
#include "vif/device.h"
#include "vif/lower-use.h"
#include "vif/reconnect-job.h"
#include "vif/reconnect.h"

/* Notes in the record how the interface is now. The name is that of no plug: those are not numbers
 * in decimal. */
static int remember(struct reconnect *job, char **errorp)
{
    struct vif_record *record = job->record;
    struct vif_record *before = vif_record_copy(record);

    if (!before) {
        return error_set(errorp, ENOMEM, "its record cannot be copied");
    }
    snprintf(before->port.name, sizeof before->port.name, "vifold%d", record->ifindex);
    record->before = before;
    return 0;
}

static void forget(struct vif_record *record)
{
    vif_records_free(record->before, 1);
    record->before = NULL;
}

/* The record is that of the interface as it was, but for what was seen. */
static void restore_record(struct vif_record *record)
{
    struct vif_record *before = steal_ptr(record->before);

    str_copy(before->port.name, sizeof before->port.name, record->port.name);
    before->waiting = record->waiting;
    before->changed = record->changed;
    before->reconnects = record->reconnects;
    before->outage_ms = record->outage_ms;
    before->outages_ms = record->outages_ms;
    vif_record_clear(record);
    *record = *before;
    free(before);
}

/* Deletes the new macvtap, unless what has its name is the old one yet. */
static int delete_new(struct reconnect *job, char **errorp)
{
    int ifindex;
    int error = vif_device_find(job->host, job->record, &ifindex, errorp);

    if (error || ifindex == job->record->before->ifindex) {
        return error;
    }
    return reconnect_take_away(job, errorp);
}

/* The interface is as it was. */
static int move_back(struct reconnect *job, char **errorp)
{
    struct vif_record *record = job->record;
    int old;
    int error = delete_new(job, errorp);

    if (!error) {
        error = vif_device_find(job->host, record->before, &old, errorp);
    }
    if (!error && old) {
        error = link_rename(job->rtnl, old, record->port.name, errorp);
    }
    if (error) {
        return error;
    }
    restore_record(record);
    return reconnect_write_record(job, record->ifindex, errorp);
}

/* Nothing is left of how it was. */
static int finish(struct reconnect *job, char **errorp)
{
    struct vif_record *record = job->record;
    int old;
    int error = vif_device_find(job->host, record->before, &old, errorp);

    if (!error && old) {
        vif_host_log(job->host, "deleting device \"%s\"", record->before->port.name);
        error = link_delete(job->rtnl, old, errorp);
    }
    if (!error && vif_lower_has_to_set_back(record->before)) {
        error = vif_lower_set_back(job->host, record->before, 1, errorp);
    }
    if (error) {
        return error;
    }
    forget(record);
    return reconnect_write_record(job, record->ifindex, errorp);
}

/* Renames the old macvtap, and makes the new one. */
static int exchange(struct reconnect *job, int **fds, size_t *n_fds, char **errorp)
{
    const struct vif_record *before = job->record->before;
    int error = link_rename(job->rtnl, before->ifindex, before->port.name, errorp);

    if (!error) {
        error = reconnect_connect(job, 0, fds, n_fds, errorp);
    }
    if (error) {
        auto_free char *sentence = NULL;

        if (move_back(job, &sentence)) {
            error_append(errorp, "%s", sentence);
        }
    }
    return error;
}

int vif_reconnect_move(struct vif_host *host, struct vif_record *record, const char *lower,
                       int **fds, size_t *n_fds, char **errorp)
{
    struct reconnect job = {.host = host, .record = record};
    auto_close int lock = reconnect_begin(&job, errorp);
    int old = 0;

    if (lock < 0) {
        return lock;
    }
    int error = vif_device_find(host, record, &old, errorp);
    if (!error && (!old || record->before)) {
        error = error_set(errorp, EBUSY,
                          record->before ? "it is being moved already"
                                         : "it has no macvtap to move");
    }
    if (!error) {
        error = reconnect_look_at_lower(&job, lower, errorp);
    }
    if (!error) {
        error = remember(&job, errorp);
    }
    if (!error) {
        error = reconnect_write_journal(&job, errorp);
    }
    if (!error) {
        error = exchange(&job, fds, n_fds, errorp);
    }
    vif_lowers_clear(&job.lowers);
    return error ? error_wrap(errorp, error, "\"%s\"", record->port.name) : 0;
}

int vif_reconnect_moved(struct vif_host *host, struct vif_record *record, char **errorp)
{
    struct reconnect job = {.host = host, .record = record};
    auto_close int lock = reconnect_begin(&job, errorp);

    if (lock < 0) {
        return lock;
    }
    return record->before ? finish(&job, errorp) : 0;
}

int vif_reconnect_move_back(struct vif_host *host, struct vif_record *record, char **errorp)
{
    struct reconnect job = {.host = host, .record = record};
    auto_close int lock = reconnect_begin(&job, errorp);

    if (lock < 0) {
        return lock;
    }
    return record->before ? move_back(&job, errorp) : 0;
}

/* Whether the macvtap of a record is there, by its index, and open. */
static int look(struct reconnect *job, const struct vif_record *record, int *ifindex, bool *in_use,
                char **errorp)
{
    struct link_info link;
    int error = vif_device_find(job->host, record, ifindex, errorp);

    *in_use = false;
    if (error || !*ifindex) {
        return error;
    }
    error = link_get_by_index(job->rtnl, *ifindex, &link, errorp);
    return error ? error : vif_device_find_users(&link, 1, in_use, errorp);
}

static int settle(struct reconnect *job, char **errorp)
{
    struct vif_record *record = job->record;
    int old = 0;
    int new = 0;
    bool old_open = false;
    bool new_open = false;
    int error = look(job, record->before, &old, &old_open, errorp);

    if (!error) {
        error = look(job, record, &new, &new_open, errorp);
    }
    if (error) {
        return error;
    }
    bool was_made = new && record->ifindex;
    if (new == record->before->ifindex || (old && !new_open && (old_open || !was_made))) {
        return move_back(job, errorp);
    }
    /* Nobody knows which of the two the guest is on: it gets one that is neither. */
    if (old_open && new_open) {
        error = delete_new(job, errorp);
    }
    return error ? error : finish(job, errorp);
}

int vif_reconnect_settle(struct vif_host *host, struct vif_record *record, char **errorp)
{
    struct reconnect job = {.host = host, .record = record};
    auto_close int lock = reconnect_begin(&job, errorp);

    if (lock < 0) {
        return lock;
    }
    return record->before ? settle(&job, errorp) : 0;
}
