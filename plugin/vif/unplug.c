#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/device.h"
#include "vif/lower-use.h"
#include "vif/plug.h"
#include "vif/script.h"

/* What is being unplugged, and what went wrong with it. The first error is the one that is told;
 * those that follow are most often its consequences. */
struct unplug {
    struct vif_host *host;
    struct vif_record *records;
    size_t n;
    bool *failed; /* which records must be kept */
    int error;
    char *sentence;
};

static void failed_at(struct unplug *job, size_t i, int error, char *sentence)
{
    job->failed[i] = true;
    if (!job->error) {
        job->error = error;
        job->sentence = sentence;
    } else {
        free(sentence);
    }
}

/* Finds what is to be removed of one record: its row, if that is of the very plug that the record
 * is about (another one of that name is not ours to remove); or, where somebody else has removed
 * the row, what it may have left. */
static bool find_row(struct vif_record *record, const struct ovs_port_row *rows, size_t n,
                     struct ovs_port_row *found)
{
    static char owner[] = OVS_OWNER;

    for (size_t r = 0; r < n; r++) {
        if (str_eq(rows[r].port.name, record->port.name)) {
            *found = rows[r];
            return str_eq(found->owner, owner) && str_eq(found->plug_id, record->plug_id);
        }
    }
    *found = (struct ovs_port_row){
        .port = {.name = record->port.name},
        .owner = owner,
        .plug_id = record->plug_id,
    };
    return record->port.qos.egress_max_bps != 0;
}

/* Removes the rows of all records that are on the server `remote`. */
static int remove_rows_at(struct unplug *job, const char *remote, char **errorp)
{
    const char **names = mem_resize(NULL, job->n, sizeof *names);
    struct ovs_port_row *rows = NULL;
    struct ovsdb *db;
    size_t n_names = 0;
    size_t n_rows = 0;

    for (size_t i = 0; i < job->n; i++) {
        if (str_eq(job->records[i].remote, remote)) {
            names[n_names++] = job->records[i].port.name;
        }
    }
    int error = vif_host_ovsdb_at(job->host, remote, &db, errorp);
    if (!error) {
        error = ovs_ports_read(db, names, n_names, &rows, &n_rows, errorp);
    }
    free(names);
    if (error) {
        return error;
    }

    struct ovs_port_row *ours = mem_zalloc(job->n * sizeof *ours);
    size_t n_ours = 0;
    for (size_t i = 0; i < job->n; i++) {
        if (str_eq(job->records[i].remote, remote) &&
            find_row(&job->records[i], rows, n_rows, &ours[n_ours])) {
            vif_host_log(job->host, "removing port \"%s\" from Open vSwitch",
                         job->records[i].port.name);
            n_ours++;
        }
    }
    if (n_ours) {
        error = ovs_ports_remove(db, ours, n_ours, errorp);
    }
    free(ours);
    ovs_port_rows_free(rows, n_rows);
    return error;
}

static void remove_rows(struct unplug *job)
{
    bool *done = mem_zalloc(job->n * sizeof *done);

    for (size_t i = 0; i < job->n; i++) {
        const char *remote = job->records[i].remote;

        if (!remote || done[i]) {
            continue;
        }
        char *sentence = NULL;
        int error = remove_rows_at(job, remote, &sentence);
        for (size_t j = i; j < job->n; j++) {
            if (str_eq(job->records[j].remote, remote)) {
                done[j] = true;
                if (error) {
                    failed_at(job, j, error, str_dup_or_null(sentence));
                }
            }
        }
        free(sentence);
    }
    free(done);
}

static void run_downscripts(struct unplug *job)
{
    for (size_t i = 0; i < job->n; i++) {
        const struct vif_record *record = &job->records[i];
        char *sentence = NULL;

        /* A failing downscript keeps nothing from going: there is no way back from here. */
        if (record->script_done && record->port.downscript &&
            vif_script_run(record->port.downscript, record->port.name, &sentence)) {
            vif_host_log(job->host, "%s", sentence);
            free(sentence);
        }
    }
}

/* The device that an interface had before it was moved, while that is not yet over. */
static int find_before(struct unplug *job, const struct vif_record *record, int *ifindex,
                       char **errorp)
{
    *ifindex = 0;
    return record->before ? vif_device_find(job->host, record->before, ifindex, errorp) : 0;
}

static void remove_devices(struct unplug *job)
{
    int *ifindexes = mem_resize(NULL, 2 * job->n, sizeof *ifindexes);
    char *sentence = NULL;
    struct rtnl *rtnl;
    size_t n = 0;
    int error = vif_host_rtnl(job->host, &rtnl, &sentence);

    for (size_t i = 0; i < job->n && !error; i++) {
        if (vif_device_is_made(&job->records[i].port)) {
            char *why = NULL;
            int before = 0;
            int missed = vif_device_find(job->host, &job->records[i], &ifindexes[n], &why);

            if (!missed) {
                missed = find_before(job, &job->records[i], &before, &why);
            }
            if (missed) {
                failed_at(job, i, missed, why);
            } else if (ifindexes[n]) {
                vif_host_log(job->host, "deleting device \"%s\"", job->records[i].port.name);
                n++;
            }
            if (before) {
                ifindexes[n++] = before;
            }
        }
    }
    if (!error && n) {
        error = link_delete_many(rtnl, ifindexes, n, &sentence);
    }
    free(ifindexes);
    for (size_t i = 0; i < job->n && error; i++) {
        if (vif_device_is_made(&job->records[i].port)) {
            failed_at(job, i, error, str_dup_or_null(sentence));
        }
    }
    free(sentence);
}

