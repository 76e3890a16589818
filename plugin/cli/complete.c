#include "cli/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
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
    if (option) {
        if (str_eq(option->argument, "FILE") || str_eq(option->argument, "FOLDER")) {
            fprintf(out, "@file\n");
        }
    } else if (starts_with(word, "-")) {
        complete_option(command, word, out);
    } else if (command->takes_files) {
        fprintf(out, "@file\n");
    } else if (command->max_args) {
        complete_name(word, out);
    }
}
