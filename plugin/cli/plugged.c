#include "cli/plugged.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/output.h"

static cJSON *to_json(const struct vif_plugged *plugged, size_t n)
{
    cJSON *interfaces = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *interface = vif_record_to_json(&plugged[i].record);

        cJSON_AddBoolToObject(interface, "already", plugged[i].already);
        cJSON_AddItemToArray(interfaces, interface);
    }
    return interfaces;
}

static void print_text(const struct vif_plugged *plugged, size_t n, bool verbose)
{
    for (size_t i = 0; i < n; i++) {
        const struct vif_port *port = &plugged[i].record.port;

        printf("%s%s\n", port->name, plugged[i].already ? " (already plugged)" : "");
        for (size_t n_note = 0; verbose && n_note < port->n_notes; n_note++) {
            fprintf(stderr, "vifplug: %s: %s\n", port->name, port->notes[n_note]);
        }
    }
}

void plugged_print(const struct cli *cli, const struct vif_plugged *plugged, size_t n)
{
    if (cli_given(cli, CLI_OPT_JSON)) {
        output_json_list("interfaces", to_json(plugged, n));
    } else if (!cli_given(cli, CLI_OPT_QUIET)) {
        print_text(plugged, n, cli_given(cli, CLI_OPT_VERBOSE));
    }
}

void plugged_take_back(struct vif_host *host, const struct vif_plugged *plugged, size_t n)
{
    struct vif_record *made = mem_resize(NULL, n, sizeof *made);
    char *sentence = NULL;
    size_t n_made = 0;

    for (size_t i = 0; i < n; i++) {
        if (!plugged[i].already) {
            made[n_made++] = plugged[i].record;
        }
    }
    if (vif_unplug_known(host, made, n_made, &sentence)) {
        cli_fail(CLI_FAILED, sentence);
    }
    free(made);
}
