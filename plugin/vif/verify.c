#include "vif/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/device.h"
#include "vif/lower.h"

void vif_verdicts_free(struct vif_verdict *verdicts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < verdicts[i].n_faults; f++) {
            free(verdicts[i].faults[f]);
        }
        free(verdicts[i].faults);
    }
    free(verdicts);
}

static void fault(struct vif_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct vif_verdict *verdict, const char *format, ...)
{
    va_list args;

    verdict->faults = mem_resize(verdict->faults, verdict->n_faults + 1, sizeof *verdict->faults);
    va_start(args, format);
    verdict->faults[verdict->n_faults++] = str_vprintf(format, args);
    va_end(args);
}

/* The parts of a device that plug sets where the device is managed. */
static void verify_settings(const struct vif_port *port, const struct link_info *link,
                            struct vif_verdict *verdict)
{
    char fact[MAC_TEXT_SIZE];
    char wish[MAC_TEXT_SIZE];

    if (!mac_equal(&link->mac, &port->host_mac)) {
        fault(verdict, "the device's MAC address is %s instead of %s", mac_format(&link->mac, fact),
              mac_format(&port->host_mac, wish));
    }
    if (port->mtu && link->mtu != port->mtu) {
        fault(verdict, "the device's MTU is %u instead of %u", link->mtu, port->mtu);
    }
    if (!link->up) {
        fault(verdict, "the device is down");
    }
}

static void verify_bridge(struct rtnl *rtnl, const struct vif_port *port,
                          const struct link_info *link, struct vif_verdict *verdict)
{
    struct link_info bridge;

    if (link_get(rtnl, port->bridge, &bridge, NULL)) {
        fault(verdict, "the bridge \"%s\" is gone", port->bridge);
    } else if (link->master != bridge.ifindex) {
        fault(verdict, "the device is not a port of bridge \"%s\"", port->bridge);
    }
}

static const char *mode_word(const struct link_info *link)
{
    const char *word = macvtap_mode_name(link->macvtap_mode);

    return word ? word : "unknown";
}

/* What is below a macvtap: the lower device, and a VLAN link between the two where it has a VLAN.
 */
static void verify_lower(struct rtnl *rtnl, const struct vif_port *port,
                         const struct link_info *link, struct vif_verdict *verdict)
{
    int vlan = vif_lower_vlan(port);
    struct link_info below;
    struct link_info lower;

    if (link_get(rtnl, port->lower, &lower, NULL)) {
        fault(verdict, "the lower device \"%s\" is gone", port->lower);
        return;
    }
    if (!link->lower || link_get_by_index(rtnl, link->lower, &below, NULL)) {
        fault(verdict, "the device is not on \"%s\"", port->lower);
        return;
    }
    if (vlan < 0 ? below.ifindex != lower.ifindex : below.lower != lower.ifindex) {
        fault(verdict, "the device is on \"%s\" instead of \"%s\"", below.name, port->lower);
    } else if (vlan >= 0 && below.vlan_id != vlan) {
        fault(verdict, "the device is on \"%s\", which is not VLAN %d of \"%s\"", below.name, vlan,
              port->lower);
    } else if (!below.up || !lower.up) {
        fault(verdict, "\"%s\", which the device is on, is down",
              lower.up ? below.name : lower.name);
    }
    if (port->mode == MACVTAP_PASSTHROUGH && !mac_equal(&below.mac, &port->host_mac)) {
        char fact[MAC_TEXT_SIZE];
        char wish[MAC_TEXT_SIZE];

        fault(verdict, "the MAC address of \"%s\" is %s instead of the guest's, %s", below.name,
              mac_format(&below.mac, fact), mac_format(&port->host_mac, wish));
    }
}

/* Whose the node of a macvtap is that somebody else is to open. */
static void verify_node(const struct vif_record *record, struct vif_verdict *verdict)
{
    const struct vif_port *port = &record->port;
    auto_free char *node = vif_record_node(record);
    struct stat st;

    if (!node) {
        return;
    }
    if (stat(node, &st)) {
        fault(verdict, "its node %s cannot be looked at: %s", node, strerror(errno));
        return;
    }
    if (port->owner != (uid_t)-1 && st.st_uid != port->owner) {
        fault(verdict, "its node %s is of user %u instead of %u", node, st.st_uid, port->owner);
    }
    if (port->group != (gid_t)-1 && st.st_gid != port->group) {
        fault(verdict, "its node %s is of group %u instead of %u", node, st.st_gid, port->group);
    }
}

static void verify_macvtap(struct rtnl *rtnl, const struct vif_record *record,
                           const struct link_info *link, struct vif_verdict *verdict)
{
    const struct vif_port *port = &record->port;

    if (!str_eq(link->kind, "macvtap")) {
        fault(verdict, "the device is not a macvtap, but %s%s", link->kind[0] ? "a " : "something",
              link->kind[0] ? link->kind : " else");
        return;
    }
    if (link->macvtap_mode != port->mode) {
        fault(verdict, "the device's mode is %s instead of %s", mode_word(link),
              macvtap_mode_name(port->mode));
    }
    if (!link->allmulticast) {
        fault(verdict, "the device does not receive all multicast (ip link set %s allmulticast on)",
              port->name);
    }
    verify_lower(rtnl, port, link, verdict);
    verify_node(record, verdict);
}

