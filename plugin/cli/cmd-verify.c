#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "vif/verify.h"

/* Keeps only the records that the command line names, all of them when it names none. */
static int narrow(const struct cli *cli, struct vif_record *all, size_t *n, char **errorp)
{
    size_t kept = 0;

    for (size_t a = 0; a < cli->n_args; a++) {
        size_t i = kept;

        while (i < *n && !str_eq(all[i].port.name, cli->args[a])) {
            i++;
        }
        if (i == *n) {
            return error_set(errorp, ENOENT, "\"%s\" is not plugged; vifplug list shows what is",
                             cli->args[a]);
        }
        struct vif_record swapped = all[kept];
        all[kept] = all[i];
        all[i] = swapped;
        kept++;
    }
    if (cli->n_args) {
        for (size_t i = kept; i < *n; i++) {
            vif_record_clear(&all[i]);
        }
        *n = kept;
    }
    return 0;
}

static void print_text(const struct vif_record *all, const struct vif_verdict *verdicts, size_t n,
                       bool quiet)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < verdicts[i].n_faults; f++) {
            printf("%s: %s\n", all[i].port.name, verdicts[i].faults[f]);
        }
        if (!verdicts[i].n_faults && !quiet) {
            printf("%s: as it was plugged\n", all[i].port.name);
        }
    }
}

static void print_json(const struct vif_record *all, const struct vif_verdict *verdicts, size_t n)
{
    cJSON *interfaces = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *interface = cJSON_CreateObject();

        cJSON_AddStringToObject(interface, "name", all[i].port.name);
        cJSON_AddBoolToObject(interface, "ok", verdicts[i].n_faults == 0);
        cJSON *faults = cJSON_AddArrayToObject(interface, "faults");
        for (size_t f = 0; f < verdicts[i].n_faults; f++) {
            cJSON_AddItemToArray(faults, cJSON_CreateString(verdicts[i].faults[f]));
        }
        cJSON_AddItemToArray(interfaces, interface);
    }
    output_json_list("interfaces", interfaces);
}

static enum cli_status report(const struct cli *cli, const struct vif_record *all,
                              const struct vif_verdict *verdicts, size_t n)
{
    enum cli_status status = CLI_DONE;

    for (size_t i = 0; i < n; i++) {
        if (verdicts[i].n_faults) {
            status = CLI_NO;
        }
    }
    if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(all, verdicts, n);
    } else {
        print_text(all, verdicts, n, cli_given(cli, CLI_OPT_QUIET));
    }
    return status;
}

enum cli_status cli_cmd_verify(struct cli *cli)
{
    enum cli_status status = CLI_DONE;
    struct vif_verdict *verdicts = NULL;
    struct vif_host *host = NULL;
    struct vif_records *records;
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
        error = narrow(cli, all, &n, &sentence);
    }
    if (!error) {
        error = vif_verify(host, all, n, &verdicts, &sentence);
    }
    if (error) {
        status = cli_fail(CLI_FAILED, sentence);
    } else {
        status = report(cli, all, verdicts, n);
        vif_verdicts_free(verdicts, n);
    }
    vif_records_free(all, n);
    vif_host_close(host);
    return status;
}
