#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "vif/plug.h"

/* Whether --all or one of --domain means this record. */
static bool is_meant(const struct cli *cli, const struct vif_record *record)
{
    const struct cli_value *domains = &cli->options[CLI_OPT_SELECT_DOMAIN];

    for (size_t i = 0; i < domains->n; i++) {
        const char *uuid = record->port.domain_uuid;

        if (str_eq(domains->texts[i], record->port.domain_name) ||
            (uuid && strcasecmp(domains->texts[i], uuid) == 0)) {
            return true;
        }
    }
    return cli_given(cli, CLI_OPT_ALL);
}

/* The names that the command line means; the texts are those of `all` and argv. Caller frees the
 * array. */
static const char **choose(const struct cli *cli, const struct vif_record *all, size_t n_all,
                           size_t *n)
{
    const char **names = mem_resize(NULL, n_all + cli->n_args, sizeof *names);

    *n = 0;
    for (size_t i = 0; i < cli->n_args; i++) {
        names[(*n)++] = cli->args[i];
    }
    for (size_t i = 0; i < n_all; i++) {
        if (is_meant(cli, &all[i])) {
            names[(*n)++] = all[i].port.name;
        }
    }
    return names;
}

static void report(const struct cli *cli, const char *const *names, size_t n)
{
    if (cli_given(cli, CLI_OPT_JSON)) {
        cJSON *unplugged = cJSON_CreateArray();

        for (size_t i = 0; i < n; i++) {
            cJSON_AddItemToArray(unplugged, cJSON_CreateString(names[i]));
        }
        output_json_list("unplugged", unplugged);
    }
}

enum cli_status cli_cmd_unplug(struct cli *cli)
{
    bool select = cli_given(cli, CLI_OPT_SELECT_DOMAIN) || cli_given(cli, CLI_OPT_ALL);
    enum cli_status status = CLI_DONE;
    struct vif_host *host = NULL;
    struct vif_records *records;
    struct vif_record *all = NULL;
    struct signals signals;
    char *sentence = NULL;
    size_t n_all = 0;

    if (!select == !cli->n_args) {
        return cli_fail(CLI_USAGE,
                        str_dup("unplug needs either NAME... or one of --domain and --all"));
    }
    if (cli_open_host(cli, &host, &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    signals_hold(&signals);
    int error = vif_host_records(host, &records, &sentence);
    if (!error && select) {
        error = vif_records_read_all(records, &all, &n_all, &sentence);
    }
    if (!error) {
        size_t n;
        const char **names = choose(cli, all, n_all, &n);

        error = vif_unplug(host, names, n, &sentence);
        progress_clear();
        if (!error) {
            report(cli, names, n);
        }
        free(names);
    }
    if (error) {
        status = cli_fail(cli_plan_status(error), sentence);
    }
    vif_records_free(all, n_all);
    vif_host_close(host);
    signals_release(&signals);
    return status;
}
