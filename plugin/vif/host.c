#include "vif/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/rtnl.h"
#include "vif/plan-lower.h"

struct vif_host {
    struct vif_host_options options;
    struct rtnl *rtnl;
    struct ovsdb *db;
    struct vif_records *records;
};

struct vif_host *vif_host_open(const struct vif_host_options *options)
{
    struct vif_host *host = mem_zalloc(sizeof *host);

    host->options = *options;
    return host;
}

struct vif_host *vif_host_open_again(const struct vif_host *host)
{
    return vif_host_open(&host->options);
}

void vif_host_close(struct vif_host *host)
{
    if (host) {
        rtnl_close(host->rtnl);
        ovsdb_close(host->db);
        vif_records_close(host->records);
        free(host);
    }
}

int vif_host_rtnl(struct vif_host *host, struct rtnl **rtnl, char **errorp)
{
    int error = host->rtnl ? 0 : rtnl_open(&host->rtnl, errorp);

    *rtnl = host->rtnl;
    return error;
}

int vif_host_ovsdb(struct vif_host *host, struct ovsdb **db, char **errorp)
{
    return vif_host_ovsdb_at(host, host->options.ovsdb.remote, db, errorp);
}

int vif_host_ovsdb_at(struct vif_host *host, const char *remote, struct ovsdb **db, char **errorp)
{
    int error = 0;

    if (host->db && remote && !str_eq(ovsdb_remote(host->db), remote)) {
        ovsdb_close(host->db);
        host->db = NULL;
    }
    if (!host->db) {
        struct ovsdb_options options = host->options.ovsdb;

        options.remote = remote;
        error = ovsdb_open(&host->db, &options, errorp);
    }
    *db = host->db;
    return error;
}

const char *vif_default_rundir(void)
{
    const char *named = getenv("VIFPLUG_RUNDIR");

    return named && named[0] ? named : "/run/vifplug";
}

int vif_host_records(struct vif_host *host, struct vif_records **records, char **errorp)
{
    const char *rundir = host->options.rundir ? host->options.rundir : vif_default_rundir();
    int error = host->records ? 0 : vif_records_open(rundir, &host->records, errorp);

    *records = host->records;
    return error;
}

void vif_host_log(struct vif_host *host, const char *format, ...)
{
    if (host->options.log) {
        va_list args;

        va_start(args, format);
        auto_free char *sentence = str_vprintf(format, args);
        va_end(args);
        host->options.log(host->options.log_data, sentence);
    }
}

static int look_at_links_and_records(struct vif_host *host, const struct vif_plan *plan,
                                     struct vif_view *view, char **errorp)
{
    struct rtnl *rtnl;
    struct vif_records *records;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = vif_host_records(host, &records, errorp);
    }
    for (size_t i = 0; i < plan->n_ports && !error; i++) {
        const struct vif_port *port = &plan->ports[i];
        struct vif_sight *sight = &view->sights[i];

        error = link_find(rtnl, port->name, &sight->has_link, &sight->link, errorp);
        if (!error && port->bridge) {
            error = link_find(rtnl, port->bridge, &sight->has_bridge_link, &sight->bridge_link,
                              errorp);
        }
        if (!error) {
            error = vif_records_read(records, port->name, &sight->record, errorp);
            sight->has_record = error == 0;
            error = error == -ENOENT ? 0 : error;
        }
    }
    return error;
}

/* Looks at the devices that macvtaps may go to, and asks the switches behind them where that
 * decides. */
static int look_at_lowers(struct vif_host *host, const struct vif_plan *plan, struct vif_view *view,
                          char **errorp)
{
    struct rtnl *rtnl;
    struct vif_records *records;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = vif_host_records(host, &records, errorp);
    }
    if (!error) {
        error = vif_lowers_look(rtnl, records, plan->ports, plan->n_ports, &view->lowers, errorp);
    }
    for (size_t i = 0; i < plan->n_ports && !error; i++) {
        if (!vif_plan_lower_is_kept(&plan->ports[i], &view->sights[i])) {
            vif_lowers_ask(rtnl, &plan->ports[i], &view->lowers);
        }
    }
    return error;
}

