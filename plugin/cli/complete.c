#include "cli/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "compare/path.h"
#include "netdev/brport.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/host.h"
#include "vif/record.h"

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void complete_command(const char *word, FILE *out)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        if (starts_with(cli_commands[i].name, word)) {
            fprintf(out, "%s\n", cli_commands[i].name);
        }
    }
    if (starts_with("--help", word)) {
        fprintf(out, "--help\n");
    }
    if (starts_with("--version", word)) {
        fprintf(out, "--version\n");
    }
}

static void complete_option(const struct cli_command *command, const char *word, FILE *out)
{
    for (size_t i = 0; i < CLI_N_OPTIONS; i++) {
        auto_free char *option = str_printf("--%s", cli_options[i].name);

        if (cli_takes(command, &cli_options[i]) && starts_with(option, word)) {
            fprintf(out, "%s\n", option);
        }
    }
}

static void complete_name(const char *word, FILE *out)
{
    struct vif_records *records;
    struct vif_record *all;
    size_t n;

    if (vif_records_open(vif_default_rundir(), &records, NULL)) {
        return;
    }
    if (vif_records_read_all(records, &all, &n, NULL) == 0) {
        for (size_t i = 0; i < n; i++) {
            if (starts_with(all[i].port.name, word)) {
                fprintf(out, "%s\n", all[i].port.name);
            }
        }
        vif_records_free(all, n);
    }
    vif_records_close(records);
}

/* Links, only bridges where `kind` is "bridge". */
static void complete_link(const char *kind, const char *word, FILE *out)
{
    auto_free struct link_info *links = NULL;
    struct rtnl *rtnl;
    size_t n = 0;

    if (rtnl_open(&rtnl, NULL)) {
        return;
    }
    if (link_list(rtnl, &links, &n, NULL) == 0) {
        for (size_t i = 0; i < n; i++) {
            if ((!kind || str_eq(links[i].kind, kind)) && !links[i].loopback &&
                starts_with(links[i].name, word)) {
                fprintf(out, "%s\n", links[i].name);
            }
        }
    }
    rtnl_close(rtnl);
}

static void complete_port(const char *bridge, const char *word, FILE *out)
{
    auto_free struct brport *ports = NULL;
    struct link_info link;
    struct rtnl *rtnl;
    size_t n = 0;

    if (rtnl_open(&rtnl, NULL)) {
        return;
    }
    if (link_get(rtnl, bridge, &link, NULL) == 0 &&
        brport_list(rtnl, link.ifindex, &ports, &n, NULL) == 0) {
        for (size_t i = 0; i < n; i++) {
            if (starts_with(ports[i].name, word)) {
                fprintf(out, "%s\n", ports[i].name);
            }
        }
    }
    rtnl_close(rtnl);
}

/* `words` are the command's arguments, without its options, up to the one that is being typed. */
static void complete_hairpin(size_t n_words, const char *const *words, FILE *out)
{
    static const char *const flags[] = {"on", "off"};

    if (n_words == 1) {
        complete_link("bridge", words[0], out);
    } else if (n_words == 2) {
        complete_port(words[0], words[1], out);
    } else if (n_words == 3) {
        for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
            if (starts_with(flags[i], words[2])) {
                fprintf(out, "%s\n", flags[i]);
            }
        }
    }
}

/* The last of a list with commas in between. */
static void complete_path(const char *word, FILE *out)
{
    const char *comma = strrchr(word, ',');
    const char *last = comma ? comma + 1 : word;

    for (size_t i = 0; i < n_path_kinds; i++) {
        if (starts_with(path_kinds[i].id, last)) {
            fprintf(out, "%.*s%s\n", (int)(last - word), word, path_kinds[i].id);
        }
    }
}

/* What stands after "--" is the command line of another program. Returns whether that is so. */
static bool complete_rest(const struct cli_command *command, int n_words, char **words, FILE *out)
{
    for (int i = 1; command->rest && i < n_words - 1; i++) {
        if (str_eq(words[i], "--")) {
            fputs(i == n_words - 2 ? "@command\n" : "@file\n", out);
            return true;
        }
    }
    return false;
}

/* The option whose argument is being typed, or NULL. */
static const struct cli_option *option_before(const struct cli_command *command, const char *word)
{
    for (size_t i = 0; i < CLI_N_OPTIONS; i++) {
        if (starts_with(word, "--") && str_eq(cli_options[i].name, word + 2) &&
            cli_options[i].argument && cli_takes(command, &cli_options[i])) {
            return &cli_options[i];
        }
    }
    return NULL;
}

/* Completes an argument of the command, words[0], that is no option. */
static void complete_argument(const struct cli_command *command, int n_words, char **words,
                              FILE *out)
{
    const char **arguments = mem_resize(NULL, (size_t)n_words, sizeof *arguments);
    size_t n = 0;

    for (int i = 1; i < n_words; i++) {
        if (!starts_with(words[i], "-") && !option_before(command, words[i - 1])) {
            arguments[n++] = words[i];
        }
    }
    if (command->takes_files) {
        fprintf(out, "@file\n");
    } else if (command->run == cli_cmd_hairpin) {
        complete_hairpin(n, arguments, out);
    } else if (command->run == cli_cmd_probe && n == 1) {
        complete_link(NULL, arguments[0], out);
    } else if (command->run != cli_cmd_probe && command->max_args) {
        complete_name(words[n_words - 1], out);
    }
    free(arguments);
}

void cli_complete(int n_words, char **words, FILE *out)
{
    const struct cli_command *command = NULL;
    const char *word = n_words ? words[n_words - 1] : "";

    if (n_words <= 1) {
        complete_command(word, out);
        return;
    }
    for (size_t i = 0; i < cli_n_commands; i++) {
        if (str_eq(cli_commands[i].name, words[0])) {
            command = &cli_commands[i];
        }
    }
    if (!command || complete_rest(command, n_words, words, out)) {
        return;
    }
    const struct cli_option *option = n_words > 2 ? option_before(command, words[n_words - 2])
                                                  : NULL;
    if (option == &cli_options[CLI_OPT_PATHS]) {
        complete_path(word, out);
    } else if (option) {
        if (str_eq(option->argument, "FILE") || str_eq(option->argument, "FOLDER") ||
            str_eq(option->argument, "SOCKET")) {
            fprintf(out, "@file\n");
        }
    } else if (starts_with(word, "-")) {
        complete_option(command, word, out);
    } else {
        complete_argument(command, n_words, words, out);
    }
}
