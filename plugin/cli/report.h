/* What a command found out, a finding each, printed at its end. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"

enum report_verdict { REPORT_OK, REPORT_NOTE, REPORT_FAIL };

/* All zeros is an empty one. */
struct report {
    struct report_finding {
        enum report_verdict verdict;
        const char *subject;
        char *text;
    } * findings;
    size_t n;
};

/* Adds a finding. `subject` is a word that stays. */
void report_add(struct report *report, enum report_verdict verdict, const char *subject,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Prints the findings as --json and --quiet say, and empties the report. Returns whether none
 * fails. */
bool report_print(const struct cli *cli, struct report *report);

#endif