/* Sets back what is below macvtaps, and stores the lock that must be held until their records are
 * gone in *lock: till then nobody must count on what is set back. */
static void set_back_lowers(struct unplug *job, int *lock)
{
    struct vif_record *gone = mem_resize(NULL, 2 * job->n, sizeof *gone);
    struct vif_records *records;
    char *sentence = NULL;
    size_t n = 0;
    int error = 0;

    for (size_t i = 0; i < job->n; i++) {
        if (vif_lower_has_to_set_back(&job->records[i]) && !job->failed[i]) {
            gone[n++] = job->records[i];
        }
        const struct vif_record *before = job->records[i].before;
        if (before && vif_lower_has_to_set_back(before) && !job->failed[i]) {
            gone[n++] = *before;
        }
    }
    if (n) {
        error = vif_host_records(job->host, &records, &sentence);
        if (!error) {
            *lock = vif_records_lock(records, &sentence);
            error = *lock < 0 ? *lock : vif_lower_set_back(job->host, gone, n, &sentence);
        }
    }
    for (size_t i = 0; i < job->n && error; i++) {
        if (vif_lower_has_to_set_back(&job->records[i])) {
            failed_at(job, i, error, str_dup_or_null(sentence));
        }
    }
    free(sentence);
    free(gone);
}

static void remove_records(struct unplug *job)
{
    struct vif_records *records;
    char *sentence = NULL;
    int error = vif_host_records(job->host, &records, &sentence);

    if (error) {
        failed_at(job, 0, error, sentence);
        return;
    }
    bool sockets = false;
    for (size_t i = 0; i < job->n; i++) {
        sockets |= vif_records_have_socket(records, job->records[i].qmp);
        sentence = NULL;
        error = job->failed[i] ? 0
                               : vif_records_remove(records, job->records[i].port.name, &sentence);
        if (error) {
            failed_at(job, i, error, sentence);
        }
    }
    sentence = NULL;
    if (sockets && vif_records_sweep_sockets(records, &sentence)) {
        vif_host_log(job->host, "%s", sentence); /* gc tries it again */
    }
    free(sentence);
}

int vif_unplug_records(struct vif_host *host, struct vif_record *records, size_t n, char **errorp)
{
    struct unplug job = {
        .host = host,
        .records = records,
        .n = n,
        .failed = mem_zalloc(n * sizeof(bool)),
    };
    auto_close int lock = -1;

    remove_rows(&job);
    run_downscripts(&job);
    remove_devices(&job);
    set_back_lowers(&job, &lock);
    remove_records(&job);
    free(job.failed);
    if (job.error) {
        error_set(errorp, -job.error, "%s; what is left will be removed by \"vifplug gc\"",
                  job.sentence);
        free(job.sentence);
    }
    return job.error;
}

/* Claims what is meant and unplugs it. `plug_ids` is NULL, or has the id of the plug that is meant
 * for each name. What cannot be claimed does not keep the rest from going. */
static int claim_and_unplug(struct vif_host *host, const char *const *names,
                            const char *const *plug_ids, size_t n, char **errorp)
{
    struct vif_record *claimed = mem_resize(NULL, n, sizeof *claimed);
    struct vif_records *records;
    size_t n_claimed = 0;
    int result = 0;
    int error = vif_host_records(host, &records, errorp);

    for (size_t i = 0; i < n && !error; i++) {
        char *sentence = NULL;
        int refused = vif_records_claim(records, names[i], plug_ids ? plug_ids[i] : NULL,
                                        &claimed[n_claimed], &sentence);

        if (!refused) {
            n_claimed++;
        } else if (refused != -ENOENT && !result) {
            result = error_set(errorp, -refused, "%s", sentence);
        }
        free(sentence);
    }
    if (n_claimed) {
        char *sentence = NULL;

        error = vif_unplug_records(host, claimed, n_claimed, &sentence);
        if (error && !result) {
            result = error_set(errorp, -error, "%s", sentence);
        }
        free(sentence);
    }
    vif_records_free(claimed, n_claimed);
    return result ? result : error;
}

int vif_unplug(struct vif_host *host, const char *const *names, size_t n, char **errorp)
{
    return claim_and_unplug(host, names, NULL, n, errorp);
}

int vif_unplug_known(struct vif_host *host, const struct vif_record *records, size_t n,
                     char **errorp)
{
    const char **names = mem_resize(NULL, n, sizeof *names);
    const char **plug_ids = mem_resize(NULL, n, sizeof *plug_ids);

    for (size_t i = 0; i < n; i++) {
        names[i] = records[i].port.name;
        plug_ids[i] = records[i].plug_id;
    }
    int error = claim_and_unplug(host, names, plug_ids, n, errorp);
    free(names);
    free(plug_ids);
    return error;
}
