/* vifplug check: the doctor. Each finding says what is so, and where it would make a plug fail, the
 * remedy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/kernel.h"
#include "cli/report.h"
#include "cli/request.h"
#include "netdev/tap.h"
#include "ovs/bridge.h"
#include "vif/gc.h"

/* A tap is made and thrown away, since only that tells all at once: module, node and capability. */
static void check_tap(struct report *report)
{
    auto_free char *name = str_printf("vifchk%ld", (long)getpid() % 1000000);
    const struct tap_options options = {
        .name = name,
        .n_queues = 1,
        .vnet_hdr = true,
        .owner = (uid_t)-1,
        .group = (gid_t)-1,
    };
    auto_free char *sentence = NULL;
    int fd;

    if (tap_create(&options, &fd, &sentence)) {
        report_add(report, REPORT_FAIL, "tap", "%s", sentence);
    } else {
        close(fd);
        report_add(report, REPORT_OK, "tap", "taps can be made");
    }
}

static void check_vhost(struct report *report)
{
    auto_close int fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);

    if (fd >= 0) {
        report_add(report, REPORT_OK, "vhost",
                   "/dev/vhost-net can be opened; virtio cards will use it");
    } else {
        report_add(
            report, REPORT_NOTE, "vhost",
            "/dev/vhost-net: %s; QEMU moves the frames itself. For speed: modprobe vhost_net",
            strerror(errno));
    }
}

static void check_bridges(struct report *report, const struct ovs_switch *sw)
{
    auto_free char *names = ovs_switch_bridge_names(sw);
    bool userspace = false;

    if (!sw->n_bridges) {
        report_add(report, REPORT_NOTE, "bridges",
                   "Open vSwitch has no bridge yet; make one: ovs-vsctl add-br br0");
        return;
    }
    report_add(report, REPORT_OK, "bridges", "%s", names);
    for (size_t i = 0; i < sw->n_bridges; i++) {
        userspace = userspace || sw->bridges[i].userspace;
    }
    if (userspace && !sw->userspace_tso) {
        report_add(
            report, REPORT_NOTE, "offloads",
            "bridges with the userspace datapath break offloaded frames, so guests there get no "
            "offloads; to have them: ovs-vsctl set Open_vSwitch . "
            "other_config:userspace-tso-enable=true, "
            "and restart ovs-vswitchd");
    }
}

static void check_ovs(struct report *report, struct vif_host *host)
{
    auto_free char *sentence = NULL;
    struct ovs_switch *sw;
    struct ovsdb *db;
    bool runs;

    if (vif_host_ovsdb(host, &db, &sentence)) {
        report_add(report, REPORT_FAIL, "ovsdb",
                   "%s; is ovsdb-server running? --db names another one", sentence);
        return;
    }
    report_add(report, REPORT_OK, "ovsdb", "%s answers", ovsdb_remote(db));
    if (ovsdb_vswitchd_runs(db, &runs, &sentence)) {
        report_add(report, REPORT_FAIL, "vswitchd", "%s", sentence);
    } else if (!runs) {
        report_add(
            report, REPORT_FAIL, "vswitchd",
            "no ovs-vswitchd serves this database, so no port will work; start it: systemctl start "
            "ovs-vswitchd (Debian: openvswitch-switch)");
    } else {
        report_add(report, REPORT_OK, "vswitchd", "ovs-vswitchd runs");
    }
    free(sentence);
    sentence = NULL;
    if (ovs_switch_read(db, &sw, &sentence)) {
        report_add(report, REPORT_FAIL, "bridges", "%s", sentence);
    } else {
        check_bridges(report, sw);
        ovs_switch_free(sw);
    }
}

static void check_leftovers(struct report *report, struct vif_host *host)
{
    auto_free char *sentence = NULL;
    struct vif_gc_result result;

    if (vif_gc(host, true, &result, &sentence)) {
        report_add(report, REPORT_FAIL, "records", "%s", sentence);
    } else if (result.n_interfaces || result.n_ports || result.n_links) {
        report_add(
            report, REPORT_NOTE, "records",
            "%zu interfaces, %zu ports and %zu other links were left behind by something; remove "
            "them: vifplug gc",
            result.n_interfaces, result.n_ports, result.n_links);
    } else {
        report_add(report, REPORT_OK, "records", "nothing was left behind");
    }
    vif_gc_result_clear(&result);
}

/* What a macvtap needs besides its lower device, which the plan has looked at. Returns whether it
 * is there. */
