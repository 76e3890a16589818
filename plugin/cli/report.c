#include "cli/report.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/output.h"

void report_add(struct report *report, enum report_verdict verdict, const char *subject,
                const char *format, ...)
{
    va_list args;

    report->findings = mem_resize(report->findings, report->n + 1, sizeof *report->findings);
    va_start(args, format);
    report->findings[report->n++] = (struct report_finding){
        .verdict = verdict,
        .subject = subject,
        .text = str_vprintf(format, args),
    };
    va_end(args);
}

static const char *verdict_word(enum report_verdict verdict)
{
    switch (verdict) {
    case REPORT_OK:
        return "ok";
    case REPORT_NOTE:
        return "note";
    case REPORT_FAIL:
        return "fail";
    }
    return NULL;
}

static void print_json(const struct report *report, bool ok)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddBoolToObject(json, "ok", ok);
    cJSON *findings = cJSON_AddArrayToObject(json, "findings");
    for (size_t i = 0; i < report->n; i++) {
        cJSON *finding = cJSON_CreateObject();

        cJSON_AddStringToObject(finding, "subject", report->findings[i].subject);
        cJSON_AddStringToObject(finding, "verdict", verdict_word(report->findings[i].verdict));
        cJSON_AddStringToObject(finding, "text", report->findings[i].text);
        cJSON_AddItemToArray(findings, finding);
    }
    output_json(json);
}

static void print_text(const struct report *report, bool quiet)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct report_finding *finding = &report->findings[i];

        if (!quiet || finding->verdict == REPORT_FAIL) {
            printf("%-5s %-9s %s\n", verdict_word(finding->verdict), finding->subject,
                   finding->text);
        }
    }
}

bool report_print(const struct cli *cli, struct report *report)
{
    bool ok = true;

    for (size_t i = 0; i < report->n; i++) {
        ok = ok && report->findings[i].verdict != REPORT_FAIL;
    }
    if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(report, ok);
    } else {
        print_text(report, cli_given(cli, CLI_OPT_QUIET));
    }
    for (size_t i = 0; i < report->n; i++) {
        free(report->findings[i].text);
    }
    free(report->findings);
    memset(report, 0, sizeof *report);
    return ok;
}
