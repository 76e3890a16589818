/* gnuplot, run as a child. */
#ifndef COMPARE_GNUPLOT_H
#define COMPARE_GNUPLOT_H

#include <stdio.h>

/* Runs gnuplot, found along PATH, on a script and stores what it printed; caller frees. No shell is
 * involved, nor anybody's gnuplot settings. Returns 0; -ENOPKG where it is not installed; -EIO when
 * it failed; or another negative errno value. */
int gnuplot_run(const char *script, char **output, char **errorp);

/* Writes `text` into a script as a quoted string in which nothing has a meaning. What is no letter,
 * control characters, becomes a blank. */
void gnuplot_quote(FILE *script, const char *text);

#endif
