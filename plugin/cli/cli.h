/* The vifplug program: its commands, its options, and what they share.
 *
 * cli_commands and cli_options are the one place where a command or an option is written down:
 * parsing, usage, completion and the test that compares them with the manual page all read them.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* vifplug(8), EXIT STATUS. */
enum cli_status {
    CLI_DONE = 0,
    CLI_FAILED = 1, /* and nothing was left behind */
    CLI_USAGE = 2,  /* wrong usage or bad input; nothing was tried */
    CLI_NO = 3,     /* the answer to the question is no */
    CLI_DENIED = 4, /* policy says no */
};

/* Options come in groups; a command takes those of the groups it names. */
enum cli_group {
    CLI_SPEC = 1 << 0,     /* which interfaces: --interface, --domain, or flags */
    CLI_DEVICE = 1 << 1,   /* how they are made */
    CLI_HOST = 1 << 2,     /* OVSDB server and run-time folder */
    CLI_WAIT = 1 << 3,     /* --no-wait */
    CLI_JSON = 1 << 4,     /* --json */
    CLI_INACTIVE = 1 << 5, /* --inactive */
    CLI_SELECT = 1 << 6,   /* --domain as a selection, and --all */
    CLI_DRY_RUN = 1 << 7,  /* --dry-run */
    CLI_ADOPT = 1 << 8,    /* --check and --mac as a selection */
    CLI_PROBE = 1 << 9,    /* how the probe asks */
    CLI_GUEST = 1 << 10,   /* which running guest */
    CLI_BUS = 1 << 11,     /* --bus */
    CLI_POLICY = 1 << 12,  /* --policy */
    CLI_RUN = 1 << 13,     /* what QEMU is to have besides */
    CLI_COMPARE = 1 << 14, /* what is compared, and how it is reported */
    CLI_COMMON = 1 << 15,  /* every command has these */
    CLI_NETWORK = 1 << 16, /* --network, of a command that has nothing else of CLI_SPEC */
    CLI_WATCH = 1 << 17,   /* --metrics */
    CLI_FOLLOW = 1 << 18,  /* --watch */
};

enum cli_option_id {
    CLI_OPT_INTERFACE,
    CLI_OPT_DOMAIN,
    CLI_OPT_BRIDGE,
    CLI_OPT_LOWER,
    CLI_OPT_MODE,
    CLI_OPT_VLAN,
    CLI_OPT_TRUNK,
    CLI_OPT_NATIVE,
    CLI_OPT_NATIVE_MODE,
    CLI_OPT_MAC,
    CLI_OPT_TARGET,
    CLI_OPT_QUEUES,
    CLI_OPT_MTU,
    CLI_OPT_MODEL,
    CLI_OPT_INTERFACE_ID,
    CLI_OPT_ISOLATED,
    CLI_OPT_RECONNECT,
    CLI_OPT_RECONNECT_BY,
    CLI_OPT_NETWORK,
    CLI_OPT_USER,
    CLI_OPT_GROUP,
    CLI_OPT_TRANSIENT,
    CLI_OPT_NO_WAIT,
    CLI_OPT_SELECT_DOMAIN,
    CLI_OPT_ALL,
    CLI_OPT_DRY_RUN,
    CLI_OPT_INACTIVE,
    CLI_OPT_CHECK,
    CLI_OPT_SELECT_MAC,
    CLI_OPT_SOURCE,
    CLI_OPT_END_TO_END,
    CLI_OPT_LLDP,
    CLI_OPT_LIBVIRT,
    CLI_OPT_QMP,
    CLI_OPT_BUS,
    CLI_OPT_RUN_QMP,
    CLI_OPT_RUN_BUS,
    CLI_OPT_POLICY,
    CLI_OPT_METRICS,
    CLI_OPT_WATCH,
    CLI_OPT_PATHS,
    CLI_OPT_ROUNDS,
    CLI_OPT_ROUND_MS,
    CLI_OPT_COMPARE_BRIDGE,
    CLI_OPT_COMPARE_VLAN,
    CLI_OPT_COMPARE_LOWER,
    CLI_OPT_REPORT,
    CLI_OPT_BASELINE,
    CLI_OPT_SEED,
    CLI_OPT_GUESTS,
    CLI_OPT_GUEST_KERNEL,
    CLI_OPT_GUEST_INITRD,
    CLI_OPT_GUEST_ACCEL,
    CLI_OPT_DB,
    CLI_OPT_TIMEOUT,
    CLI_OPT_RUNDIR,
    CLI_OPT_PRIVATE_KEY,
    CLI_OPT_CERTIFICATE,
    CLI_OPT_CA_CERT,
    CLI_OPT_JSON,
    CLI_OPT_VERBOSE,
    CLI_OPT_QUIET,
    CLI_OPT_HELP,
    CLI_N_OPTIONS,
};

