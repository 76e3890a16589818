#include "vif/repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/brport.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "ovs/bridge.h"
#include "vif/device.h"
#include "vif/port-add.h"

/* What became of one record. */
struct vif_repaired {
    enum {
        VIF_REPAIR_STANDS, /* its port is there, or it has none */
        VIF_REPAIR_FAILED,
    } result;
    int error; /* VIF_REPAIR_FAILED */
    char *why; /* likewise */
};

/* The ports of one server that are being put back, of `n` records. */
struct put_back {
    struct vif_host *host;
    const struct vif_repair_options *options;
    struct vif_record **records;
    struct vif_repaired **results;
    size_t n;
};

/* Notes what went wrong with a record; the first time counts. */
static void failed(struct vif_repaired *result, int error, const char *sentence)
{
    if (result->result != VIF_REPAIR_FAILED) {
        result->result = VIF_REPAIR_FAILED;
        result->error = error;
        result->why = str_dup(sentence ? sentence : "failed");
    }
}

static void all_failed(const struct put_back *job, int error, const char *sentence)
{
    for (size_t i = 0; i < job->n; i++) {
        failed(job->results[i], error, sentence);
    }
}

/* Finds the device that was plugged, not another one of its name; *found says whether it is there.
 * One that is not ours has no mark. */
static int find_device(struct rtnl *rtnl, const struct vif_record *record, bool *found,
                       struct link_info *link, char **errorp)
{
    auto_free char *mark = vif_port_mark(&record->port);
    int error = link_find(rtnl, record->port.name, found, link, errorp);

    *found = !error && *found &&
             (!vif_device_is_made(&record->port) || str_eq(link->alias, mark)) &&
             (!record->ifindex || link->ifindex == record->ifindex);
    return error;
}

static int repair_device(struct vif_host *host, struct rtnl *rtnl, const struct vif_record *record,
                         const struct link_info *link, char **errorp)
{
    const struct vif_port *port = &record->port;
    struct link_change change = {0};
    struct link_info bridge;

    if (!mac_equal(&link->mac, &port->host_mac)) {
        change.mac = &port->host_mac;
    }
    if (port->mtu && link->mtu != port->mtu) {
        change.mtu = port->mtu;
    }
    if (!link->up) {
        change.state = LINK_UP;
    }
    if (port->attachment == VIF_ATTACH_LINUX_BRIDGE) {
        int error = link_get(rtnl, port->bridge, &bridge, errorp);

        if (error) {
            return error;
        }
        change.master = link->master != bridge.ifindex ? bridge.ifindex : 0;
    }
    if (!change.mac && !change.mtu && !change.state && !change.master) {
        return 0;
    }
    vif_host_log(host, "setting up device \"%s\" again", port->name);
    int error = link_change(rtnl, link->ifindex, &change, errorp);
    if (!error && change.master && port->isolated) {
        error = brport_set_isolated(rtnl, link->ifindex, true, errorp);
    }
    return error;
}

/* Adds the ports of the records, with the ids that they had. */
static int add_ports(const struct put_back *job, struct ovsdb *db, char **errorp)
{
    struct ovs_port *ports = mem_resize(NULL, job->n, sizeof *ports);
    int64_t *ofports = mem_zalloc(job->n * sizeof *ofports);
    struct vif_records *records;
    int error = vif_host_records(job->host, &records, errorp);

    for (size_t i = 0; i < job->n; i++) {
        vif_port_to_ovs(&job->records[i]->port, &ports[i]);
        memcpy(ports[i].plug_id, job->records[i]->plug_id, sizeof ports[i].plug_id);
    }
    if (!error) {
        error = vif_ports_add(job->host, db, ports, job->n, NULL, job->options->no_wait, ofports,
                              errorp);
    }
    for (size_t i = 0; i < job->n; i++) {
        ovs_port_clear(&ports[i]);
        if (!error && ofports[i]) {
            job->records[i]->ofport = ofports[i];
            error = vif_records_write(records, job->records[i], errorp);
        }
    }
    free(ports);
    free(ofports);
    return error;
}

static void put_back_each(const struct put_back *job, struct ovsdb *db);

/* Puts the ports back together. Where one of them is what the server has something against, the
 * others are put back all the same. */
static void put_back_all(const struct put_back *job, struct ovsdb *db)
{
    auto_free char *sentence = NULL;

    if (!job->n) {
        return;
    }
    int error = add_ports(job, db, &sentence);

    if ((error == -EEXIST || error == -EPROTO) && job->n > 1) {
        put_back_each(job, db);
        return;
    }
    for (size_t i = 0; i < job->n; i++) {
        const struct vif_port *port = &job->records[i]->port;

        if (error) {
            failed(job->results[i], error, sentence);
        } else {
            vif_host_log(job->host, "added port \"%s\" to OVS bridge \"%s\" again", port->name,
                         port->bridge);
        }
    }
}