static void verify_device(struct rtnl *rtnl, const struct vif_record *record,
                          struct vif_verdict *verdict)
{
    const struct vif_port *port = &record->port;
    auto_free char *mark = vif_port_mark(port);
    auto_free char *sentence = NULL;
    struct link_info link;

    if (port->device == VIF_DEVICE_BY_QEMU) {
        return;
    }
    if (link_get(rtnl, port->name, &link, &sentence)) {
        fault(verdict, "%s", sentence);
        return;
    }
    if (vif_device_is_made(port) && !str_eq(link.alias, mark)) {
        fault(verdict,
              "the device is not the one that was plugged: its alias is \"%s\" instead of \"%s\"",
              link.alias, mark);
    }
    if (port->managed) {
        verify_settings(port, &link, verdict);
    }
    if (port->attachment == VIF_ATTACH_LINUX_BRIDGE) {
        verify_bridge(rtnl, port, &link, verdict);
    }
    if (port->device == VIF_DEVICE_MACVTAP) {
        verify_macvtap(rtnl, record, &link, verdict);
    }
}

static void verify_row(const struct vif_record *record, const struct ovs_port_row *row,
                       struct vif_verdict *verdict)
{
    auto_free char *differences = NULL;
    struct ovs_port wish;

    if (!row) {
        fault(verdict, "it has no port in Open vSwitch");
        return;
    }
    vif_port_to_ovs(&record->port, &wish);
    if (!ovs_port_matches(&wish, row, &differences)) {
        fault(verdict, "its port in Open vSwitch differs: %s", differences);
    }
    ovs_port_clear(&wish);
    if (!str_eq(row->owner, OVS_OWNER) || !str_eq(row->plug_id, record->plug_id)) {
        fault(verdict, "its port in Open vSwitch was replaced by somebody else's");
    }
    if (row->ofport < 0) {
        fault(verdict, "ovs-vswitchd refused its port: %s",
              row->error ? row->error : "without a reason");
    } else if (row->ofport == 0) {
        fault(verdict, "ovs-vswitchd has not realised its port");
    }
}

/* Whether ovs-vswitchd listens to the device: see port-add.c. */
static void verify_heard(struct rtnl *rtnl, const struct vif_record *record,
                         const struct ovs_port_row *row, struct vif_verdict *verdict)
{
    struct link_info link;
    bool found;

    if (row && row->ofport > 0 && str_eq(row->plug_id, record->plug_id) &&
        !link_find(rtnl, record->port.name, &found, &link, NULL) && found && !link.promiscuity) {
        fault(verdict, "ovs-vswitchd does not listen to the device, but to an earlier one of its "
                       "name; unplug it, and plug it again");
    }
}

/* Compares all records that are on one server with their rows, read together. */
static void verify_rows_at(struct vif_host *host, struct rtnl *rtnl,
                           const struct vif_record *records, size_t n, const char *remote,
                           struct vif_verdict *verdicts)
{
    const char **names = mem_resize(NULL, n, sizeof *names);
    auto_free char *sentence = NULL;
    struct ovs_port_row *rows = NULL;
    struct ovsdb *db;
    size_t n_names = 0;
    size_t n_rows = 0;

    for (size_t i = 0; i < n; i++) {
        if (str_eq(records[i].remote, remote)) {
            names[n_names++] = records[i].port.name;
        }
    }
    int error = vif_host_ovsdb_at(host, remote, &db, &sentence);
    if (!error) {
        error = ovs_ports_read(db, names, n_names, &rows, &n_rows, &sentence);
    }
    for (size_t i = 0; i < n; i++) {
        const struct ovs_port_row *row = NULL;

        if (!str_eq(records[i].remote, remote)) {
            continue;
        }
        if (error) {
            fault(&verdicts[i], "%s", sentence);
            continue;
        }
        for (size_t r = 0; r < n_rows; r++) {
            if (str_eq(rows[r].port.name, records[i].port.name)) {
                row = &rows[r];
            }
        }
        verify_row(&records[i], row, &verdicts[i]);
        verify_heard(rtnl, &records[i], row, &verdicts[i]);
    }
    ovs_port_rows_free(rows, n_rows);
    free(names);
}

/* Whether an earlier record is on the same server as records[i]. */
static bool remote_seen(const struct vif_record *records, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (str_eq(records[j].remote, records[i].remote)) {
            return true;
        }
    }
    return false;
}

int vif_verify(struct vif_host *host, const struct vif_record *records, size_t n,
               struct vif_verdict **verdictsp, char **errorp)
{
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (error) {
        return error;
    }
    struct vif_verdict *verdicts = mem_zalloc(n * sizeof *verdicts);
    for (size_t i = 0; i < n; i++) {
        if (records[i].state != VIF_PLUGGED) {
            fault(&verdicts[i], "it is %s; if that was cut short, run \"vifplug gc\"",
                  vif_state_name(records[i].state));
        }
        verify_device(rtnl, &records[i], &verdicts[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (records[i].remote && !remote_seen(records, i)) {
            verify_rows_at(host, rtnl, records, n, records[i].remote, verdicts);
        }
    }
    *verdictsp = verdicts;
    return 0;
}
