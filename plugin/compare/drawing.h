/* What all plots are made of. They are of one width, which is that of a telephone: a page shows
 * them side by side or one below the other without their text becoming larger or smaller. A row is
 * a line of text, with the figures at its end, and below it the bar, so that text never meets a
 * bar. */
#ifndef COMPARE_DRAWING_H
#define COMPARE_DRAWING_H

#include <stdio.h>

#include "compare/plot.h"
#include "compare/svg.h"

/* All in pixels. */
#define DRAWING_WIDTH 360
#define DRAWING_TOP   50 /* of the first row */
#define DRAWING_ROW   40
#define BASELINE      13 /* of a row's text, in the row */
#define BAR_TOP       20
#define BAR_BOTTOM    30
#define BOTTOM        4
#define AXIS          26 /* below the rows, where there is one */

/* Where figures end that stand beside those at the right edge, and the room for one. */
#define SECOND_FIGURE 308
#define THIRD_FIGURE  256
#define FIGURE        54

/* Room for a word in their place. */
#define WORD 84

/* Coordinates are pixels across and, for what is put by a scale, its units; `y` is in pixels from
 * the top. */
struct drawing {
    const struct compare_result *result;
    enum compare_load load;
    FILE *script;
    FILE *words; /* the description */
    size_t n_rows;
};

/* The upper edge of a row. */
double drawing_row_top(size_t row);

/* Puts text; `side` of it, "left", "right" or "center", is at `x`, and `y` is its baseline. */
void drawing_put_label(FILE *script, double x, double y, const char *side, enum svg_tone tone,
                       int size, const char *text);

/* Puts the title of the path of the current row, cut to the room before its first figure, which
 * ends at `end`; and a figure that ends at `x`. */
void drawing_put_title(struct drawing *drawing, const struct compare_path *path, double end);
void drawing_put_figure(struct drawing *drawing, double x, enum svg_tone tone, const char *text);

/* Puts a line along the bar of a row, from one value of the scale to another. */
void drawing_put_range(FILE *script, double from, double to, size_t row, double weight,
                       enum svg_tone tone);

/* Has it drawn: what sets the scale up, `head`, and the rows, with room of `below` pixels after the
 * last. Nothing is, if it has no rows. Returns what gnuplot_run() does. */
int drawing_finish(const struct drawing *drawing, const char *head, const char *rows,
                   unsigned below, const char *title, const char *subtitle, struct plot *plot,
                   char **errorp);

/* The plots; plot-bars.c and plot-trips.c. */
int draw_bars(const struct compare_result *result, enum compare_load load, bool cpu,
              struct plot *plot, char **errorp);
int draw_trips(const struct compare_result *result, struct plot *plot, char **errorp);

#endif
