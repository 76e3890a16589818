/* vifplug compare: what VEPA, Open vSwitch and other paths between guests are worth here. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/compare-guests.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "compare/advice.h"
#include "compare/report.h"
#include "compare/run.h"
#include "vif/xmlfile.h"

/* As many as give ratios that another run repeats within a few percent, and no more. */
#define ROUNDS   5
#define ROUND_MS 55

#define MOST_ROUNDS   1000
#define MOST_ROUND_MS 10000
#define LAST_VLAN     4094

/* Paths of each kind, of those that guests are most often given: booting them takes its time. */
#define PATHS_WITH_GUESTS "ovs,bridge,macvtap-bridge,vepa"

/* More than any number of rounds makes of it. */
#define BASELINE_MAX (64U << 20)

/* Set by the signals that are to end the comparison. */
static volatile int stop;

static void note_signal(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

/* Takes the signals that end a process for a word to end the comparison in order; but for those
 * that whoever started us wants to be ignored. */
static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    struct sigaction before;

    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

/* The comparison that the command line asks for. */
struct comparison {
    struct compare_options options;
    struct guests_options guests;
    const struct path_kind **kinds;
    bool has_baseline;
    struct compare_result baseline;
    struct compare_result result;
};

static int parse_number(const struct cli *cli, enum cli_option_id id, unsigned long least,
                        unsigned long most, unsigned long otherwise, unsigned long *number,
                        char **errorp)
{
    const char *text = cli_value(cli, id);
    char *end = NULL;

    *number = otherwise;
    if (!text) {
        return 0;
    }
    errno = 0;
    *number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || *number < least || *number > most) {
        return error_set(errorp, EINVAL, "--%s \"%s\": a number from %lu to %lu is wanted",
                         cli_options[id].name, text, least, most);
    }
    return 0;
}

static int parse_numbers(const struct cli *cli, struct compare_options *options, char **errorp)
{
    unsigned long rounds = ROUNDS;
    unsigned long round_ms = ROUND_MS;
    unsigned long vlan = 0;
    unsigned long seed = 0;
    uint32_t random = 0;

    if (!cli_given(cli, CLI_OPT_SEED) && getrandom(&random, sizeof random, 0) != sizeof random) {
        return error_set(errorp, EIO, "cannot get random bytes: %m");
    }
    int error = parse_number(cli, CLI_OPT_ROUNDS, 1, MOST_ROUNDS, ROUNDS, &rounds, errorp);
    if (!error) {
        error = parse_number(cli, CLI_OPT_ROUND_MS, 1, MOST_ROUND_MS, ROUND_MS, &round_ms, errorp);
    }
    if (!error) {
        error = parse_number(cli, CLI_OPT_COMPARE_VLAN, 1, LAST_VLAN, 0, &vlan, errorp);
    }
    if (!error) {
        error = parse_number(cli, CLI_OPT_SEED, 0, UINT32_MAX, random, &seed, errorp);
    }
    options->rounds = (unsigned)rounds;
    options->round_ms = (unsigned)round_ms;
    options->testbed.vlan = vlan ? (int)vlan : -1;
    options->testbed.seed = (uint32_t)seed;
    return error;
}

static int read_baseline(const char *file, struct compare_result *baseline, char **errorp)
{
    auto_free char *text = NULL;
    size_t length;
    int error = xml_read_file(file, BASELINE_MAX, &text, &length, errorp);

    if (error) {
        return error_wrap(errorp, error, "--baseline %s", file);
    }
    cJSON *json = cJSON_ParseWithLength(text, length);

    error = json ? compare_result_from_json(json, baseline, errorp)
                 : error_set(errorp, EINVAL, "it is not JSON");
    cJSON_Delete(json);
    return error_wrap(errorp, error, "--baseline %s", file);
}

/* The command line that repeats the comparison; caller frees. */
static char *describe(const struct cli *cli, const struct compare_options *options)
{
    static const enum cli_option_id ids[] = {
        CLI_OPT_PATHS,        CLI_OPT_COMPARE_BRIDGE, CLI_OPT_COMPARE_VLAN, CLI_OPT_COMPARE_LOWER,
        CLI_OPT_GUEST_KERNEL, CLI_OPT_GUEST_INITRD,   CLI_OPT_GUEST_ACCEL,  CLI_OPT_DB};
    char *line = str_printf("vifplug compare%s", options->guests ? " --guests" : "");

    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (cli_given(cli, ids[i])) {
            char *longer = str_printf("%s --%s %s", line, cli_options[ids[i]].name,
                                      cli_value(cli, ids[i]));

            free(line);
            line = longer;
        }
    }
    char *all = str_printf("%s --rounds %u --round-ms %u --seed %u", line, options->rounds,
                           options->round_ms, options->testbed.seed);

    free(line);
    return all;
}