/* Where they failed together some may have been added, and are there. */
static void put_back_each(const struct put_back *job, struct ovsdb *db)
{
    for (size_t i = 0; i < job->n; i++) {
        const struct put_back one = {
            .host = job->host,
            .options = job->options,
            .records = &job->records[i],
            .results = &job->results[i],
            .n = 1,
        };

        put_back_all(&one, db);
    }
}

static bool has_row(const char *name, const struct ovs_port_row *rows, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        if (str_eq(rows[r].port.name, name)) {
            return true;
        }
    }
    return false;
}

/* Leaves in the job those that have no row, and whose bridge is there. */
static void keep_what_can_be(struct put_back *job, struct ovsdb *db, const struct ovs_switch *sw,
                             const struct ovs_port_row *rows, size_t n_rows)
{
    size_t n = 0;

    for (size_t i = 0; i < job->n; i++) {
        const struct vif_port *port = &job->records[i]->port;

        if (has_row(port->name, rows, n_rows)) {
            continue;
        }
        if (!ovs_switch_find(sw, port->bridge)) {
            auto_free char *bridges = ovs_switch_bridge_names(sw);
            auto_free char *sentence = str_printf("no OVS bridge \"%s\" in %s; bridges: %s",
                                                  port->bridge, ovsdb_remote(db), bridges);

            failed(job->results[i], -ENOENT, sentence);
            continue;
        }
        job->records[n] = job->records[i];
        job->results[n++] = job->results[i];
    }
    job->n = n;
}

/* Puts back the ports that the server `remote` lacks, of records that are all on it. */
static void put_back_at(struct put_back *job, const char *remote)
{
    const char **names = mem_resize(NULL, job->n, sizeof *names);
    struct ovs_port_row *rows = NULL;
    struct ovs_switch *sw = NULL;
    auto_free char *sentence = NULL;
    struct ovsdb *db;
    size_t n_rows = 0;

    for (size_t i = 0; i < job->n; i++) {
        names[i] = job->records[i]->port.name;
    }
    int error = vif_host_ovsdb_at(job->host, remote, &db, &sentence);
    if (!error) {
        error = ovs_ports_read(db, names, job->n, &rows, &n_rows, &sentence);
    }
    if (!error && n_rows < job->n) {
        error = ovs_switch_read(db, &sw, &sentence);
    }
    if (error) {
        all_failed(job, error, sentence);
    } else if (sw) {
        keep_what_can_be(job, db, sw, rows, n_rows);
        put_back_all(job, db);
    }
    ovs_switch_free(sw);
    ovs_port_rows_free(rows, n_rows);
    free(names);
}

/* Puts back the ports that are missing of the records whose device is there; one server after the
 * other. */
static void put_back(struct vif_host *host, struct vif_record *records, const bool *found,
                     struct vif_repaired *results, size_t n,
                     const struct vif_repair_options *options)
{
    bool *done = mem_zalloc(n * sizeof *done);
    struct vif_record **there = mem_resize(NULL, n, sizeof(struct vif_record *));
    struct vif_repaired **there_results = mem_resize(NULL, n, sizeof(struct vif_repaired *));

    for (size_t i = 0; i < n; i++) {
        struct put_back job = {
            .host = host, .options = options, .records = there, .results = there_results};

        for (size_t j = i; j < n; j++) {
            if (!done[j] && records[i].remote && str_eq(records[j].remote, records[i].remote) &&
                found[j]) {
                there[job.n] = &records[j];
                there_results[job.n++] = &results[j];
                done[j] = true;
            }
        }
        if (job.n) {
            put_back_at(&job, records[i].remote);
        }
    }
    free(done);
    free(there);
    free(there_results);
}

int vif_repair_device(struct vif_host *host, const struct vif_record *record, bool *found,
                      char **errorp)
{
    struct link_info link;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    *found = false;
    if (!error && record->state == VIF_PLUGGED) {
        error = find_device(rtnl, record, found, &link, errorp);
    }
    if (!error && *found && record->port.managed) {
        error = repair_device(host, rtnl, record, &link, errorp);
    }
    return error;
}

int vif_repair(struct vif_host *host, struct vif_record *records, size_t n,
               const struct vif_repair_options *options, char **errorp)
{
    struct vif_repaired *results = mem_zalloc(n * sizeof *results);
    bool *found = mem_zalloc(n * sizeof *found);
    int first = 0;

    for (size_t i = 0; i < n; i++) {
        auto_free char *sentence = NULL;
        int error = vif_repair_device(host, &records[i], &found[i], &sentence);

        if (error) {
            failed(&results[i], error, sentence);
        }
    }
    put_back(host, records, found, results, n, options);
    for (size_t i = 0; i < n; i++) {
        if (results[i].result == VIF_REPAIR_FAILED && !first) {
            first = error_set(errorp, -results[i].error, "%s", results[i].why);
        }
        free(results[i].why);
    }
    free(found);
    free(results);
    return first;
}
