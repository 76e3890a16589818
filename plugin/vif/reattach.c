#include "vif/reattach.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/port-add.h"
#include "vif/repair.h"
#include "vif/script.h"

/* Reads the record as it is now; -ECANCELED when it is not plugged any more. */
static int read_again(struct vif_records *records, struct vif_record *record, char **errorp)
{
    struct vif_record now;
    int error = vif_records_read(records, record->port.name, &now, errorp);

    if (!error && (now.state != VIF_PLUGGED || !str_eq(now.plug_id, record->plug_id))) {
        vif_record_clear(&now);
        error = -ENOENT;
    }
    if (error == -ENOENT) {
        return error_set(errorp, ECANCELED, "\"%s\" is being unplugged", record->port.name);
    }
    if (!error) {
        vif_record_clear(record);
        *record = now;
    }
    return error;
}

/* Makes the tap, down and with its mark, and writes its index down. */
static int make_tap(struct vif_host *host, struct vif_records *records, struct vif_record *record,
                    const int *fds, size_t n_fds, const struct tap_settings *settings,
                    char **errorp)
{
    const struct vif_port *port = &record->port;
    const struct tap_options options = {
        .name = port->name,
        .n_queues = (unsigned)n_fds,
        .vnet_hdr = port->vnet_hdr,
        .owner = port->owner,
        .group = port->group,
    };
    auto_free char *text = vif_port_mark(port);
    const struct link_change mark = {.alias = text};
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = tap_attach_again(&options, fds, settings, errorp);
    }
    if (error) {
        return error;
    }
    int ifindex = (int)if_nametoindex(port->name);

    error = link_change(rtnl, ifindex, &mark, errorp);
    if (error) {
        link_delete(rtnl, ifindex, NULL);
        return error;
    }
    record->ifindex = ifindex;
    return vif_records_write(records, record, errorp);
}

/* Takes the row away that ovs-vswitchd has had the tap by that is gone, and lets it see that. */
static int remove_row(struct vif_host *host, const struct vif_record *record, char **errorp)
{
    struct ovs_port port;
    struct ovsdb *db;
    int error = vif_host_ovsdb_at(host, record->remote, &db, errorp);

    if (!error) {
        vif_port_to_ovs(&record->port, &port);
        error = vif_ports_take_out(db, &port, 1, record->plug_id, errorp);
        ovs_port_clear(&port);
    }
    return error;
}

int vif_reattach(struct vif_host *host, struct vif_record *record, const int *fds, size_t n_fds,
                 const struct tap_settings *settings, char **errorp)
{
    struct vif_repair_options repair = {0};
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    if (error) {
        return error;
    }
    /* Nobody unplugs it meanwhile, nor does the watcher put the row back before its time. */
    auto_close int lock = vif_records_lock(records, errorp);

    error = lock < 0 ? lock : read_again(records, record, errorp);
    if (!error) {
        error = make_tap(host, records, record, fds, n_fds, settings, errorp);
    }
    if (error) {
        return error;
    }
    /* Where ovs-vswitchd or its server is away, it will find all as it should be. */
    repair.no_wait = record->remote && remove_row(host, record, NULL);
    error = vif_repair(host, record, 1, &repair, errorp);
    if (!error && record->script_done && record->port.script) {
        vif_host_log(host, "running script \"%s\" for \"%s\"", record->port.script,
                     record->port.name);
        error = vif_script_run(record->port.script, record->port.name, errorp);
    }
    return error;
}
