/* Round trips: where all rounds have had their percentiles, on a logarithmic scale. */
#include <math.h>

#include "base/mem.h"
#include "compare/drawing.h"
#include "compare/figures.h"
#include "compare/stats.h"
#include "compare/text.h"

/* Room for the name of a power of ten below the scale. */
#define SCALE_NAME 56

/* A line across the place of a bar, and `reach` beyond it both ways. */
static void put_tick(FILE *script, double x, size_t row, double reach, double weight,
                     enum svg_tone tone)
{
    fprintf(script, "set arrow from %.9g,%.1f to %.9g,%.1f nohead front lw %.1f lc rgb '%s'\n", x,
            drawing_row_top(row) + BAR_TOP - reach, x, drawing_row_top(row) + BAR_BOTTOM + reach,
            weight, svg_tone_code(tone));
}

static const unsigned percentiles[] = {50, 90, 99};

static double trip_of(const struct compare_trip *trip, size_t percentile)
{
    const double us[] = {trip->p50_us, trip->p90_us, trip->p99_us};

    return us[percentile];
}

/* A row with a tick for every round's percentiles, and longer ones for their medians, on a line
 * from the first to the last of these. */
static void put_trip_row(struct drawing *drawing, const struct compare_path *path)
{
    static const double ends[] = {THIRD_FIGURE, SECOND_FIGURE, DRAWING_WIDTH};
    double medians[ARRAY_LEN(percentiles)];

    drawing_put_title(drawing, path, THIRD_FIGURE);
    fprintf(drawing->words, "%s%s", drawing->n_rows ? "; " : "", path->title);
    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++) {
        char text[FIGURE_SIZE];

        medians[i] = path_trip_us(path, percentiles[i]).median;
        drawing_put_figure(drawing, ends[i], i == 0 ? TONE_INK : TONE_MUTED,
                           figure_plain(medians[i], text));
        fprintf(drawing->words, " %s", text);
    }
    drawing_put_range(drawing->script, medians[0], medians[ARRAY_LEN(medians) - 1], drawing->n_rows,
                      2, path->floor ? TONE_FLOOR : TONE_BAR);
    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++) {
        for (size_t round = 0; round < path->n_rounds; round++) {
            double us = trip_of(&path->trips[round], i);

            if (us > 0) {
                put_tick(drawing->script, us, drawing->n_rows, -2, 1,
                         path->floor ? TONE_FLOOR : TONE_BAR);
            }
        }
        put_tick(drawing->script, medians[i], drawing->n_rows, 0, 2.5,
                 path->floor ? TONE_MUTED : TONE_BEST);
    }
    drawing->n_rows++;
}

static bool has_trips(const struct compare_path *path)
{
    return path_trip_us(path, 50).median > 0;
}

/* The scale that holds all trips: from a power of ten to one, two or five times such. */
static void find_scale(const struct compare_result *result, double *first, double *last)
{
    static const double steps[] = {1, 2, 5, 10};
    double least = INFINITY;
    double most = 0;

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        for (size_t round = 0; has_trips(path) && round < path->n_rounds; round++) {
            for (size_t which = 0; which < ARRAY_LEN(percentiles); which++) {
                double us = trip_of(&path->trips[round], which);

                least = us > 0 && us < least ? us : least;
                most = us > most ? us : most;
            }
        }
    }
    *first = most > 0 ? pow(10, floor(log10(least))) : 1;
    double decade = most > 0 ? pow(10, floor(log10(most))) : 1;
    for (size_t i = ARRAY_LEN(steps); i-- > 0 && (steps[i] * decade >= most || i > 2);) {
        *last = steps[i] * decade;
    }
    *last = *last > 2 * *first ? *last : 10 * *first;
}

/* "1 us" up to "1 s". */
static const char *decade_name(int decade, char text[FIGURE_SIZE])
{
    static const char *const units[] = {"ns", "\xc2\xb5s", "ms", "s"};
    int unit = (decade + 3) / 3;

    if (unit < 0 || unit >= (int)ARRAY_LEN(units)) {
        snprintf(text, FIGURE_SIZE, "1e%d \xc2\xb5s", decade);
    } else {
        snprintf(text, FIGURE_SIZE, "%.0f %s", pow(10, (decade + 3) % 3), units[unit]);
    }
    return text;
}

/* A line behind each row, where it meets no text. */
static void put_scale_line(FILE *head, double x, size_t n_rows)
{
    for (size_t row = 0; row < n_rows; row++) {
        fprintf(head,
                "set arrow from graph %.5f,first %.1f to graph %.5f,first %.1f nohead back lw 1 lc "
                "rgb '%s'\n",
                x / DRAWING_WIDTH, drawing_row_top(row) + BAR_TOP - 2, x / DRAWING_WIDTH,
                drawing_row_top(row) + BAR_BOTTOM + 2, svg_tone_code(TONE_RULE));
    }
}

/* The name of a power of ten below the last row, if there is room for it. `free_from`: since the
 * one before. */
static void put_scale_name(FILE *head, double x, int decade, size_t n_rows, double *free_from)
{
    double from = x - SCALE_NAME / 2.0;
    const char *side = "center";
    char text[FIGURE_SIZE];

    if (from < 0) {
        x = 0;
        from = 0;
        side = "left";
    } else if (from + SCALE_NAME > DRAWING_WIDTH) {
        x = DRAWING_WIDTH;
        from = DRAWING_WIDTH - SCALE_NAME;
        side = "right";
    }
    if (from >= *free_from) {
        drawing_put_label(head, x, drawing_row_top(n_rows) + 16, side, TONE_MUTED, 12,
                          decade_name(decade, text));
        *free_from = from + SCALE_NAME;
    }
}

/* A logarithmic scale, with its powers of ten. */
static void put_scale(FILE *head, double first, double last, size_t n_rows)
{
    double free_from = 0;

    fprintf(head, "set logscale x\nset xrange [%.9g:%.9g]\n", first, last);
    for (int decade = (int)round(log10(first)); pow(10, decade) <= last * 1.001; decade++) {
        double x = DRAWING_WIDTH * (decade - log10(first)) / log10(last / first);

        put_scale_line(head,
                       x < 0.5                   ? 0.5
                       : x > DRAWING_WIDTH - 0.5 ? DRAWING_WIDTH - 0.5
                                                 : x,
                       n_rows);
        put_scale_name(head, x, decade, n_rows, &free_from);
    }
}

int draw_trips(const struct compare_result *result, struct plot *plot, char **errorp)
{
    auto_free char *rows = NULL;
    auto_free char *head = NULL;
    size_t size[3];
    struct drawing drawing = {.result = result,
                              .script = text_open(&rows, &size[0]),
                              .words = text_open(&plot->description, &size[1])};
    double first;
    double last;

    for (size_t i = 0; i < result->n_paths; i++) {
        if (has_trips(&result->paths[i])) {
            put_trip_row(&drawing, &result->paths[i]);
        }
    }
    fclose(drawing.script);
    fclose(drawing.words);
    find_scale(result, &first, &last);
    FILE *out = text_open(&head, &size[2]);
    put_scale(out, first, last, drawing.n_rows);
    drawing_put_label(out, THIRD_FIGURE, 34, "right", TONE_MUTED, 12, "p50");
    drawing_put_label(out, SECOND_FIGURE, 34, "right", TONE_MUTED, 12, "p90");
    drawing_put_label(out, DRAWING_WIDTH, 34, "right", TONE_MUTED, 12, "p99");
    fclose(out);
    return drawing_finish(&drawing, head, rows, AXIS, "Time of a round trip",
                          "microseconds, every round", plot, errorp);
}
