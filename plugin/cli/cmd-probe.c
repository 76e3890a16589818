#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "netdev/evb-listener.h"
#include "netdev/probe.h"
#include "netdev/rtnl.h"

/* LLDP is sent every 30 s where nobody chose otherwise (IEEE 802.1AB, 9.2.5.7). */
#define MOST_LLDP_SECONDS 3600

/* What is asked for, and what came of it. */
struct inquiry {
    struct probe_options options;
    unsigned lldp_s; /* how long to listen for LLDP; 0: not at all */

    struct probe_result result;
    bool evb_heard;
    struct lldp_evb evb;
};

static int parse(const struct cli *cli, struct inquiry *inquiry, char **errorp)
{
    const char *source = cli_value(cli, CLI_OPT_SOURCE);
    const char *lldp = cli_value(cli, CLI_OPT_LLDP);

    inquiry->options.lower = cli->args[0];
    inquiry->options.end_to_end = cli_given(cli, CLI_OPT_END_TO_END);
    inquiry->options.source_lower = str_eq(source, "lower");
    if (source && !inquiry->options.source_lower && !str_eq(source, "random")) {
        return error_set(errorp, EINVAL, "--source \"%s\": random or lower is wanted", source);
    }
    if (lldp) {
        char *end;
        unsigned long seconds = strtoul(lldp, &end, 10);

        if (*lldp < '0' || *lldp > '9' || *end || !seconds || seconds > MOST_LLDP_SECONDS) {
            return error_set(errorp, EINVAL, "--lldp \"%s\": seconds are wanted, 1 to %d", lldp,
                             MOST_LLDP_SECONDS);
        }
        inquiry->lldp_s = (unsigned)seconds;
    }
    return 0;
}

static int listen_for_evb(const struct cli *cli, int fd, struct inquiry *inquiry, char **errorp)
{
    int error = 0;

    for (unsigned left = inquiry->lldp_s; left && !error && !inquiry->evb_heard; left--) {
        if (!cli_given(cli, CLI_OPT_QUIET)) {
            auto_free char *text = str_printf("%s: %s; listening for LLDP, %u s",
                                              inquiry->options.lower,
                                              probe_answer_name(inquiry->result.answer), left);

            progress_show(text);
        }
        error = evb_wait(fd, 1000, &inquiry->evb_heard, &inquiry->evb, errorp);
    }
    progress_clear();
    return error;
}

static int ask(const struct cli *cli, struct inquiry *inquiry, char **errorp)
{
    struct rtnl *rtnl = NULL;
    auto_close int fd = -1;
    auto_free char *words = NULL;
    int error = rtnl_open(&rtnl, errorp);

    /* What is sent while we ask counts, too. */
    if (!error && inquiry->lldp_s) {
        error = evb_listen(rtnl, inquiry->options.lower, &fd, errorp);
    }
    if (!error) {
        error = probe_reflection(rtnl, &inquiry->options, &inquiry->result, errorp);
    }
    if (!error && inquiry->lldp_s) {
        error = listen_for_evb(cli, fd, inquiry, &words);
        /* Down already, as the answer then says, or since. */
        error = error == -ENETDOWN ? 0 : error ? error_set(errorp, -error, "%s", words) : 0;
    }
    rtnl_close(rtnl);
    return error;
}

static void print_text(const struct inquiry *inquiry)
{
    const struct probe_result *result = &inquiry->result;
    const char *lower = inquiry->options.lower;

    printf("%s: %s, %s", lower, probe_answer_name(result->answer), result->reason);
    if (result->elapsed_ms > 0) {
        printf(" (%.2f ms)", result->elapsed_ms);
    }
    putchar('\n');
    if (inquiry->evb_heard) {
        printf("%s: by LLDP, the switch says that reflective relay is %s\n", lower,
               inquiry->evb.enabled   ? "on"
               : inquiry->evb.capable ? "off, and that it is capable of it"
                                      : "off, and that it is not capable of it");
    } else if (inquiry->lldp_s) {
        printf("%s: by LLDP, nothing was heard of reflective relay\n", lower);
    }
}

static void add_bool_or_null(cJSON *object, const char *name, bool known, bool value)
{
    cJSON_AddItemToObject(object, name, known ? cJSON_CreateBool(value) : cJSON_CreateNull());
}

static void print_json(const struct inquiry *inquiry)
{
    const struct probe_result *result = &inquiry->result;
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "lower", inquiry->options.lower);
    cJSON_AddStringToObject(json, "answer", probe_answer_name(result->answer));
    cJSON_AddStringToObject(json, "reason", result->reason);
    /* Whole microseconds. */
    cJSON_AddItemToObject(json, "elapsed_ms",
                          result->elapsed_ms > 0
                              ? cJSON_CreateNumber((double)(long)(result->elapsed_ms * 1e3) / 1e3)
                              : cJSON_CreateNull());
    add_bool_or_null(json, "evb_heard", inquiry->lldp_s, inquiry->evb_heard);
    add_bool_or_null(json, "evb_capable", inquiry->evb_heard, inquiry->evb.capable);
    add_bool_or_null(json, "evb_enabled", inquiry->evb_heard, inquiry->evb.enabled);
    output_json(json);
}

static enum cli_status status_of(enum probe_answer answer)
{
    switch (answer) {
    case PROBE_YES:
        return CLI_DONE;
    case PROBE_NO:
        return CLI_NO;
    case PROBE_UNKNOWN:
        return CLI_FAILED;
    }
    return CLI_FAILED;
}

enum cli_status cli_cmd_probe(struct cli *cli)
{
    enum cli_status status = CLI_USAGE;
    struct inquiry inquiry = {0};
    char *sentence = NULL;
    int error = parse(cli, &inquiry, &sentence);

    if (!error) {
        error = ask(cli, &inquiry, &sentence);
        status = cli_plan_status(error);
    }
    if (error) {
        return cli_fail(status, sentence);
    }
    if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(&inquiry);
    } else if (!cli_given(cli, CLI_OPT_QUIET)) {
        print_text(&inquiry);
    }
    status = status_of(inquiry.result.answer);
    probe_result_clear(&inquiry.result);
    return status;
}
