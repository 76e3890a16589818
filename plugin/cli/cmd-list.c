#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "vif/device.h"

/* The state in a word or two; what needs gc says so. */
static const char *state_text(const struct vif_record *record,
                              const struct vif_device_state *device)
{
    if (record->state != VIF_PLUGGED) {
        return vif_record_owner_lives(record) ? vif_state_name(record->state) : "cut short";
    }
    if (!device->exists && record->port.device != VIF_DEVICE_BY_QEMU) {
        return "device gone";
    }
    return device->in_use ? "in use" : "plugged";
}

/* The mode of a macvtap, and whether vifplug chose it; caller frees. */
static char *mode_text(const struct vif_port *port)
{
    const char *mode = macvtap_mode_name(port->mode);

    return mode ? str_printf("%s%s", port->mode_auto ? "auto: " : "", mode) : str_dup("-");
}

/* Why choices were made that nobody asked for. */
static void print_notes(const struct vif_record *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < all[i].port.n_notes; j++) {
            fprintf(stderr, "vifplug: %s: %s\n", all[i].port.name, all[i].port.notes[j]);
        }
    }
}

static void print_table(const struct vif_record *all, const struct vif_device_state *devices,
                        size_t n)
{
    static const char *const heading[] = {"NAME", "DEVICE",      "ON",     "MODE",
                                          "VLAN", "MAC ADDRESS", "DOMAIN", "STATE"};
    const size_t columns = ARRAY_LEN(heading);
    char **cells = mem_resize(NULL, (n + 1) * columns, sizeof *cells);
    char **cell = cells;

    for (size_t i = 0; i < columns; i++) {
        *cell++ = str_dup(heading[i]);
    }
    for (size_t i = 0; i < n; i++) {
        const struct vif_port *port = &all[i].port;
        char mac[MAC_TEXT_SIZE];

        *cell++ = str_dup(port->name);
        *cell++ = str_dup(vif_device_name(port->device));
        *cell++ = str_dup(port->bridge ? port->bridge : port->lower ? port->lower : "-");
        *cell++ = mode_text(port);
        *cell++ = vif_port_vlan_text(port);
        *cell++ = str_dup(mac_format(&port->mac, mac));
        *cell++ = str_dup(port->domain_name ? port->domain_name : "-");
        *cell++ = str_dup(state_text(&all[i], &devices[i]));
    }
    output_table(cells, n + 1, columns);
    for (size_t i = 0; i < (n + 1) * columns; i++) {
        free(cells[i]);
    }
    free(cells);
}

static void print_json(const struct vif_record *all, const struct vif_device_state *devices,
                       size_t n)
{
    cJSON *interfaces = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *interface = vif_record_to_json(&all[i]);

        cJSON_AddBoolToObject(interface, "has_device", devices[i].exists);
        cJSON_AddBoolToObject(interface, "in_use", devices[i].in_use);
        cJSON_AddStringToObject(interface, "status", state_text(&all[i], &devices[i]));
        cJSON_AddItemToArray(interfaces, interface);
    }
    output_json_list("interfaces", interfaces);
}

enum cli_status cli_cmd_list(struct cli *cli)
{
    enum cli_status status = CLI_DONE;
    struct vif_host *host = NULL;
    struct vif_records *records;
    struct vif_device_state *devices = NULL;
    struct vif_record *all = NULL;
    char *sentence = NULL;
    size_t n = 0;

    if (cli_open_host(cli, &host, &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    int error = vif_host_records(host, &records, &sentence);
    if (!error) {
        error = vif_records_read_all(records, &all, &n, &sentence);
    }
    if (!error) {
        error = vif_device_look(host, all, n, &devices, &sentence);
    }
    if (error) {
        status = cli_fail(CLI_FAILED, sentence);
    } else if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(all, devices, n);
    } else if (n) {
        print_table(all, devices, n);
        if (cli_given(cli, CLI_OPT_VERBOSE)) {
            print_notes(all, n);
        }
    }
    free(devices);
    vif_records_free(all, n);
    vif_host_close(host);
    return status;
}
