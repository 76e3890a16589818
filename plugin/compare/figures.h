/* Figures as people read them, the same on the terminal and in the report. */
#ifndef COMPARE_FIGURES_H
#define COMPARE_FIGURES_H

#include <stddef.h>

#include "compare/result.h"
#include "compare/stats.h"

#define FIGURE_SIZE 24

/* Three significant digits, with 'k', 'M' or 'G' where that is shorter: "756 k", "1.24 M", "87".
 * Each function stores its text in `text` and returns that. */
const char *figure_count(double value, char text[FIGURE_SIZE]);

/* Three significant digits, plainly as long as these are few: "2.50", "35.0", "1320", "13.2 k". */
const char *figure_plain(double value, char text[FIGURE_SIZE]);

/* What a load is best told in: gigabits a second where segmentation offload makes frames of 64 KB,
 * frames a second elsewhere. */
const char *figure_speed(enum compare_load load, double pps, char text[FIGURE_SIZE]);
const char *figure_speed_unit(enum compare_load load); /* "frames/s", "Gb/s" */

/* A ratio: "0.76"; "-" for 0, which stands for none. */
const char *figure_ratio(double ratio, char text[FIGURE_SIZE]);

/* A change from one median to another: "+4 %"; ">+999 %" for all that is beyond that. */
const char *figure_change(const struct spread *before, const struct spread *now,
                          char text[FIGURE_SIZE]);

/* Whether a path has figures for a load that mean something: not so where it spoils its frames. */
bool path_has_figures(const struct compare_path *path, enum compare_load load);

/* In the place of a figure: "lost" or "corrupted" where offloaded frames are spoilt, else "-". */
const char *figure_missing(const struct compare_path *path, enum compare_load load);

/* What an answer is called in a matrix. */
const char *figure_answer(enum compare_answer answer); /* "yes", "no", "-" */

/* Whether an answer is one that surprises people who trust in isolation or connection: two guests
 * that cannot talk, a broadcast that comes back, a VLAN that leaks or does not connect. */
bool answer_is_odd(enum compare_reach reach, enum compare_answer answer);

#endif