static bool check_macvtap(struct report *report, const struct vif_port *port,
                          const struct vif_view *view)
{
    const struct vif_lower *lower = vif_lowers_find(&view->lowers, port->lower);
    int vlan = vif_lower_vlan(port);

    if (vlan < 0 || !lower || vif_lower_vlan_link(lower, vlan)) {
        return true;
    }
    bool can = kernel_has_vlans();

    if (can) {
        report_add(report, REPORT_OK, "vlan", "a VLAN link for VLAN %d can be made on \"%s\"", vlan,
                   port->lower);
    } else {
        report_add(
            report, REPORT_FAIL, "vlan",
            "%s: VLAN %d needs a VLAN link on \"%s\", and this kernel has no 802.1Q; install its "
            "module 8021q, or use an Open vSwitch bridge",
            port->where, vlan, port->lower);
    }
    return can;
}

static void check_nodes(struct report *report)
{
    if (kernel_makes_nodes()) {
        report_add(report, REPORT_OK, "macvtap",
                   "/dev is a devtmpfs, where macvtaps get their nodes");
    } else {
        report_add(
            report, REPORT_NOTE, "macvtap",
            "/dev is not a devtmpfs, so macvtaps get no node /dev/tapN that others could open; "
            "\"vifplug run\" needs none");
    }
}

/* Which interfaces are asked for, and what comes of that. */
struct wanted {
    bool planned;
    struct vif_plan plan;
    struct vif_view view;
    char *sentence; /* why there is no plan */
};

static bool wants_device(const struct wanted *wanted, enum vif_device device)
{
    for (size_t i = 0; i < wanted->plan.n_ports; i++) {
        if (wanted->plan.ports[i].device == device) {
            return true;
        }
    }
    return false;
}

static bool wants_ovs(const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->plan.n_ports; i++) {
        if (wanted->plan.ports[i].attachment == VIF_ATTACH_OVS) {
            return true;
        }
    }
    return false;
}

static void check_wanted(struct report *report, const struct wanted *wanted)
{
    const struct vif_plan *plan = &wanted->plan;
    bool can = true;

    if (!wanted->planned) {
        report_add(report, REPORT_FAIL, "plan", "%s", wanted->sentence);
        return;
    }
    if (wants_device(wanted, VIF_DEVICE_MACVTAP)) {
        check_nodes(report);
    }
    for (size_t i = 0; i < plan->n_ports; i++) {
        if (plan->ports[i].device == VIF_DEVICE_MACVTAP) {
            can = check_macvtap(report, &plan->ports[i], &wanted->view) && can;
        }
    }
    if (can) {
        report_add(report, REPORT_OK, "plan", "the interfaces asked for can be plugged");
    }
    for (size_t i = 0; i < plan->n_ports; i++) {
        for (size_t n = 0; n < plan->ports[i].n_notes; n++) {
            report_add(report, REPORT_NOTE, "plan", "%s: %s", plan->ports[i].where,
                       plan->ports[i].notes[n]);
        }
    }
}

enum cli_status cli_cmd_check(struct cli *cli)
{
    bool asked = cli->n_inputs || cli_given(cli, CLI_OPT_BRIDGE) || cli_given(cli, CLI_OPT_LOWER);
    struct request request = {0};
    struct report report = {0};
    struct wanted wanted = {0};
    struct vif_host *host = NULL;
    char *sentence = NULL;

    if (cli_given(cli, CLI_OPT_POLICY)) {
        return cli_check_policy(cli);
    }
    if (cli->n_args) {
        return cli_fail(CLI_USAGE, str_printf("check does not take \"%s\" without --policy; see "
                                              "vifplug check --help",
                                              cli->args[0]));
    }
    int error = asked ? request_read(cli, &request, &sentence) : 0;

    if (!error) {
        error = cli_open_host(cli, &host, &sentence);
    }
    if (error) {
        request_clear(&request);
        return cli_fail(cli_plan_status(error), sentence);
    }
    if (asked) {
        wanted.planned = request_plan(cli, &request, host, true, &wanted.plan, &wanted.view,
                                      &wanted.sentence) == 0;
    }
    /* What the interfaces asked for have no use for may as well be missing. */
    if (!wanted.planned || wants_device(&wanted, VIF_DEVICE_TAP)) {
        check_tap(&report);
    }
    check_vhost(&report);
    if (!wanted.planned || wants_ovs(&wanted)) {
        check_ovs(&report, host);
    }
    check_leftovers(&report, host);
    if (asked) {
        check_wanted(&report, &wanted);
    }
    if (wanted.planned) {
        vif_view_clear(&wanted.view);
        vif_plan_clear(&wanted.plan);
    }
    free(wanted.sentence);
    request_clear(&request);
    vif_host_close(host);
    return report_print(cli, &report) ? CLI_DONE : CLI_NO;
}
