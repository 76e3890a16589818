#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "vif/gc.h"

static void report(const struct cli *cli, const struct vif_gc_result *result)
{
    bool dry_run = cli_given(cli, CLI_OPT_DRY_RUN);

    if (cli_given(cli, CLI_OPT_JSON)) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddNumberToObject(json, "interfaces", (double)result->n_records);
        cJSON_AddNumberToObject(json, "ports", (double)result->n_rows);
        cJSON_AddBoolToObject(json, "dry_run", dry_run);
        output_json(json);
    } else if (!cli_given(cli, CLI_OPT_QUIET) && (result->n_records || result->n_rows || dry_run)) {
        printf("%s %zu interface%s and %zu stray port%s of Open vSwitch\n",
               dry_run ? "would undo" : "undid", result->n_records,
               result->n_records == 1 ? "" : "s", result->n_rows, result->n_rows == 1 ? "" : "s");
    }
}

enum cli_status cli_cmd_gc(struct cli *cli)
{
    enum cli_status status = CLI_DONE;
    struct vif_gc_result result;
    struct vif_host *host = NULL;
    struct signals signals;
    char *sentence = NULL;

    if (cli_open_host(cli, &host, &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    signals_hold(&signals);
    if (vif_gc(host, cli_given(cli, CLI_OPT_DRY_RUN), &result, &sentence)) {
        status = cli_fail(CLI_FAILED, sentence);
    } else {
        report(cli, &result);
    }
    vif_host_close(host);
    signals_release(&signals);
    return status;
}
