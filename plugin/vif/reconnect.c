/* Theory of operation. All is done under vif_records_lock(), so nobody unplugs the interface, or
 * chooses the same device for another one, meanwhile. What is going to be made stands in the record
 * before it is made: on which device, what is to be set back of that, and an index of 0, by which
 * vif_device_find() knows the macvtap by its mark. So whatever a kill leaves, gc, unplug, and the
 * next attempt find it. */
#include "vif/reconnect.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"
#include "vif/device.h"
#include "vif/lower-use.h"
#include "vif/plug.h"
#include "vif/reconnect-job.h"

/* Reads the record anew, but for what the watcher has seen, which is in the caller's. */
static int refresh(struct reconnect *job, char **errorp)
{
    struct vif_record *old = job->record;
    struct vif_record now;
    int error = vif_records_read(job->records, old->port.name, &now, errorp);

    if (!error && (now.state != VIF_PLUGGED || !str_eq(now.plug_id, old->plug_id))) {
        vif_record_clear(&now);
        error = -ENOENT;
    }
    if (error == -ENOENT) {
        return error_set(errorp, ENOENT, "\"%s\" was unplugged meanwhile", old->port.name);
    }
    if (!error) {
        now.waiting = old->waiting;
        now.changed = old->changed;
        now.reconnects = old->reconnects;
        now.outage_ms = old->outage_ms;
        now.outages_ms = old->outages_ms;
        vif_record_clear(old);
        *old = now;
    }
    return error;
}

int reconnect_begin(struct reconnect *job, char **errorp)
{
    int error = vif_host_rtnl(job->host, &job->rtnl, errorp);

    if (!error) {
        error = vif_host_records(job->host, &job->records, errorp);
    }
    if (error) {
        return error;
    }
    auto_close int lock = vif_records_lock(job->records, errorp);
    if (lock < 0) {
        return lock;
    }
    error = refresh(job, errorp);
    return error ? error : steal_fd(&lock);
}

int reconnect_look_at_lower(struct reconnect *job, const char *name, char **errorp)
{
    char *lower = str_dup(name);
    struct vif_port port = {.lowers = &lower, .n_lowers = 1};
    int error = vif_lowers_look(job->rtnl, job->records, &port, 1, &job->lowers, errorp);

    free(lower);
    if (!error) {
        error = vif_lower_check(&job->record->port, &job->lowers.list[0], &job->lowers, errorp);
    }
    return error == -ENOENT ? -ENODEV : error;
}

/* The link that the macvtap is to be on, or NULL while that has yet to be made. */
static const struct link_info *link_below(const struct reconnect *job)
{
    const struct vif_lower *lower = &job->lowers.list[0];
    int vlan = vif_lower_vlan(&job->record->port);

    return vlan < 0 ? &lower->link : vif_lower_vlan_link(lower, vlan);
}

/* Whether a macvtap of ours is already just what is to be made. */
static bool is_right(const struct reconnect *job, const struct link_info *macvtap)
{
    const struct vif_port *port = &job->record->port;
    auto_free char *mark = vif_port_mark(port);
    const struct link_info *below = link_below(job);

    return below && macvtap->lower == below->ifindex && macvtap->macvtap_mode == port->mode &&
           mac_equal(&macvtap->mac, &port->host_mac) && str_eq(macvtap->alias, mark);
}

/* Whether one that somebody has open is taken even so. That the guest it is for has it, from an
 * attempt that was cut short, does no harm: it gets other queues of it, and loses those. But with
 * several queues a QEMU whose guest is just setting up its card would die of the macvtap being
 * deleted (qemu/relink-replug.c). */
static bool may_share(const struct vif_record *record, const struct vif_device_state *state)
{
    unsigned n_queues = record->port.n_queues;

    return state->user > 0 && !record->port.persistent && n_queues > 1 &&
           n_queues <= MACVTAP_MAX_QUEUES / 2 && vif_record_owner_lives(record) &&
           process_is_of(state->user, record->pid);
}

/* Finds the macvtap of an earlier attempt: *ifindex is 0 where there is none, or one that will not
 * do, or that somebody has open, which is deleted. */
static int find_earlier(struct reconnect *job, int *ifindex, bool *deleted, char **errorp)
{
    struct link_info macvtap;
    struct vif_device_state *state = NULL;
    int error = vif_device_find(job->host, job->record, ifindex, errorp);

    if (error || !*ifindex) {
        return error;
    }
    error = link_get_by_index(job->rtnl, *ifindex, &macvtap, errorp);
    if (!error) {
        error = vif_device_look(job->host, job->record, 1, &state, errorp);
    }
    if (error) {
        return error;
    }
    bool may_take = !state->in_use || may_share(job->record, state);
    free(state);
    if (may_take && is_right(job, &macvtap)) {
        return 0;
    }
    *ifindex = 0;
    *deleted = true;
    vif_host_log(job->host, "deleting device \"%s\", to make it anew", macvtap.name);
    return link_delete(job->rtnl, macvtap.ifindex, errorp);
}