/* What guests are to be made of, and that nobody speaks of them who wants none. */
static int parse_guests(const struct cli *cli, struct comparison *comparison, char **errorp)
{
    static const enum cli_option_id ids[] = {CLI_OPT_GUEST_KERNEL, CLI_OPT_GUEST_INITRD,
                                             CLI_OPT_GUEST_ACCEL};

    if (cli_given(cli, CLI_OPT_GUESTS)) {
        comparison->guests = (struct guests_options){
            .kernel = cli_value(cli, CLI_OPT_GUEST_KERNEL),
            .initrd = cli_value(cli, CLI_OPT_GUEST_INITRD),
            .accel = cli_value(cli, CLI_OPT_GUEST_ACCEL),
            .stop = &stop,
        };
        comparison->options.guests = guests_ask;
        comparison->options.guests_data = &comparison->guests;
        return guests_check(&comparison->guests, errorp);
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (cli_given(cli, ids[i])) {
            return error_set(errorp, EINVAL, "--%s needs --guests", cli_options[ids[i]].name);
        }
    }
    return 0;
}

/* The paths that are asked for, NULL for the usual ones. */
static const char *wanted_paths(const struct cli *cli, const struct compare_options *options)
{
    const char *list = cli_value(cli, CLI_OPT_PATHS);
    bool real = options->testbed.bridge || options->testbed.lower;

    return list || real || !options->guests ? list : PATHS_WITH_GUESTS;
}

static int parse(const struct cli *cli, struct comparison *comparison, char **errorp)
{
    struct compare_options *options = &comparison->options;
    int error = parse_numbers(cli, options, errorp);

    options->testbed.bridge = cli_value(cli, CLI_OPT_COMPARE_BRIDGE);
    options->testbed.lower = cli_value(cli, CLI_OPT_COMPARE_LOWER);
    if (!error && options->testbed.vlan >= 0 && !options->testbed.bridge &&
        !options->testbed.lower) {
        error = error_set(errorp, EINVAL, "--vlan needs --bridge or --lower");
    }
    if (!error) {
        error = cli_host_options(cli, &options->testbed.host, errorp);
    }
    if (!error) {
        error = parse_guests(cli, comparison, errorp);
    }
    if (!error) {
        error = paths_choose(wanted_paths(cli, options), &options->testbed, &comparison->kinds,
                             &options->n_kinds, errorp);
    }
    options->kinds = comparison->kinds;
    if (!error && cli_given(cli, CLI_OPT_BASELINE)) {
        error = read_baseline(cli_value(cli, CLI_OPT_BASELINE), &comparison->baseline, errorp);
        comparison->has_baseline = !error;
    }
    return error;
}

static void show(void *data, double done, const char *what)
{
    (void)data;
    progress_bar(done, what);
}

static void say(void *data, double done, const char *what)
{
    (void)data;
    (void)done;
    fprintf(stderr, "vifplug: %s\n", what);
}

static int run(const struct cli *cli, struct comparison *comparison, char **errorp)
{
    struct compare_options *options = &comparison->options;
    auto_free char *command = describe(cli, options);

    options->version = VIFPLUG_VERSION;
    options->command = command;
    options->stop = &stop;
    options->progress = cli_given(cli, CLI_OPT_VERBOSE) ? say
                        : cli_given(cli, CLI_OPT_QUIET) ? NULL
                                                        : show;
    /* Its place on the terminal is the bar's. */
    if (!cli_given(cli, CLI_OPT_VERBOSE)) {
        options->testbed.host.log = NULL;
    }
    catch_signals();
    int error = compare_run(options, &comparison->result, errorp);
    progress_clear();
    if (!error && options->guests) {
        comparison->result.qemu_version = guests_qemu_version();
    }
    return error;
}

static unsigned terminal_width(void)
{
    struct winsize size = {0};

    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void print(const struct cli *cli, const struct comparison *comparison)
{
    if (cli_given(cli, CLI_OPT_JSON)) {
        output_json(compare_result_to_json(&comparison->result));
    } else if (!cli_given(cli, CLI_OPT_QUIET)) {
        auto_free char *table = compare_table(
            &comparison->result, comparison->has_baseline ? &comparison->baseline : NULL,
            terminal_width());

        fputs(table, stdout);
    }
}

static int report(const struct cli *cli, const struct comparison *comparison, char **errorp)
{
    const char *folder = cli_value(cli, CLI_OPT_REPORT);

    return folder ? compare_report(&comparison->result,
                                   comparison->has_baseline ? &comparison->baseline : NULL, folder,
                                   errorp)
                  : 0;
}

enum cli_status cli_cmd_compare(struct cli *cli)
{
    struct comparison comparison = {0};
    enum cli_status status = CLI_USAGE;
    char *sentence = NULL;
    int error = parse(cli, &comparison, &sentence);

    if (!error) {
        status = CLI_FAILED;
        error = run(cli, &comparison, &sentence);
    }
    if (!error) {
        compare_advise(&comparison.result);
        print(cli, &comparison);
        error = report(cli, &comparison, &sentence);
    }
    if (!error && comparison.result.interrupted) {
        error = error_set(&sentence, EINTR, "interrupted; what was measured until then is told");
    }
    compare_result_clear(&comparison.result);
    compare_result_clear(&comparison.baseline);
    free(comparison.kinds);
    return error ? cli_fail(status, sentence) : CLI_DONE;
}
