/* The table of commands. */
#include "base/mem.h"
#include "cli/cli.h"

const struct cli_command cli_commands[] = {
    {
        .name = "plan",
        .arguments = "SPEC",
        .help = "Show what plug and run would do: devices, OVSDB operations, QEMU arguments",
        .groups = CLI_SPEC | CLI_DEVICE | CLI_HOST | CLI_JSON,
        .run = cli_cmd_plan,
    },
    {
        .name = "plug",
        .arguments = "SPEC",
        .help = "Make the interfaces, persistent, for someone else to open",
        .groups = CLI_SPEC | CLI_DEVICE | CLI_HOST | CLI_WAIT | CLI_JSON,
        .run = cli_cmd_plug,
    },
    {
        .name = "unplug",
        .arguments = "NAME... | --domain NAME|UUID|FILE | --all",
        .help = "Take interfaces away again",
        .groups = CLI_SELECT | CLI_HOST | CLI_JSON,
        .max_args = 65535,
        .run = cli_cmd_unplug,
    },
    {
        .name = "run",
        .arguments = "SPEC -- QEMU ARGS...",
        .help = "Make the interfaces, run QEMU with them, take them away when it ends",
        .groups = CLI_SPEC | CLI_DEVICE | CLI_HOST | CLI_WAIT,
        .rest = true,
        .run = cli_cmd_run,
    },
    {
        .name = "list",
        .arguments = "",
        .help = "List what is plugged",
        .groups = CLI_HOST | CLI_JSON,
        .run = cli_cmd_list,
    },
    {
        .name = "verify",
        .arguments = "[NAME...]",
        .help = "Compare what was plugged with what is there; exit status 3 on any difference",
        .groups = CLI_HOST | CLI_JSON,
        .max_args = 65535,
        .run = cli_cmd_verify,
    },
    {
        .name = "gc",
        .arguments = "",
        .help = "Undo what a crash, a kill or a reboot left; never touches a live guest's device",
        .groups = CLI_HOST | CLI_DRY_RUN | CLI_JSON,
        .run = cli_cmd_gc,
    },
    {
        .name = "xml",
        .arguments = "[--inactive] FILE|-",
        .help = "Read an interface, network or domain, check it, and write it as libvirt would",
        .groups = CLI_INACTIVE,
        .min_args = 1,
        .max_args = 1,
        .run = cli_cmd_xml,
    },
    {
        .name = "probe",
        .arguments = "LOWER",
        .help = "Ask whether the adjacent switch reflects; exit status 3 if not, 1 if unknown",
        .groups = CLI_PROBE | CLI_JSON,
        .min_args = 1,
        .max_args = 1,
        .run = cli_cmd_probe,
    },
    {
        .name = "hairpin",
        .arguments = "BRIDGE [PORT [on|off]]",
        .help = "Show or set the hairpin flag of a Linux bridge's ports",
        .groups = CLI_HOST | CLI_JSON,
        .min_args = 1,
        .max_args = 3,
        .run = cli_cmd_hairpin,
    },
    {
        .name = "check",
        .arguments = "[SPEC | --policy USER NAME]",
        .help = "Look for what on this host would make a plug fail, and say the remedy",
        .groups = CLI_SPEC | CLI_DEVICE | CLI_HOST | CLI_POLICY | CLI_JSON,
        .max_args = 1,
        .run = cli_cmd_check,
    },
};

const size_t cli_n_commands = ARRAY_LEN(cli_commands);
