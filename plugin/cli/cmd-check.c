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
    } else if (result.n_interfaces || result.n_ports) {
        report_add(
            report, REPORT_NOTE, "records",
            "%zu interfaces and %zu ports were left behind by something; remove them: vifplug gc",
            result.n_interfaces, result.n_ports);
    } else {
        report_add(report, REPORT_OK, "records", "nothing was left behind");
    }
    vif_gc_result_clear(&result);
}

static void check_request(struct report *report, const struct cli *cli, struct vif_host *host,
                          const struct request *request)
{
    auto_free char *sentence = NULL;
    struct vif_plan plan;
    struct vif_view view;

    if (request_plan(cli, request, host, true, &plan, &view, &sentence)) {
        report_add(report, REPORT_FAIL, "plan", "%s", sentence);
        return;
    }
    report_add(report, REPORT_OK, "plan", "the interfaces asked for can be plugged");
    for (size_t i = 0; i < plan.n_ports; i++) {
        for (size_t n = 0; n < plan.ports[i].n_notes; n++) {
            report_add(report, REPORT_NOTE, "plan", "%s: %s", plan.ports[i].where,
                       plan.ports[i].notes[n]);
        }
    }
    vif_view_clear(&view);
    vif_plan_clear(&plan);
}

enum cli_status cli_cmd_check(struct cli *cli)
{
    bool asked = cli->n_inputs || cli_given(cli, CLI_OPT_BRIDGE) || cli_given(cli, CLI_OPT_LOWER);
    struct request request = {0};
    struct report report = {0};
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
    check_tap(&report);
    check_vhost(&report);
    check_ovs(&report, host);
    check_leftovers(&report, host);
    if (asked) {
        check_request(&report, cli, host, &request);
    }
    request_clear(&request);
    vif_host_close(host);
    return report_print(cli, &report) ? CLI_DONE : CLI_NO;
}
