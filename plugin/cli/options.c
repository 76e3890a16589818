/* The table of options, and the reading of a command line by it. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"

const struct cli_option cli_options[CLI_N_OPTIONS] = {
    [CLI_OPT_INTERFACE] = {"interface", "FILE",
                           "an <interface> in libvirt's XML; - is standard input", CLI_SPEC, true},
    [CLI_OPT_DOMAIN] = {"domain", "FILE", "all interfaces of a <domain>; - is standard input",
                        CLI_SPEC, true},
    [CLI_OPT_BRIDGE] = {"bridge", "BRIDGE", "by hand: on this bridge", CLI_SPEC, false},
    [CLI_OPT_LOWER] = {"lower", "DEV", "by hand: a macvtap on this device", CLI_SPEC, false},
    [CLI_OPT_MODE] = {"mode", "MODE",
                      "vepa (the default), bridge, private, passthrough or auto; with --lower",
                      CLI_SPEC, false},
    [CLI_OPT_VLAN] = {"vlan", "TAG", "access port, or macvtap, of this VLAN", CLI_SPEC, false},
    [CLI_OPT_TRUNK] = {"trunk", "A,B-C", "trunk of these VLANs", CLI_SPEC, false},
    [CLI_OPT_NATIVE] = {"native", "TAG", "native VLAN of the trunk", CLI_SPEC, false},
    [CLI_OPT_NATIVE_MODE] = {"native-mode", "MODE", "untagged (the default) or tagged", CLI_SPEC,
                             false},
    [CLI_OPT_MAC] = {"mac", "ADDRESS", "the guest's MAC address", CLI_SPEC, false},
    [CLI_OPT_TARGET] = {"target", "NAME", "name of the device on the host", CLI_SPEC, false},
    [CLI_OPT_QUEUES] = {"queues", "N", "number of queues", CLI_SPEC, false},
    [CLI_OPT_MTU] = {"mtu", "BYTES", "MTU of device and port", CLI_SPEC, false},
    [CLI_OPT_MODEL] = {"model", "MODEL", "the guest's network card; virtio where none is named",
                       CLI_SPEC, false},
    [CLI_OPT_INTERFACE_ID] = {"interface-id", "UUID", "iface-id in Open vSwitch", CLI_SPEC, false},
    [CLI_OPT_ISOLATED] = {"isolated", NULL, "no traffic to other isolated ports", CLI_SPEC, false},
    [CLI_OPT_RECONNECT] = {"reconnect", "HOW",
                           "when the device below the macvtap was gone: replug (the default), hub "
                           "or none",
                           CLI_SPEC, false},
    [CLI_OPT_RECONNECT_BY] = {"reconnect-by", "WHAT",
                              "by what that device is known: name (the default), mac or pool",
                              CLI_SPEC, false},
    [CLI_OPT_NETWORK] = {"network", "FILE", "a <network> to resolve type='network' with",
                         CLI_SPEC | CLI_NETWORK, true},
    [CLI_OPT_USER] = {"user", "USER", "who may open a persistent device; yourself where not given",
                      CLI_DEVICE, false},
    [CLI_OPT_GROUP] = {"group", "GROUP", "likewise, the members of a group", CLI_DEVICE, false},
    [CLI_OPT_TRANSIENT] = {"transient", NULL,
                           "let Open vSwitch's own start-up scripts delete the ports", CLI_DEVICE,
                           false},
    [CLI_OPT_NO_WAIT] = {"no-wait", NULL, "do not wait for ovs-vswitchd", CLI_WAIT, false},
    [CLI_OPT_SELECT_DOMAIN] = {"domain", "NAME|UUID|FILE", "all interfaces of this domain",
                               CLI_SELECT, true},
    [CLI_OPT_ALL] = {"all", NULL, "all interfaces that vifplug knows of", CLI_SELECT, false},
    [CLI_OPT_DRY_RUN] = {"dry-run", NULL, "only say what would be done", CLI_DRY_RUN, false},
    [CLI_OPT_INACTIVE] = {"inactive", NULL, "as a definition: without generated names",
                          CLI_INACTIVE, false},
    [CLI_OPT_CHECK] = {"check", NULL, "only say what would change; exit status 3 if anything would",
                       CLI_ADOPT, false},
    [CLI_OPT_SELECT_MAC] = {"mac", "ADDRESS", "only the interface with this MAC address", CLI_ADOPT,
                            true},
    [CLI_OPT_POLICY] = {"policy", "USER",
                        "only say whether the bridge helper would give this user a port of NAME",
                        CLI_POLICY, false},
    [CLI_OPT_METRICS] = {"metrics", "FILE",
                         "keep metrics in this file, for node_exporter's textfile collector",
                         CLI_WATCH, false},
    [CLI_OPT_WATCH] = {"watch", NULL, "go on, and show each change", CLI_FOLLOW, false},
    [CLI_OPT_SOURCE] =
        {"source", "ADDRESS",
         "whose address frames have: random (the default) or lower, the device's own", CLI_PROBE,
         false},
    [CLI_OPT_END_TO_END] = {"end-to-end", NULL, "ask with two temporary macvtaps", CLI_PROBE,
                            false},
    [CLI_OPT_LLDP] = {"lldp", "SECONDS",
                      "listen at most so long for what the switch says of reflective relay",
                      CLI_PROBE, false},
    [CLI_OPT_LIBVIRT] = {"libvirt", "DOMAIN", "a running guest of libvirt's, by name or UUID",
                         CLI_GUEST, false},
    [CLI_OPT_QMP] = {"qmp", "SOCKET", "a running QEMU that is not libvirt's, by its QMP socket",
                     CLI_GUEST, false},
    [CLI_OPT_BUS] = {"bus", "BUS",
                     "with --qmp: the bus for the network card; a free one where not given",
                     CLI_BUS, false},
    [CLI_OPT_RUN_QMP] = {"qmp", "SOCKET", "where QEMU's QMP socket for the watcher is made",
                         CLI_RUN, false},
    [CLI_OPT_RUN_BUS] = {"bus", "BUS[,BUS...]", "the buses for the network cards, in their order",
                         CLI_RUN, false},
    [CLI_OPT_PATHS] = {"paths", "LIST", "measure these paths, with commas in between, or all",
                       CLI_COMPARE, false},
    [CLI_OPT_ROUNDS] = {"rounds", "N", "measure each path so often; 5 by default", CLI_COMPARE,
                        false},
    [CLI_OPT_ROUND_MS] = {"round-ms", "MS",
                          "and so long for each load and for round trips; 55 by default",
                          CLI_COMPARE, false},
    [CLI_OPT_COMPARE_BRIDGE] = {"bridge", "BRIDGE", "measure between two taps on this bridge",
                                CLI_COMPARE, false},
    [CLI_OPT_COMPARE_VLAN] = {"vlan", "TAG", "with --bridge or --lower: on this VLAN", CLI_COMPARE,
                              false},
    [CLI_OPT_COMPARE_LOWER] = {"lower", "DEV", "measure between two macvtaps on this device",
                               CLI_COMPARE, false},
    [CLI_OPT_REPORT] = {"report", "FOLDER", "write a report there, to be read in a browser",
                        CLI_COMPARE, false},
    [CLI_OPT_BASELINE] = {"baseline", "FILE",
                          "show what changed since an earlier run, of which this is the JSON",
                          CLI_COMPARE, false},
    [CLI_OPT_SEED] = {"seed", "N", "for the same addresses again as in another run", CLI_COMPARE,
                      false},
    [CLI_OPT_GUESTS] = {"guests", NULL, "also boot guests at the ends of each path, and ask these",
                        CLI_COMPARE, false},
    [CLI_OPT_GUEST_KERNEL] = {"guest-kernel", "FILE",
                              "their kernel: vmlinuz of scripts/guest-image", CLI_COMPARE, false},
    [CLI_OPT_GUEST_INITRD] = {"guest-initrd", "FILE", "their initrd: compare.gz likewise",
                              CLI_COMPARE, false},
    [CLI_OPT_GUEST_ACCEL] = {"guest-accel", "ACCEL",
                             "what runs them: kvm or tcg; by default kvm where QEMU has it",
                             CLI_COMPARE, false},
    [CLI_OPT_DB] = {"db", "REMOTE",
                    "OVSDB server: unix:PATH, tcp:HOST[:PORT] or ssl:HOST[:PORT]; by default the "
                    "socket db.sock in $OVS_RUNDIR or /run/openvswitch",
                    CLI_HOST, false},
    [CLI_OPT_TIMEOUT] = {"timeout", "SECONDS",
                         "for each step with Open vSwitch or QEMU; 5 by default", CLI_HOST, false},
    [CLI_OPT_RUNDIR] = {"rundir", "FOLDER",
                        "run-time folder; by default $VIFPLUG_RUNDIR or /run/vifplug", CLI_HOST,
                        false},
    [CLI_OPT_PRIVATE_KEY] = {"private-key", "FILE", "for ssl:", CLI_HOST, false},
    [CLI_OPT_CERTIFICATE] = {"certificate", "FILE", "for ssl:", CLI_HOST, false},
    [CLI_OPT_CA_CERT] = {"ca-cert", "FILE", "for ssl:", CLI_HOST, false},
    [CLI_OPT_JSON] = {"json", NULL, "output for programs", CLI_JSON, false},
    [CLI_OPT_VERBOSE] = {"verbose", NULL, "say each step on standard error", CLI_COMMON, false},
    [CLI_OPT_QUIET] = {"quiet", NULL, "print only errors", CLI_COMMON, false},
    [CLI_OPT_HELP] = {"help", NULL, "print this", CLI_COMMON, false},
};

bool cli_takes(const struct cli_command *command, const struct cli_option *option)
{
    return option->group == CLI_COMMON || (command->groups & option->group);
}

bool cli_given(const struct cli *cli, enum cli_option_id id)
{
    return cli->options[id].n > 0;
}

const char *cli_value(const struct cli *cli, enum cli_option_id id)
{
    const struct cli_value *value = &cli->options[id];

    return value->n ? value->texts[value->n - 1] : NULL;
}

void cli_clear(struct cli *cli)
{
    for (size_t i = 0; i < CLI_N_OPTIONS; i++) {
        free(cli->options[i].texts);
    }
    free(cli->inputs);
    memset(cli, 0, sizeof *cli);
}

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        if (str_eq(cli_commands[i].name, name)) {
            return &cli_commands[i];
        }
    }
    return NULL;
}

static void add_value(struct cli *cli, enum cli_option_id id, const char *text)
{
    struct cli_value *value = &cli->options[id];

    value->texts = mem_resize(value->texts, value->n + 1, sizeof *value->texts);
    value->texts[value->n++] = text;
    if (id == CLI_OPT_INTERFACE || id == CLI_OPT_DOMAIN) {
        cli->inputs = mem_resize(cli->inputs, cli->n_inputs + 1, sizeof *cli->inputs);
        cli->inputs[cli->n_inputs++] = (struct cli_input){.is_domain = id == CLI_OPT_DOMAIN,
                                                          .file = text};
    }
}

/* getopt tells options by numbers: ours are the id and this, beyond what may be a character. */
#define FIRST_VALUE 256

