#include "vif/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/brport.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/identity.h"

/* Remembers the first error and its sentence. */
static void note(int *first, char **errorp, int error, char *sentence)
{
    if (error && !*first) {
        *first = error_set(errorp, -error, "%s", sentence ? sentence : "failed");
    }
    free(sentence);
}

/* Finds the device that was plugged, not another one of its name; *found says whether it is there.
 */
static int find_device(struct rtnl *rtnl, const struct vif_record *record, bool *found,
                       struct link_info *link, char **errorp)
{
    auto_free char *mark = vif_port_mark(&record->port);
    int error = link_find(rtnl, record->port.name, found, link, errorp);

    *found = !error && *found && str_eq(link->alias, mark) && link->ifindex == record->ifindex;
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

/* Adds the ports of `lost`, which are on the same server. The records bear the id of the new plug
 * before there is a row that does, so that gc knows the rows whatever happens. */
static int add_ports(struct vif_host *host, struct ovsdb *db, struct vif_record **lost, size_t n,
                     char **errorp)
{
    struct ovs_port *ports = mem_resize(NULL, n, sizeof *ports);
    int64_t *ofports = mem_resize(NULL, n, sizeof *ofports);
    struct vif_records *records;
    char plug_id[37];
    int error = vif_host_records(host, &records, errorp);

    vif_identity_random(plug_id);
    for (size_t i = 0; i < n; i++) {
        vif_port_to_ovs(&lost[i]->port, &ports[i]);
        memcpy(lost[i]->plug_id, plug_id, sizeof plug_id);
        vif_host_log(host, "adding port \"%s\" to OVS bridge \"%s\" again", ports[i].name,
                     ports[i].bridge);
        error = error ? error : vif_records_write(records, lost[i], errorp);
    }
    if (!error) {
        error = ovs_ports_add(db, ports, n, plug_id, false, ofports, errorp);
    }
    for (size_t i = 0; i < n; i++) {
        ovs_port_clear(&ports[i]);
        if (!error) {
            lost[i]->ofport = ofports[i];
            error = vif_records_write(records, lost[i], errorp);
        }
    }
    free(ports);
    free(ofports);
    return error;
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

/* Of the records that `there` points to, adds again the ports that the server `remote` lacks. */
static int repair_ports_at(struct vif_host *host, const char *remote, struct vif_record **there,
                           size_t n, char **errorp)
{
    struct vif_record **lost = mem_resize(NULL, n, sizeof(struct vif_record *));
    const char **names = mem_resize(NULL, n, sizeof *names);
    struct ovs_port_row *rows = NULL;
    struct ovsdb *db;
    size_t n_lost = 0;
    size_t n_rows = 0;

    for (size_t i = 0; i < n; i++) {
        if (str_eq(there[i]->remote, remote)) {
            lost[n_lost] = there[i];
            names[n_lost++] = there[i]->port.name;
        }
    }
    int error = vif_host_ovsdb_at(host, remote, &db, errorp);
    if (!error) {
        error = ovs_ports_read(db, names, n_lost, &rows, &n_rows, errorp);
    }
    if (!error) {
        size_t n_there = n_lost;

        n_lost = 0;
        for (size_t i = 0; i < n_there; i++) {
            if (!has_row(names[i], rows, n_rows)) {
                lost[n_lost++] = lost[i];
            }
        }
        error = n_lost ? add_ports(host, db, lost, n_lost, errorp) : 0;
    }
    ovs_port_rows_free(rows, n_rows);
    free(names);
    free(lost);
    return error;
}

/* Whether an earlier record is on the same server. */
static bool remote_seen(struct vif_record *const *there, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (str_eq(there[j]->remote, there[i]->remote)) {
            return true;
        }
    }
    return false;
}

int vif_repair(struct vif_host *host, struct vif_record *records, size_t n, char **errorp)
{
    struct vif_record **there = mem_resize(NULL, n, sizeof(struct vif_record *));
    struct rtnl *rtnl;
    size_t n_there = 0;
    int first = vif_host_rtnl(host, &rtnl, errorp);

    n = first ? 0 : n;
    for (size_t i = 0; i < n; i++) {
        struct link_info link;
        bool found = false;
        char *sentence = NULL;
        int error = records[i].state == VIF_PLUGGED && records[i].port.managed
                        ? find_device(rtnl, &records[i], &found, &link, &sentence)
                        : 0;

        if (found) {
            there[n_there++] = &records[i];
            error = repair_device(host, rtnl, &records[i], &link, &sentence);
        }
        note(&first, errorp, error, sentence);
    }
    for (size_t i = 0; i < n_there; i++) {
        char *sentence = NULL;

        if (there[i]->remote && !remote_seen(there, i)) {
            int error = repair_ports_at(host, there[i]->remote, there, n_there, &sentence);

            note(&first, errorp, error, sentence);
        }
    }
    free(there);
    return first;
}
