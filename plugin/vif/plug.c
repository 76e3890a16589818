#include "vif/plug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "vif/device.h"
#include "vif/identity.h"
#include "vif/lower-use.h"
#include "vif/port-add.h"
#include "vif/script.h"
#include "vif/standing.h"

/* A plug at work: the interfaces that are not there yet, which are made together. */
struct plug {
    struct vif_host *host;
    const struct vif_plug_options *options;
    struct vif_records *records;
    char plug_id[37];
    int64_t began_us;

    struct job {
        struct vif_device_job device;
        char replaces[37]; /* the stale row, or "" */
    } * jobs;
    size_t n;

    struct vif_lowers *lowers;
    int lock; /* held while macvtaps get their lower devices; else -1 */
};

void vif_plugged_free(struct vif_plugged *plugged, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t q = 0; q < plugged[i].n_fds; q++) {
            close(plugged[i].fds[q]);
        }
        free(plugged[i].fds);
        vif_record_clear(&plugged[i].record);
    }
    free(plugged);
}

static struct vif_record *record_of(const struct job *job)
{
    return &job->device.out->record;
}

static struct vif_port *port_of(const struct job *job)
{
    return &record_of(job)->port;
}

static void fill_record(const struct plug *plug, const struct vif_port *port,
                        struct vif_record *record, const char *remote)
{
    memset(record, 0, sizeof *record);
    vif_port_copy(&record->port, port);
    record->state = VIF_PLUGGING;
    memcpy(record->plug_id, plug->plug_id, sizeof record->plug_id);
    record->remote = port->attachment == VIF_ATTACH_OVS ? str_dup_or_null(remote) : NULL;
    vif_record_set_owner(record);
    record->since = time(NULL);
    record->of_libvirt = plug->options->of_libvirt;
    record->granted_name = str_dup_or_null(plug->options->granted_name);
    record->granted_user = plug->options->granted_user;
}

/* Sorts the plan's interfaces into those that stand already and those that are to be made. */
static int sort_out(struct plug *plug, const struct vif_plan *plan, const struct vif_view *view,
                    struct vif_plugged *plugged, char **errorp)
{
    for (size_t i = 0; i < plan->n_ports; i++) {
        const struct vif_port *port = &plan->ports[i];
        const struct vif_sight *sight = &view->sights[i];
        struct job *job = &plug->jobs[plug->n];
        int error = vif_standing_look(plug->host, port, sight, plug->options->fresh,
                                      &plugged[i].already, job->replaces, errorp);

        if (!error && plugged[i].already) {
            int gone = vif_records_read(plug->records, port->name, &plugged[i].record, errorp);

            error = gone == -ENOENT ? error_set(errorp, EAGAIN,
                                                "\"%s\" was unplugged meanwhile; try "
                                                "again",
                                                port->name)
                                    : gone;
        } else if (!error) {
            fill_record(plug, port, &plugged[i].record, view->ovs_remote);
            job->device = (struct vif_device_job){
                .out = &plugged[i],
                .sight = sight,
                .supervised = plug->options->supervised,
            };
            plug->n++;
        }
        if (error) {
            return error_wrap(errorp, error, "%s", port->where);
        }
    }
    return 0;
}

/* What to answer where a name is in use that was not when the plan was made: another plan finds
 * another name, if it is one that vifplug generated. */
static int name_taken(const struct vif_port *port, int error)
{
    return error == -EEXIST && port->name_generated ? -EAGAIN : error;
}

static bool is_macvtap(const struct job *job)
{
    return port_of(job)->device == VIF_DEVICE_MACVTAP;
}

/* The lower device that was chosen for a macvtap. */
static struct vif_lower *lower_of(const struct plug *plug, const struct job *job)
{
    return vif_lowers_find(plug->lowers, port_of(job)->lower);
}

/* Takes the lock for macvtaps, if there are any, and counts who uses their lower devices. Nobody
 * else chooses until it is given back, after the records that others count were written. */
