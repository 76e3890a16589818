#include "cli/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/progress.h"

static void say(void *data, const char *sentence)
{
    (void)data;
    fprintf(stderr, "vifplug: %s\n", sentence);
}

static void show(void *data, const char *sentence)
{
    (void)data;
    progress_show(sentence);
}

static void say_library(int level, const char *module, const char *line)
{
    if (level <= LOG_INFO) {
        fprintf(stderr, "vifplug: libopenvswitch: %s: %s\n", module, line);
    }
}

int cli_timeout(const struct cli *cli, unsigned otherwise_ms, unsigned *timeout_ms, char **errorp)
{
    const char *text = cli_value(cli, CLI_OPT_TIMEOUT);
    const double most = 3600;
    char *end;

    *timeout_ms = otherwise_ms;
    if (text) {
        double seconds = strtod(text, &end);

        if (end == text || *end || !(seconds > 0) || seconds > most) {
            return error_set(errorp, EINVAL,
                             "--timeout \"%s\": seconds are wanted, more than 0 and at most %.0f",
                             text, most);
        }
        *timeout_ms = (unsigned)(seconds * 1000);
        *timeout_ms = *timeout_ms ? *timeout_ms : 1;
    }
    return 0;
}

/* For the comments in OVSDB's log: what we do, and who made us, as ovs-vsctl says it. The text
 * stays until the program ends. */
static const char *caller(const struct cli *cli)
{
    static char text[128];
    char path[64];
    char name[64] = "";

    snprintf(path, sizeof path, "/proc/%ld/comm", (long)getppid());
    FILE *comm = fopen(path, "re");
    if (comm) {
        if (fgets(name, sizeof name, comm)) {
            name[strcspn(name, "\n")] = '\0';
        }
        fclose(comm);
    }
    snprintf(text, sizeof text, "vifplug %s (invoked by %s: pid %ld)", cli->command->name,
             name[0] ? name : "unknown", (long)getppid());
    return text;
}

int cli_host_options(const struct cli *cli, struct vif_host_options *options, char **errorp)
{
    bool verbose = cli_given(cli, CLI_OPT_VERBOSE);

    *options = (struct vif_host_options){
        .rundir = cli_value(cli, CLI_OPT_RUNDIR),
        .ovsdb =
            {
                .remote = cli_value(cli, CLI_OPT_DB),
                .private_key = cli_value(cli, CLI_OPT_PRIVATE_KEY),
                .certificate = cli_value(cli, CLI_OPT_CERTIFICATE),
                .ca_certificate = cli_value(cli, CLI_OPT_CA_CERT),
                .caller = caller(cli),
            },
        .log = verbose                         ? say
               : cli_given(cli, CLI_OPT_QUIET) ? NULL
                                               : show,
    };
    ovsdb_set_log(verbose ? say_library : NULL);
    return cli_timeout(cli, CLI_TIMEOUT_MS, &options->ovsdb.timeout_ms, errorp);
}

int cli_open_host(const struct cli *cli, struct vif_host **host, char **errorp)
{
    struct vif_host_options options;
    int error = cli_host_options(cli, &options, errorp);

    if (!error) {
        *host = vif_host_open(&options);
    }
    return error;
}

const char *cli_rundir(const struct cli *cli)
{
    const char *given = cli_value(cli, CLI_OPT_RUNDIR);

    return given ? given : vif_default_rundir();
}