struct cli_option {
    const char *name;
    const char *argument; /* its name in usage, or NULL */
    const char *help;
    unsigned group; /* enum cli_group; several, or'ed, where more than one will do */
    bool repeatable;
};

struct cli;

struct cli_command {
    const char *name;
    const char *arguments; /* as usage shows them, "" for none */
    const char *help;
    unsigned groups; /* enum cli_group, or'ed */
    bool rest;       /* takes a command line after "--" */
    unsigned min_args;
    unsigned max_args;
    bool takes_files; /* the arguments are names of files, not of interfaces */
    enum cli_status (*run)(struct cli *cli);
};

extern const struct cli_option cli_options[CLI_N_OPTIONS];
extern const struct cli_command cli_commands[];
extern const size_t cli_n_commands;

/* A command line that was understood. Its strings are those of main()'s argv. */
struct cli {
    const struct cli_command *command;
    struct cli_value {
        const char **texts; /* the last one counts where an option is not repeatable */
        size_t n;
    } options[CLI_N_OPTIONS];
    struct cli_input {
        bool is_domain;
        const char *file;
    } * inputs; /* --interface and --domain, in order */
    size_t n_inputs;
    char **args;
    size_t n_args;
    char **rest; /* after "--", ended by NULL; NULL without "--" */
};

/* Whether the option was given, and its (last) argument or NULL. */
bool cli_given(const struct cli *cli, enum cli_option_id id);
const char *cli_value(const struct cli *cli, enum cli_option_id id);

/* Fills `cli` from main()'s arguments. Returns 0, or -EINVAL; the caller calls cli_clear() either
 * way. */
int cli_parse(int argc, char **argv, struct cli *cli, char **errorp);
void cli_clear(struct cli *cli);

/* Usage of the program, or of one command. */
void cli_help(FILE *out);
void cli_help_command(FILE *out, const struct cli_command *command);

/* Whether the command takes the option. */
bool cli_takes(const struct cli_command *command, const struct cli_option *option);

/* Prints a sentence on stderr, with "vifplug: " before it, frees it, and returns `status`. */
enum cli_status cli_fail(enum cli_status status, char *sentence);

/* The status for an error of planning, by which bad input and a host that lacks something are told
 * apart. */
enum cli_status cli_plan_status(int error);

enum cli_status cli_cmd_plan(struct cli *cli);
enum cli_status cli_cmd_plug(struct cli *cli);
enum cli_status cli_cmd_unplug(struct cli *cli);
enum cli_status cli_cmd_run(struct cli *cli);
enum cli_status cli_cmd_attach(struct cli *cli);
enum cli_status cli_cmd_detach(struct cli *cli);
enum cli_status cli_cmd_list(struct cli *cli);
enum cli_status cli_cmd_verify(struct cli *cli);
enum cli_status cli_cmd_gc(struct cli *cli);
enum cli_status cli_cmd_xml(struct cli *cli);
enum cli_status cli_cmd_adopt(struct cli *cli);
enum cli_status cli_cmd_release(struct cli *cli);
enum cli_status cli_cmd_probe(struct cli *cli);
enum cli_status cli_cmd_hairpin(struct cli *cli);
enum cli_status cli_cmd_compare(struct cli *cli);
enum cli_status cli_cmd_check(struct cli *cli);
enum cli_status cli_cmd_watch(struct cli *cli);

/* `check --policy`. */
enum cli_status cli_check_policy(struct cli *cli);

#endif