static int lock_lowers(struct plug *plug, char **errorp)
{
    struct rtnl *rtnl;
    bool needed = false;

    for (size_t i = 0; i < plug->n; i++) {
        needed |= is_macvtap(&plug->jobs[i]);
    }
    if (!needed) {
        return 0;
    }
    int error = vif_host_rtnl(plug->host, &rtnl, errorp);
    if (error) {
        return error;
    }
    plug->lock = vif_records_lock(plug->records, errorp);
    return plug->lock < 0 ? plug->lock
                          : vif_lowers_count(rtnl, plug->records, plug->lowers, errorp);
}

/* Chooses anew, since others may have plugged since the plan was made. */
static int choose_lower(struct plug *plug, struct job *job, char **errorp)
{
    if (!is_macvtap(job)) {
        return 0;
    }
    int error = vif_lower_choose(port_of(job), plug->lowers, errorp);

    if (!error) {
        vif_lower_remember(lower_of(plug, job), record_of(job));
    }
    return error;
}

static int write_journal(struct plug *plug, char **errorp)
{
    struct vif_record *new = mem_resize(NULL, plug->n, sizeof *new);

    for (size_t i = 0; i < plug->n; i++) {
        new[i] = *record_of(&plug->jobs[i]);
    }
    int error = vif_records_create(plug->records, new, plug->n, errorp);
    for (size_t i = 0; i < plug->n; i++) {
        error = name_taken(&new[i].port, error);
    }
    free(new);
    return error;
}

/* Adds the ports that go to Open vSwitch, in one transaction. */
static int attach(struct plug *plug, char **errorp)
{
    struct ovs_port *ports = mem_resize(NULL, plug->n, sizeof *ports);
    int64_t *ofports = mem_resize(NULL, plug->n, sizeof *ofports);
    struct ovsdb *db;
    size_t n = 0;
    int error = 0;

    for (size_t i = 0; i < plug->n; i++) {
        if (port_of(&plug->jobs[i])->attachment == VIF_ATTACH_OVS) {
            vif_port_to_ovs(port_of(&plug->jobs[i]), &ports[n]);
            memcpy(ports[n].replaces, plug->jobs[i].replaces, sizeof ports[n].replaces);
            vif_host_log(plug->host, "adding port \"%s\" to OVS bridge \"%s\"", ports[n].name,
                         ports[n].bridge);
            n++;
        }
    }
    if (n) {
        error = vif_host_ovsdb(plug->host, &db, errorp);
        if (!error) {
            vif_host_log(plug->host, "waiting until ovs-vswitchd has realised %zu port%s", n,
                         n == 1 ? "" : "s");
            error = vif_ports_add(plug->host, db, ports, n, plug->plug_id, plug->options->no_wait,
                                  ofports, errorp);
        }
    }
    size_t next = 0;
    for (size_t i = 0; i < plug->n && !error; i++) {
        if (port_of(&plug->jobs[i])->attachment == VIF_ATTACH_OVS) {
            record_of(&plug->jobs[i])->ofport = ofports[next++];
        }
    }
    for (size_t i = 0; i < n; i++) {
        ovs_port_clear(&ports[i]);
    }
    free(ports);
    free(ofports);
    return error;
}

static int run_script(struct plug *plug, struct job *job, char **errorp)
{
    struct vif_record *record = record_of(job);
    const struct vif_port *port = &record->port;

    /* QEMU runs the script of a device that it opens itself. */
    if (!port->script || port->device == VIF_DEVICE_BY_QEMU) {
        return 0;
    }
    vif_host_log(plug->host, "running script \"%s\" for \"%s\"", port->script, port->name);
    record->script_done = true;
    int error = vif_records_write(plug->records, record, errorp);
    return error ? error : vif_script_run(port->script, port->name, errorp);
}

static int finish_record(struct plug *plug, struct job *job, char **errorp)
{
    struct vif_record *record = record_of(job);

    vif_lower_keep_up(record);
    record->state = VIF_PLUGGED;
    record->plug_us = clock_us() - plug->began_us;
    if (!plug->options->supervised) {
        record->pid = 0;
        record->pid_start = 0;
    } else if (plug->options->supervisor) {
        vif_record_give_to(record, plug->options->supervisor);
    }
    return vif_records_write(plug->records, record, errorp);
}

