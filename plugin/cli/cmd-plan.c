#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/request.h"
#include "qemu/args.h"
#include "vif/identity.h"
#include "vif/strategy.h"

/* The operations that Open vSwitch would be sent, as JSON text; NULL when there are none. Caller
 * frees. */
static char *ovs_operations(const struct vif_plan *plan, const struct vif_view *view)
{
    struct ovs_port *ports = mem_resize(NULL, plan->n_ports, sizeof *ports);
    char *text = NULL;
    char plug_id[37];
    size_t n = 0;

    for (size_t i = 0; i < plan->n_ports; i++) {
        if (plan->ports[i].attachment == VIF_ATTACH_OVS) {
            vif_port_to_ovs(&plan->ports[i], &ports[n]);
            if (view->sights[i].row) {
                memcpy(ports[n].replaces, view->sights[i].row->uuid, sizeof ports[n].replaces);
            }
            n++;
        }
    }
    if (n) {
        vif_identity_random(plug_id);
        text = ovs_ports_describe(ports, n, plug_id, "vifplug", true);
    }
    for (size_t i = 0; i < n; i++) {
        ovs_port_clear(&ports[i]);
    }
    free(ports);
    return text;
}

/* QEMU's arguments, with the descriptors numbered as they would be if no other were open. */
static void qemu_arguments(const struct vif_plan *plan, struct qemu_argv *args)
{
    struct qemu_nic *nics = mem_zalloc(plan->n_ports * sizeof *nics);
    int *fds = NULL;
    size_t n_fds = 0;
    size_t next = 0;

    for (size_t i = 0; i < plan->n_ports; i++) {
        n_fds += plan->ports[i].n_queues;
    }
    fds = mem_resize(NULL, n_fds, sizeof *fds);
    for (size_t i = 0; i < n_fds; i++) {
        fds[i] = STDERR_FILENO + 1 + (int)i;
    }
    for (size_t i = 0; i < plan->n_ports; i++) {
        nics[i].port = &plan->ports[i];
        if (plan->ports[i].device != VIF_DEVICE_BY_QEMU) {
            nics[i].fds = &fds[next];
            nics[i].n_fds = plan->ports[i].n_queues;
            next += nics[i].n_fds;
        }
    }
    qemu_args_for(nics, plan->n_ports, args);
    free(fds);
    free(nics);
}

static const char *device_text(enum vif_device device)
{
    switch (device) {
    case VIF_DEVICE_TAP:
        return "new tap";
    case VIF_DEVICE_MACVTAP:
        return "new macvtap";
    case VIF_DEVICE_EXISTING:
        return "existing device";
    case VIF_DEVICE_BY_QEMU:
        return "left to QEMU:";
    }
    return NULL;
}

/* By what the device below a macvtap is known when it comes back. */
static const char *find_text(enum vif_find find)
{
    switch (find) {
    case VIF_FIND_UNSET:
    case VIF_FIND_NAME:
        return "name";
    case VIF_FIND_MAC:
        return "address";
    case VIF_FIND_POOL:
        return "network";
    }
    return NULL;
}

/* Where the port goes to, a line; nothing where it goes nowhere. */
static void print_attachment(const struct vif_port *port, const struct vif_view *view)
{
    auto_free char *vlan = vif_port_vlan_text(port);
    const struct vif_lower *lower;

    switch (port->attachment) {
    case VIF_ATTACH_OVS:
        printf("  port of  OVS bridge \"%s\", VLAN %s%s\n", port->bridge, vlan,
               port->isolated ? ", isolated" : "");
        break;
    case VIF_ATTACH_LINUX_BRIDGE:
        printf("  port of  Linux bridge \"%s\"%s\n", port->bridge,
               port->isolated ? ", isolated" : "");
        break;
    case VIF_ATTACH_LOWER:
        printf("  on       \"%s\", mode %s%s", port->lower, macvtap_mode_name(port->mode),
               port->mode_auto ? " (auto)" : "");
        lower = vif_lowers_find(&view->lowers, port->lower);
        if (vif_lower_vlan(port) >= 0) {
            bool made = lower && vif_lower_vlan_link(lower, vif_lower_vlan(port));

            printf(", VLAN %s (%s VLAN link)", vlan, made ? "on its" : "on a new");
        }
        printf("\n  again    %s, known by its %s%s\n", vif_strategy_name(port->strategy),
               find_text(port->find),
               port->follows_mac ? "; the guest may change its address" : "");
        break;
    case VIF_ATTACH_NONE:
        break;
    }
}

static void print_port(const struct vif_port *port, const struct vif_view *view)
{
    char mac[MAC_TEXT_SIZE];
    char host_mac[MAC_TEXT_SIZE];

    printf("%s\n", port->where);
    printf("  device   %s \"%s\", %u queue%s, %s\n", device_text(port->device), port->name,
           port->n_queues, port->n_queues == 1 ? "" : "s",
           port->vnet_hdr ? "with offloads" : "no offloads");
    printf("  address  %s in the guest, %s on the host\n", mac_format(&port->mac, mac),
           port->managed ? mac_format(&port->host_mac, host_mac) : "unchanged");
    print_attachment(port, view);
    if (port->script) {
        printf("  script   %s\n", port->script);
    }
    for (size_t i = 0; i < port->n_notes; i++) {
        printf("  note     %s\n", port->notes[i]);
    }
}

static void print_text(const struct vif_plan *plan, const struct vif_view *view,
                       const char *operations, const struct qemu_argv *args)
{
    for (size_t i = 0; i < plan->n_ports; i++) {
        print_port(&plan->ports[i], view);
    }
    if (operations) {
        printf("\nOVSDB transaction:\n%s\n", operations);
    }
    printf("\nQEMU arguments:\n");
    for (size_t i = 0; i + 1 < args->argc; i += 2) {
        printf("%s %s\n", args->argv[i], args->argv[i + 1]);
    }
}

static cJSON *to_json(const struct vif_plan *plan, const char *operations,
                      const struct qemu_argv *args)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *interfaces = cJSON_AddArrayToObject(json, "interfaces");

    for (size_t i = 0; i < plan->n_ports; i++) {
        cJSON_AddItemToArray(interfaces, vif_port_to_json(&plan->ports[i]));
    }
    cJSON_AddItemToObject(json, "ovsdb",
                          operations ? cJSON_Parse(operations) : cJSON_CreateArray());
    cJSON *qemu = cJSON_AddArrayToObject(json, "qemu");
    for (size_t i = 0; i < args->argc; i++) {
        cJSON_AddItemToArray(qemu, cJSON_CreateString(args->argv[i]));
    }
    return json;
}

static enum cli_status show(struct cli *cli, struct vif_host *host, const struct request *request,
                            char **errorp)
{
    struct qemu_argv args = {0};
    struct vif_plan plan;
    struct vif_view view;
    int error = request_plan(cli, request, host, true, &plan, &view, errorp);

    if (error) {
        return cli_plan_status(error);
    }
    auto_free char *operations = ovs_operations(&plan, &view);
    qemu_arguments(&plan, &args);
    if (cli_given(cli, CLI_OPT_JSON)) {
        output_json(to_json(&plan, operations, &args));
    } else {
        print_text(&plan, &view, operations, &args);
    }
    qemu_argv_clear(&args);
    vif_view_clear(&view);
    vif_plan_clear(&plan);
    return CLI_DONE;
}

enum cli_status cli_cmd_plan(struct cli *cli)
{
    return request_act(cli, show);
}