/* Makes getopt's table of the options that the command takes. */
static void make_table(const struct cli_command *command, struct option table[CLI_N_OPTIONS + 1])
{
    size_t n = 0;

    for (int id = 0; id < CLI_N_OPTIONS; id++) {
        const struct cli_option *option = &cli_options[id];

        if (cli_takes(command, option)) {
            table[n++] = (struct option){
                .name = option->name,
                .has_arg = option->argument ? required_argument : no_argument,
                .val = FIRST_VALUE + id,
            };
        }
    }
    table[n] = (struct option){0};
}

static int parse_options(int argc, char **argv, struct cli *cli, char **errorp)
{
    struct option table[CLI_N_OPTIONS + 1];
    int id;

    make_table(cli->command, table);
    opterr = 0;
    optind = 0; /* unlike 1, this makes glibc forget what an earlier call was at */
    while ((id = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (id == ':') {
            return error_set(errorp, EINVAL, "%s needs an argument; see vifplug %s --help",
                             argv[optind - 1], cli->command->name);
        }
        if (id == '?' && optopt > ' ' && optopt < FIRST_VALUE) {
            /* In a bundle of them ("-xyz") optind still points before it. */
            return error_set(errorp, EINVAL,
                             "%s does not take the option \"-%c\"; see vifplug %s --help",
                             cli->command->name, optopt, cli->command->name);
        }
        if (id == '?') {
            return error_set(errorp, EINVAL,
                             "%s does not take the option \"%s\"; see vifplug %s --help",
                             cli->command->name, argv[optind - 1], cli->command->name);
        }
        id -= FIRST_VALUE;
        if (cli->options[id].n && !cli_options[id].repeatable && optarg) {
            return error_set(errorp, EINVAL, "--%s is given twice", cli_options[id].name);
        }
        add_value(cli, (enum cli_option_id)id, optarg);
    }
    cli->args = argv + optind;
    cli->n_args = (size_t)(argc - optind);
    return 0;
}

int cli_parse(int argc, char **argv, struct cli *cli, char **errorp)
{
    memset(cli, 0, sizeof *cli);
    cli->command = find_command(argv[1]);
    if (!cli->command) {
        return error_set(errorp, EINVAL, "no command \"%s\"; see vifplug --help", argv[1]);
    }
    /* What follows "--" is somebody else's command line, which getopt must not see. */
    for (int i = 2; i < argc; i++) {
        if (str_eq(argv[i], "--")) {
            cli->rest = &argv[i + 1];
            argc = i;
            break;
        }
    }
    int error = parse_options(argc - 1, argv + 1, cli, errorp);
    if (error || cli_given(cli, CLI_OPT_HELP)) {
        return error;
    }
    if (cli->rest && !cli->command->rest) {
        return error_set(errorp, EINVAL, "%s takes nothing after --", cli->command->name);
    }
    if (cli->n_args < cli->command->min_args) {
        return error_set(errorp, EINVAL, "%s needs %s; see vifplug %s --help", cli->command->name,
                         cli->command->arguments, cli->command->name);
    }
    if (cli->n_args > cli->command->max_args) {
        return error_set(errorp, EINVAL, "%s does not take \"%s\"; see vifplug %s --help",
                         cli->command->name, cli->args[cli->command->max_args], cli->command->name);
    }
    return 0;
}
