#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "vif/gc.h"

static void add_finds(cJSON *json, const char *name, const struct vif_gc_find *finds, size_t n)
{
    cJSON *list = cJSON_AddArrayToObject(json, name);

    for (size_t i = 0; i < n; i++) {
        cJSON *find = cJSON_CreateObject();

        cJSON_AddStringToObject(find, "name", finds[i].name);
        cJSON_AddStringToObject(find, "reason", finds[i].reason);
        cJSON_AddItemToArray(list, find);
    }
}

static void print_json(const struct vif_gc_result *result, bool dry_run)
{
    cJSON *json = cJSON_CreateObject();

    add_finds(json, "interfaces", result->interfaces, result->n_interfaces);
    add_finds(json, "ports", result->ports, result->n_ports);
    add_finds(json, "links", result->links, result->n_links);
    cJSON_AddBoolToObject(json, "dry_run", dry_run);
    output_json(json);
}

static void print_finds(const char *what, const struct vif_gc_find *finds, size_t n, bool dry_run)
{
    for (size_t i = 0; i < n; i++) {
        printf("%s %s \"%s\": %s\n", dry_run ? "would remove" : "removed", what, finds[i].name,
               finds[i].reason);
    }
}

static void report(const struct cli *cli, const struct vif_gc_result *result)
{
    bool dry_run = cli_given(cli, CLI_OPT_DRY_RUN);

    if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(result, dry_run);
    } else if (!cli_given(cli, CLI_OPT_QUIET)) {
        print_finds("interface", result->interfaces, result->n_interfaces, dry_run);
        print_finds("OVS port", result->ports, result->n_ports, dry_run);
        print_finds("link", result->links, result->n_links, dry_run);
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
        progress_clear();
        report(cli, &result);
    }
    vif_gc_result_clear(&result);
    vif_host_close(host);
    signals_release(&signals);
    return status;
}