/* Whether Open vSwitch must be asked about this port: not for a Linux bridge. */
static bool needs_ovs(const struct vif_port *port, const struct vif_sight *sight)
{
    return port->attachment == VIF_ATTACH_OVS &&
           !(sight->has_bridge_link && str_eq(sight->bridge_link.kind, "bridge"));
}

/* Puts each row with the sight that it is about. A row that is about none (a bond with an interface
 * of such a name) is left to the guards of the transaction. */
static void place_rows(const struct vif_plan *plan, struct vif_view *view)
{
    for (size_t i = 0; i < plan->n_ports; i++) {
        for (size_t r = 0; r < view->n_rows; r++) {
            if (str_eq(view->rows[r].port.name, plan->ports[i].name)) {
                view->sights[i].row = &view->rows[r];
            }
        }
    }
}

static int look_at_ovs(struct vif_host *host, const struct vif_plan *plan, struct vif_view *view,
                       char **errorp)
{
    const char **names = mem_resize(NULL, plan->n_ports, sizeof *names);
    struct ovsdb *db = NULL;
    size_t n = 0;
    int error = 0;

    for (size_t i = 0; i < plan->n_ports; i++) {
        if (needs_ovs(&plan->ports[i], &view->sights[i])) {
            names[n++] = plan->ports[i].name;
        }
    }
    /* A server that cannot be reached is part of the view: the plan knows whether it matters. */
    if (n && vif_host_ovsdb(host, &db, &view->ovs_error) == 0) {
        view->ovs_remote = str_dup(ovsdb_remote(db));
        error = ovs_switch_read(db, &view->ovs, errorp);
        if (!error) {
            error = ovs_ports_read(db, names, n, &view->rows, &view->n_rows, errorp);
        }
        if (!error) {
            place_rows(plan, view);
        }
    }
    free(names);
    return error;
}

void vif_view_clear(struct vif_view *view)
{
    for (size_t i = 0; i < view->n_sights; i++) {
        if (view->sights[i].has_record) {
            vif_record_clear(&view->sights[i].record);
        }
    }
    free(view->sights);
    ovs_port_rows_free(view->rows, view->n_rows);
    vif_lowers_clear(&view->lowers);
    ovs_switch_free(view->ovs);
    free(view->ovs_remote);
    free(view->ovs_error);
    memset(view, 0, sizeof *view);
}

/* Forgets all that was seen but what the switches behind lower devices answered. */
static void forget_view(struct vif_view *view)
{
    const struct vif_lowers lowers = view->lowers;

    memset(&view->lowers, 0, sizeof view->lowers);
    vif_view_clear(view);
    view->lowers = lowers;
}

static int look(struct vif_host *host, const struct vif_plan *plan, struct vif_view *view,
                char **errorp)
{
    view->n_sights = plan->n_ports;
    view->sights = mem_resize(NULL, plan->n_ports, sizeof *view->sights);
    memset(view->sights, 0, plan->n_ports * sizeof *view->sights);
    int error = look_at_links_and_records(host, plan, view, errorp);

    if (!error) {
        error = look_at_lowers(host, plan, view, errorp);
    }
    if (!error) {
        error = look_at_ovs(host, plan, view, errorp);
    }
    return error;
}

int vif_host_plan(struct vif_host *host, const struct vif_wish *wishes, size_t n,
                  struct vif_networks *networks, const struct vif_plan_options *options,
                  struct vif_plan *plan, struct vif_view *view, char **errorp)
{
    int error = vif_plan_draft(wishes, n, networks, options, plan, errorp);

    memset(view, 0, sizeof *view);
    if (error) {
        return error;
    }
    do {
        forget_view(view);
        error = look(host, plan, view, errorp);
        if (!error) {
            error = vif_plan_settle(plan, view, errorp);
        }
    } while (error == -EAGAIN);
    if (error) {
        vif_view_clear(view);
        vif_plan_clear(plan);
    }
    return error;
}
