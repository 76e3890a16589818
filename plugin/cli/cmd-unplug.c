#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "vif/guest.h"
#include "vif/plug.h"
#include "vif/stray.h"

/* What the command line means, and what was unplugged of it. */
struct selection {
    struct vif_guest *guests;
    size_t n_guests;
    char **names;
    size_t n_names;
};

static void add_name(struct selection *selection, const char *name)
{
    selection->names = mem_resize(selection->names, selection->n_names + 1,
                                  sizeof *selection->names);
    selection->names[selection->n_names++] = str_dup(name);
}

static void clear_selection(struct selection *selection)
{
    for (size_t i = 0; i < selection->n_guests; i++) {
        vif_guest_clear(&selection->guests[i]);
    }
    free(selection->guests);
    for (size_t i = 0; i < selection->n_names; i++) {
        free(selection->names[i]);
    }
    free(selection->names);
}

static int read_guests(const struct cli *cli, struct selection *selection, char **errorp)
{
    const struct cli_value *domains = &cli->options[CLI_OPT_SELECT_DOMAIN];

    selection->guests = mem_resize(NULL, domains->n, sizeof *selection->guests);
    for (size_t i = 0; i < domains->n; i++) {
        int error = vif_guest_read(domains->texts[i], &selection->guests[i], errorp);

        if (error) {
            return error;
        }
        selection->n_guests++;
    }
    return 0;
}

/* Whether --all or one of --domain means this record. A guest that was named gets known by the UUID
 * in it. */
static bool is_meant(const struct cli *cli, struct selection *selection,
                     const struct vif_record *record)
{
    bool meant = cli_given(cli, CLI_OPT_ALL);

    for (size_t i = 0; i < selection->n_guests; i++) {
        struct vif_guest *guest = &selection->guests[i];

        if (vif_guest_owns(guest, record)) {
            meant = true;
            if (!guest->uuid) {
                guest->uuid = str_dup_or_null(record->port.domain_uuid);
            }
        }
    }
    return meant;
}

static int choose(const struct cli *cli, struct vif_host *host, struct selection *selection,
                  char **errorp)
{
    struct vif_records *records;
    struct vif_record *all = NULL;
    size_t n_all = 0;
    int error = 0;

    for (size_t i = 0; i < cli->n_args; i++) {
        add_name(selection, cli->args[i]);
    }
    if (!cli->n_args) {
        error = vif_host_records(host, &records, errorp);
        if (!error) {
            error = vif_records_read_all(records, &all, &n_all, errorp);
        }
    }
    for (size_t i = 0; i < n_all; i++) {
        if (is_meant(cli, selection, &all[i])) {
            add_name(selection, all[i].port.name);
        }
    }
    vif_records_free(all, n_all);
    return error;
}

/* Deletes the macvtaps of the guests that have no record. */
static int remove_strays(struct vif_host *host, struct selection *selection, char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < selection->n_guests && !error; i++) {
        struct vif_stray *strays;
        size_t n;

        error = vif_strays_of(host, &selection->guests[i], &strays, &n, errorp);
        if (!error) {
            error = vif_strays_remove(host, strays, n, errorp);
            for (size_t s = 0; s < n; s++) {
                add_name(selection, strays[s].name);
            }
            free(strays);
        }
    }
    return error;
}

static void report(const struct cli *cli, const struct selection *selection)
{
    if (cli_given(cli, CLI_OPT_JSON)) {
        cJSON *unplugged = cJSON_CreateArray();

        for (size_t i = 0; i < selection->n_names; i++) {
            cJSON_AddItemToArray(unplugged, cJSON_CreateString(selection->names[i]));
        }
        output_json_list("unplugged", unplugged);
    }
}

static int unplug(const struct cli *cli, struct vif_host *host, struct selection *selection,
                  char **errorp)
{
    int error = choose(cli, host, selection, errorp);

    if (!error) {
        error = vif_unplug(host, (const char *const *)selection->names, selection->n_names, errorp);
    }
    if (!error) {
        error = remove_strays(host, selection, errorp);
    }
    progress_clear();
    if (!error) {
        report(cli, selection);
    }
    return error;
}

enum cli_status cli_cmd_unplug(struct cli *cli)
{
    bool select = cli_given(cli, CLI_OPT_SELECT_DOMAIN) || cli_given(cli, CLI_OPT_ALL);
    enum cli_status status = CLI_DONE;
    struct selection selection = {0};
    struct vif_host *host = NULL;
    struct signals signals;
    char *sentence = NULL;

    if (!select == !cli->n_args) {
        return cli_fail(CLI_USAGE,
                        str_dup("unplug needs either NAME... or one of --domain and --all"));
    }
    if (read_guests(cli, &selection, &sentence) || cli_open_host(cli, &host, &sentence)) {
        status = cli_fail(CLI_USAGE, sentence);
    } else {
        signals_hold(&signals);
        int error = unplug(cli, host, &selection, &sentence);

        if (error) {
            status = cli_fail(cli_plan_status(error), sentence);
        }
        vif_host_close(host);
        signals_release(&signals);
    }
    clear_selection(&selection);
    return status;
}
