/* The plots of a report. */
#ifndef COMPARE_PLOT_H
#define COMPARE_PLOT_H

#include "compare/result.h"

/* One drawing. */
struct plot {
    const char *name; /* of its file, without ".svg" */
    char *title;
    char *description; /* what can be seen in it, in figures */
    char *raw;         /* as gnuplot drew it, for svg_put(); NULL where there is nothing to draw */
};

enum plot_kind {
    PLOT_SPEED_64, /* in the order of enum compare_load */
    PLOT_SPEED_1500,
    PLOT_SPEED_GSO,
    PLOT_CPU_64,
    PLOT_CPU_1500,
    PLOT_CPU_GSO,
    PLOT_TRIPS,
    PLOT_N,
};

/* Draws one of them. Returns 0, also where there is nothing to draw, or what gnuplot_run() does. */
int plot_draw(const struct compare_result *result, enum plot_kind kind, struct plot *plot,
              char **errorp);

void plot_clear(struct plot *plot);

#endif