int reconnect_write_record(struct reconnect *job, int ifindex, char **errorp)
{
    job->record->ifindex = ifindex;
    return vif_records_write(job->records, job->record, errorp);
}

int reconnect_write_journal(struct reconnect *job, char **errorp)
{
    struct vif_record *record = job->record;
    const struct mac home = record->home_mac;
    const int home_vlan = record->home_vlan;
    bool has_home = record->has_home_mac;

    str_assign(&record->port.lower, job->lowers.list[0].name);
    vif_lower_remember(&job->lowers.list[0], record);
    /* A card that is known by its own address may have another one just now. */
    if (record->port.find == VIF_FIND_MAC && has_home) {
        record->home_mac = home;
        record->home_vlan = home_vlan;
    }
    return reconnect_write_record(job, 0, errorp);
}

/* Makes the macvtap, or takes that of an earlier attempt, opens it or gives it to its owner, and
 * brings it up. */
static int make(struct reconnect *job, int earlier, struct vif_plugged *out, char **errorp)
{
    struct vif_device_job device = {.out = out, .supervised = !job->record->port.persistent};
    struct vif_lower *lower = &job->lowers.list[0];
    int error = vif_lower_prepare(job->host, lower, &job->record->port, &device.lower, errorp);

    if (!error) {
        out->record.ifindex = earlier;
        error = earlier ? vif_device_take(job->host, &device, errorp)
                        : vif_device_make(job->host, &device, errorp);
    }
    return error ? error : vif_device_hand_over(job->host, &device, errorp);
}

int reconnect_take_away(struct reconnect *job, char **errorp)
{
    struct vif_record *record = job->record;
    int ifindex;
    int error = vif_device_find(job->host, record, &ifindex, errorp);

    if (!error && ifindex) {
        vif_host_log(job->host, "deleting device \"%s\"", record->port.name);
        error = link_delete(job->rtnl, ifindex, errorp);
    }
    if (!error && vif_lower_has_to_set_back(record)) {
        error = vif_lower_set_back(job->host, record, 1, errorp);
    }
    if (error) {
        return error;
    }
    record->lower_was_down = false;
    record->vlan_was_down = false;
    record->vlan_was_missing = false;
    record->has_lower_mac = false;
    return reconnect_write_record(job, 0, errorp);
}

static void close_queues(struct vif_plugged *out)
{
    for (size_t i = 0; i < out->n_fds; i++) {
        close(out->fds[i]);
    }
    free(out->fds);
}

int reconnect_connect(struct reconnect *job, int earlier, int **fds, size_t *n_fds, char **errorp)
{
    struct vif_plugged out = {.record = *job->record}; /* lent */
    int error = make(job, earlier, &out, errorp);

    job->record->ifindex = out.record.ifindex;
    if (!error) {
        vif_lower_keep_up(job->record);
        error = reconnect_write_record(job, job->record->ifindex, errorp);
    }
    if (error) {
        auto_free char *sentence = NULL;

        close_queues(&out);
        if (reconnect_take_away(job, &sentence)) {
            error_append(errorp, "%s", sentence);
        }
        return error;
    }
    *fds = out.fds;
    *n_fds = out.n_fds;
    return 0;
}

/* Finds or prepares what the macvtap is made of. */
static int prepare(struct reconnect *job, const char *lower, int *earlier, char **errorp)
{
    bool deleted = false;
    int error = reconnect_look_at_lower(job, lower, errorp);

    if (!error) {
        error = find_earlier(job, earlier, &deleted, errorp);
    }
    if (!error && deleted) {
        /* What was deleted just now may have changed the device below. */
        error = reconnect_look_at_lower(job, lower, errorp);
    }
    return error || *earlier ? error : reconnect_write_journal(job, errorp);
}

int vif_reconnect(struct vif_host *host, struct vif_record *record, const char *lower, int **fds,
                  size_t *n_fds, char **errorp)
{
    struct reconnect job = {.host = host, .record = record};
    auto_free char *name = str_dup(lower); /* it may be the record's */
    auto_close int lock = reconnect_begin(&job, errorp);
    int earlier = 0;

    if (lock < 0) {
        return lock;
    }
    bool moves = !str_eq(record->port.lower, name);
    int error = prepare(&job, name, &earlier, errorp);
    if (!error) {
        str_assign(&record->port.lower, name);
        error = reconnect_connect(&job, earlier, fds, n_fds, errorp);
    }
    /* A VLAN link that was made for it on the other device is of use to nobody. */
    if (!error && moves && vif_lower_vlan(&record->port) >= 0) {
        vif_lower_set_back(host, NULL, 0, NULL);
    }
    vif_lowers_clear(&job.lowers);
    return error ? error_wrap(errorp, error, "\"%s\"", record->port.name) : 0;
}

int vif_reconnect_undo(struct vif_host *host, struct vif_record *record, char **errorp)
{
    struct reconnect job = {.host = host, .record = record};
    auto_close int lock = reconnect_begin(&job, errorp);

    return lock < 0 ? lock : reconnect_take_away(&job, errorp);
}
