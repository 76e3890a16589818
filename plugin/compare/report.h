/* The report: a page and its plots, of a result. */
#ifndef COMPARE_REPORT_H
#define COMPARE_REPORT_H

#include "compare/result.h"

/* Writes `folder`/index.html, which is self-contained (the plots, SVG drawn by gnuplot, are in it
 * and beside it), result.json and the plots, and makes the folder where it is missing. `baseline`
 * is an earlier result to compare with, or NULL. Returns 0; -ENOPKG without gnuplot, which the
 * sentence names; or another negative errno value. Files appear whole or not at all. */
int compare_report(const struct compare_result *result, const struct compare_result *baseline,
                   const char *folder, char **errorp);

/* The table for a terminal, `width` columns wide, or 0 for as wide as it is; caller frees. */
char *compare_table(const struct compare_result *result, const struct compare_result *baseline,
                    unsigned width);

#endif
