/* adopt and release: the same thing both ways. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "libvirt/adopt.h"

/* adopt_domain() or release_domain(). */
typedef int turn(struct vif_document *domain, const struct adopt_options *options,
                 struct adopt_change **changes, size_t *n, char **errorp);

static void say_left_alone(void *data, const char *sentence)
{
    const struct cli *cli = data;

    if (cli_given(cli, CLI_OPT_VERBOSE)) {
        fprintf(stderr, "vifplug: %s\n", sentence);
    }
}

/* Reads the --mac of the command line; caller frees *addresses either way. */
static int read_addresses(const struct cli *cli, struct mac **addresses, char **errorp)
{
    const struct cli_value *given = &cli->options[CLI_OPT_SELECT_MAC];

    *addresses = mem_resize(NULL, given->n, sizeof **addresses);
    for (size_t i = 0; i < given->n; i++) {
        int error = mac_parse(given->texts[i], &(*addresses)[i], errorp);

        if (error) {
            return error_wrap(errorp, error, "--mac");
        }
    }
    return 0;
}

static void print_json(const struct adopt_change *changes, size_t n)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *change = cJSON_CreateObject();
        char mac[MAC_TEXT_SIZE];

        cJSON_AddNumberToObject(change, "number", (double)changes[i].number);
        cJSON_AddStringToObject(change, "type", changes[i].type);
        cJSON_AddItemToObject(change, "mac",
                              changes[i].has_mac
                                  ? cJSON_CreateString(mac_format(&changes[i].mac, mac))
                                  : cJSON_CreateNull());
        cJSON_AddStringToObject(change, "target", changes[i].target);
        cJSON_AddItemToArray(list, change);
    }
    output_json_list("changes", list);
}

static void print_text(const struct adopt_change *changes, size_t n, bool adopts)
{
    for (size_t i = 0; i < n; i++) {
        char mac[MAC_TEXT_SIZE];

        printf(adopts ? "interface %zu (%s): type='%s' becomes \"%s\" of the hook\n"
                      : "interface %zu (%s): type='%s' instead of \"%s\" of the hook\n",
               changes[i].number,
               changes[i].has_mac ? mac_format(&changes[i].mac, mac) : "without MAC address",
               changes[i].type, changes[i].target);
    }
}

static enum cli_status print(const struct cli *cli, const struct vif_document *domain,
                             const struct adopt_change *changes, size_t n, bool adopts)
{
    if (!cli_given(cli, CLI_OPT_CHECK)) {
        auto_free char *text = vif_document_text(domain);

        fputs(text, stdout);
        return CLI_DONE;
    }
    if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(changes, n);
    } else if (!cli_given(cli, CLI_OPT_QUIET)) {
        print_text(changes, n, adopts);
    }
    return n ? CLI_NO : CLI_DONE;
}

static enum cli_status run(struct cli *cli, turn *turn_domain)
{
    enum cli_status status = CLI_USAGE;
    struct adopt_options options = {.left_alone = say_left_alone, .data = cli};
    struct adopt_change *changes = NULL;
    struct vif_document domain = {0};
    struct mac *only = NULL;
    char *sentence = NULL;
    size_t n = 0;

    if (cli_given(cli, CLI_OPT_JSON) && !cli_given(cli, CLI_OPT_CHECK)) {
        return cli_fail(CLI_USAGE, str_dup("--json goes with --check: else XML is printed"));
    }
    int error = read_addresses(cli, &only, &sentence);
    if (!error) {
        error = vif_document_load(cli->n_args ? cli->args[0] : "-", &domain, &sentence);
    }
    if (!error) {
        options.only = only;
        options.n_only = cli->options[CLI_OPT_SELECT_MAC].n;
        error = turn_domain(&domain, &options, &changes, &n, &sentence);
    }
    if (error) {
        cli_fail(status, sentence);
    } else {
        status = print(cli, &domain, changes, n, turn_domain == adopt_domain);
        adopt_changes_free(changes, n);
    }
    vif_document_clear(&domain);
    free(only);
    return status;
}

enum cli_status cli_cmd_adopt(struct cli *cli)
{
    return run(cli, adopt_domain);
}

enum cli_status cli_cmd_release(struct cli *cli)
{
    return run(cli, release_domain);
}
