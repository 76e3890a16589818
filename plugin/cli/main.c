#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/progress.h"

static const char summary[] =
    "vifplug plugs guests' network interfaces into Open vSwitch and Linux bridges.\n";

static const char spec_help[] = "SPEC is --interface FILE, --domain FILE (both repeatable; - is "
                                "standard input), or one interface by\n"
                                "hand: --bridge BRIDGE with the options below.\n";

void cli_help(FILE *out)
{
    fprintf(out, "%s\nUsage: vifplug COMMAND [OPTIONS]\n\nCommands:\n", summary);
    for (size_t i = 0; i < cli_n_commands; i++) {
        const struct cli_command *command = &cli_commands[i];

        fprintf(out, "  %-7s %s\n          %s\n", command->name, command->arguments, command->help);
    }
    fprintf(out, "\nvifplug COMMAND --help prints the options of a command, vifplug --version the "
                 "version.\nThe manual page is vifplug(8).\n");
}

void cli_help_command(FILE *out, const struct cli_command *command)
{
    fprintf(out, "%s.\n\nUsage: vifplug %s %s\n", command->help, command->name, command->arguments);
    if (command->groups & CLI_SPEC) {
        fprintf(out, "\n%s", spec_help);
    }
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < CLI_N_OPTIONS; i++) {
        const struct cli_option *option = &cli_options[i];

        if (cli_takes(command, option)) {
            auto_free char *name = str_printf("--%s%s%s", option->name, option->argument ? " " : "",
                                              option->argument ? option->argument : "");

            fprintf(out, "  %-22s %s\n", name, option->help);
        }
    }
}

enum cli_status cli_fail(enum cli_status status, char *sentence)
{
    progress_clear();
    fflush(stdout);
    fprintf(stderr, "vifplug: %s\n", sentence ? sentence : "failed");
    free(sentence);
    return status;
}

enum cli_status cli_plan_status(int error)
{
    switch (-error) {
    case EINVAL:
    case ENAMETOOLONG:
    case EOPNOTSUPP:
    case EFBIG:
        return CLI_USAGE;
    default:
        return CLI_FAILED;
    }
}

static enum cli_status run(int argc, char **argv)
{
    char *sentence = NULL;
    struct cli cli;
    enum cli_status status = CLI_DONE;

    if (cli_parse(argc, argv, &cli, &sentence)) {
        status = cli_fail(CLI_USAGE, sentence);
    } else if (cli_given(&cli, CLI_OPT_HELP)) {
        cli_help_command(stdout, cli.command);
    } else {
        status = cli.command->run(&cli);
    }
    cli_clear(&cli);
    return status;
}

int main(int argc, char **argv)
{
    enum cli_status status = CLI_DONE;

    /* A pipe that nobody reads any more is an error of writing, not the end of us: what was plugged
     * for it has to be taken back. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        cli_help(stderr);
        return CLI_USAGE;
    }
    if (str_eq(argv[1], "--help") || str_eq(argv[1], "help")) {
        cli_help(stdout);
    } else if (str_eq(argv[1], "--version")) {
        printf("vifplug %s\n", VIFPLUG_VERSION);
    } else if (str_eq(argv[1], CLI_COMPLETE)) {
        cli_complete(argc - 2, argv + 2, stdout);
    } else {
        status = run(argc, argv);
    }
    /* A full disk or a closed pipe must not look like success. */
    if (fclose(stdout) && status == CLI_DONE) {
        fprintf(stderr, "vifplug: cannot write to standard output: %s\n", strerror(errno));
        status = CLI_FAILED;
    }
    return (int)status;
}
