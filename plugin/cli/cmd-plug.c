#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/signals.h"
#include "vif/plug.h"

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

/* Takes back what a plug made, since the user broke it off, or cannot be told what it is. */
static void take_back(struct vif_host *host, const struct vif_plugged *plugged, size_t n)
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

static enum cli_status tell(struct cli *cli, struct vif_host *host, struct vif_plugged *plugged,
                            size_t n, const struct signals *signals, char **errorp)
{
    int error = 0;

    if (cli_given(cli, CLI_OPT_JSON)) {
        output_json_list("interfaces", to_json(plugged, n));
    } else if (!cli_given(cli, CLI_OPT_QUIET)) {
        print_text(plugged, n, cli_given(cli, CLI_OPT_VERBOSE));
    }
    if (fflush(stdout) || ferror(stdout)) {
        error = error_set(errorp, EIO, "cannot write to standard output, so nothing was kept");
    }
    if (error || signals_pending(signals)) {
        take_back(host, plugged, n);
    }
    return error ? CLI_FAILED : CLI_DONE;
}

static enum cli_status plug(struct cli *cli, struct vif_host *host, const struct request *request,
                            char **errorp)
{
    const struct request_plug how = {
        .persistent = true,
        .options = {.no_wait = cli_given(cli, CLI_OPT_NO_WAIT)},
        .use = tell,
    };

    return request_plug(cli, host, request, &how, errorp);
}

enum cli_status cli_cmd_plug(struct cli *cli)
{
    return request_act(cli, plug);
}
