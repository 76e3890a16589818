/* The page of a report: HTML that needs nothing but itself. */
#ifndef COMPARE_PAGE_H
#define COMPARE_PAGE_H

#include <stdio.h>

#include "compare/plot.h"
#include "compare/result.h"

/* Writes the page. `plots` are PLOT_N, by their kinds; `baseline` may be NULL. */
void page_put(FILE *out, const struct compare_result *result, const struct compare_result *baseline,
              const struct plot *plots);

/* Its tables; page-tables.c. */
void page_put_matrix(FILE *out, const struct compare_result *result);
void page_put_figures(FILE *out, const struct compare_result *result);
void page_put_changes(FILE *out, const struct compare_result *result,
                      const struct compare_result *baseline);

/* Its style sheet, but for the colours; page-style.c. */
extern const char page_style[];

#endif
