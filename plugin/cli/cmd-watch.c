#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "watch/watcher.h"

struct log {
    int most;     /* the least urgent level that is told */
    bool journal; /* stderr leads there, and levels can be told */
};

/* Whether stderr leads to the journal: systemd.exec(5), $JOURNAL_STREAM. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;

    if (!stream || fstat(STDERR_FILENO, &st)) {
        return false;
    }
    auto_free char *own = str_printf("%llu:%llu", (unsigned long long)st.st_dev,
                                     (unsigned long long)st.st_ino);
    return str_eq(stream, own);
}

static void say(void *data, int level, const char *sentence)
{
    const struct log *log = data;

    if (level > log->most) {
        return;
    }
    if (log->journal) {
        fprintf(stderr, "<%d>%s\n", level, sentence); /* sd-daemon(3) */
    } else {
        fprintf(stderr, "vifplug: %s\n", sentence);
    }
}

enum cli_status cli_cmd_watch(struct cli *cli)
{
    const struct cli_value *networks = &cli->options[CLI_OPT_NETWORK];
    struct vif_host_options host;
    char *sentence = NULL;
    struct log log = {.most = LOG_NOTICE, .journal = is_journal()};
    const struct watcher_options options = {
        .host = &host,
        .networks = networks->texts,
        .n_networks = networks->n,
        .metrics = cli_value(cli, CLI_OPT_METRICS),
        .log = say,
        .log_data = &log,
    };

    if (cli_given(cli, CLI_OPT_QUIET)) {
        log.most = LOG_WARNING;
    } else if (cli_given(cli, CLI_OPT_VERBOSE) || log.journal) {
        log.most = LOG_INFO;
    }
    if (cli_host_options(cli, &host, &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    /* What it is at at this moment is nobody's business but the log's. */
    host.log = cli_given(cli, CLI_OPT_VERBOSE) ? host.log : NULL;
    return watcher_run(&options, &sentence) ? cli_fail(CLI_FAILED, sentence) : CLI_DONE;
}