/* Makes VLAN links and finds what macvtaps go on, while the lock is still held. */
static int prepare_lower(struct plug *plug, struct job *job, char **errorp)
{
    return is_macvtap(job) ? vif_lower_prepare(plug->host, lower_of(plug, job), port_of(job),
                                               &job->device.lower, errorp)
                           : 0;
}

static void unlock(struct plug *plug)
{
    if (plug->lock >= 0) {
        close(plug->lock);
        plug->lock = -1;
    }
}

static int make_device(struct plug *plug, struct job *job, char **errorp)
{
    return name_taken(port_of(job), vif_device_make(plug->host, &job->device, errorp));
}

static int set_up_device(struct plug *plug, struct job *job, char **errorp)
{
    return vif_device_set_up(plug->host, &job->device, errorp);
}

static int bring_up_attached(struct plug *plug, struct job *job, char **errorp)
{
    return vif_device_attached(plug->host, &job->device, errorp);
}

static int hand_over_device(struct plug *plug, struct job *job, char **errorp)
{
    return vif_device_hand_over(plug->host, &job->device, errorp);
}

/* Takes a step with each interface. */
static int each(struct plug *plug, int (*step)(struct plug *, struct job *, char **), char **errorp)
{
    for (size_t i = 0; i < plug->n; i++) {
        int error = step(plug, &plug->jobs[i], errorp);

        if (error) {
            return error_wrap(errorp, error, "%s", port_of(&plug->jobs[i])->where);
        }
    }
    return 0;
}

/* Steps 2 to 7. */
static int make(struct plug *plug, char **errorp)
{
    static int (*const steps[])(struct plug *, struct job *, char **) = {
        make_device,       set_up_device, NULL, /* here all are attached together */
        bring_up_attached, run_script,    hand_over_device,
        finish_record,
    };
    int error = 0;

    for (size_t i = 0; i < ARRAY_LEN(steps) && !error; i++) {
        error = steps[i] ? each(plug, steps[i], errorp) : attach(plug, errorp);
    }
    return error;
}

/* Takes back what make() did before it failed. */
static void roll_back(struct plug *plug, char **errorp)
{
    struct vif_record *records = mem_resize(NULL, plug->n, sizeof *records);

    for (size_t i = 0; i < plug->n; i++) {
        auto_free char *sentence = NULL;

        if (vif_device_restore(plug->host, &plug->jobs[i].device, &sentence)) {
            error_append(errorp, "%s", sentence);
        }
        records[i] = *record_of(&plug->jobs[i]);
    }
    auto_free char *sentence = NULL;
    if (vif_unplug_records(plug->host, records, plug->n, &sentence)) {
        error_append(errorp, "%s", sentence);
    }
    free(records);
}

int vif_plug(struct vif_host *host, const struct vif_plan *plan, struct vif_view *view,
             const struct vif_plug_options *options, struct vif_plugged **plugged, char **errorp)
{
    struct plug plug = {
        .host = host,
        .options = options,
        .jobs = mem_zalloc(plan->n_ports * sizeof *plug.jobs),
        .lowers = &view->lowers,
        .lock = -1,
        .began_us = options->began_us ? options->began_us : clock_us(),
    };
    struct vif_plugged *out = mem_zalloc(plan->n_ports * sizeof *out);

    vif_identity_random(plug.plug_id);
    int error = vif_host_records(host, &plug.records, errorp);
    if (!error) {
        error = sort_out(&plug, plan, view, out, errorp);
    }
    if (!error) {
        error = lock_lowers(&plug, errorp);
    }
    if (!error) {
        error = each(&plug, choose_lower, errorp);
    }
    if (!error) {
        error = write_journal(&plug, errorp);
    }
    if (!error) {
        error = each(&plug, prepare_lower, errorp);
        unlock(&plug);
        if (!error) {
            error = make(&plug, errorp);
        }
        if (error) {
            roll_back(&plug, errorp);
        }
    }
    unlock(&plug);
    free(plug.jobs);
    if (error) {
        vif_plugged_free(out, plan->n_ports);
        return error;
    }
    *plugged = out;
    return 0;
}
