/* Where ovs-vswitchd sees at once that a port goes and that another one of its name comes, it keeps
 * its port, which it knows by the name (bridge_delete_or_reconfigure_ports() in vswitchd/bridge.c).
 * So it does with a row that is replaced in one transaction, and whenever it was busy between two.
 * In the userspace datapath that port has a socket, which stays bound to the device that is gone:
 * the new row gets a number and its link is up, but nothing that the guest sends arrives.
 *
 * This cannot be prevented by waiting after each removal, since others remove ports, too. It need
 * not be prevented for a row that is about to be replaced: after a restart of ovs-vswitchd there is
 * nothing behind such a row, and to remove it first would be to lose it where the plug then fails.
 * But it can be seen. A port that ovs-vswitchd opens it makes promiscuous before the row gets its
 * number (do_add_port() in lib/dpif-netdev.c), and so does the kernel's datapath (ovs_netdev_link()
 * in net/openvswitch/vport-netdev.c); the device that came later is promiscuous for nobody. The
 * row's ifindex does not tell: ovs-vswitchd looks it up by the name. Only a sniffer at the new
 * device in that very moment would hide it.
 *
 * The remedy is to let ovs-vswitchd see the port go. What is plugged is down all that time, and
 * each row comes with its VLAN, so no frame gets where it should not. */
#include "vif/port-add.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"

/* Of the `n` ports of which places[] are the indexes, keeps in it those whose device ovs-vswitchd
 * does not listen to. A device that is gone has no need of it. */
static int keep_unheard(struct rtnl *rtnl, const struct ovs_port *ports, size_t *places, size_t *n,
                        char **errorp)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++) {
        struct link_info link;
        bool found;
        int error = link_find(rtnl, ports[places[i]].name, &found, &link, errorp);

        if (error) {
            return error;
        }
        if (found && !link.promiscuity) {
            places[kept++] = places[i];
        }
    }
    *n = kept;
    return 0;
}

static bool is_of(const struct ovs_port_row *row, const struct ovs_port *ports, size_t n,
                  const char *plug_id)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(row->port.name, ports[i].name)) {
            return str_eq(row->owner, OVS_OWNER) &&
                   str_eq(row->plug_id, ports[i].plug_id[0] ? ports[i].plug_id : plug_id);
        }
    }
    return false;
}

int vif_ports_take_out(struct ovsdb *db, const struct ovs_port *ports, size_t n,
                       const char *plug_id, char **errorp)
{
    auto_free const char **names = mem_resize(NULL, n, sizeof *names);
    struct ovs_port_row *rows = NULL;
    size_t n_ours = 0;
    size_t n_rows = 0;

    for (size_t i = 0; i < n; i++) {
        names[i] = ports[i].name;
    }
    int error = ovs_ports_read(db, names, n, &rows, &n_rows, errorp);

    if (error) {
        return error;
    }
    auto_free struct ovs_port_row *ours = mem_zalloc(n_rows * sizeof *ours);

    for (size_t i = 0; i < n_rows; i++) {
        if (is_of(&rows[i], ports, n, plug_id)) {
            ours[n_ours++] = rows[i];
        }
    }
    error = ovs_ports_remove(db, ours, n_ours, errorp);
    ovs_port_rows_free(rows, n_rows);
    return error ? error : ovs_settle(db, errorp);
}

/* Lets ovs-vswitchd see these ports go, and come again. */
static int add_again(struct ovsdb *db, const struct ovs_port *ports, const size_t *places, size_t n,
                     const char *plug_id, int64_t *ofports, char **errorp)
{
    auto_free struct ovs_port *again = mem_resize(NULL, n, sizeof *again);
    auto_free int64_t *numbers = mem_zalloc(n * sizeof *numbers);

    for (size_t i = 0; i < n; i++) {
        again[i] = ports[places[i]];
        again[i].replaces[0] = '\0'; /* that row is gone already */
    }
    int error = vif_ports_take_out(db, again, n, plug_id, errorp);

    if (!error) {
        error = ovs_ports_add(db, again, n, plug_id, false, numbers, errorp);
    }
    for (size_t i = 0; i < n; i++) {
        ofports[places[i]] = numbers[i];
    }
    return error;
}

/* Makes sure that ovs-vswitchd listens to the devices of ports that were added. */
static int make_heard(struct vif_host *host, struct ovsdb *db, const struct ovs_port *ports,
                      size_t n, const char *plug_id, int64_t *ofports, char **errorp)
{
    auto_free size_t *places = mem_resize(NULL, n, sizeof *places);
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    for (size_t i = 0; i < n; i++) {
        places[i] = i;
    }
    if (!error) {
        error = keep_unheard(rtnl, ports, places, &n, errorp);
    }
    if (error || !n) {
        return error;
    }
    for (size_t i = 0; i < n; i++) {
        vif_host_log(host,
                     "ovs-vswitchd listens to an earlier device \"%s\": adding the port again",
                     ports[places[i]].name);
    }
    error = add_again(db, ports, places, n, plug_id, ofports, errorp);
    if (!error) {
        error = keep_unheard(rtnl, ports, places, &n, errorp);
    }
    if (!error && n) {
        error = error_set(errorp, EIO,
                          "port \"%s\": ovs-vswitchd has realised it, but does not listen to the "
                          "device; see its log, or restart it",
                          ports[places[0]].name);
    }
    return error;
}

int vif_ports_add(struct vif_host *host, struct ovsdb *db, const struct ovs_port *ports, size_t n,
                  const char *plug_id, bool no_wait, int64_t *ofports, char **errorp)
{
    int error = ovs_ports_add(db, ports, n, plug_id, no_wait, ofports, errorp);

    if (!error && !no_wait) {
        error = make_heard(host, db, ports, n, plug_id, ofports, errorp);
    }
    return error;
}
