/* Plots drawn by gnuplot, all of one width, which is that of a telephone: a page shows them side by
 * side or one below the other without their text becoming larger or smaller. A row is a line of
 * text, with the figures at its end, and below it the bar, so that text never meets a bar. */
#include "compare/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "compare/figures.h"
#include "compare/gnuplot.h"
#include "compare/stats.h"
#include "compare/svg.h"

/* All in pixels. */
#define WIDTH      360
#define TOP        50 /* of the first row */
#define ROW        40
#define BASELINE   13 /* of a row's text, in the row */
#define BAR_TOP    20
#define BAR_BOTTOM 30
#define BOTTOM     4
#define AXIS       26 /* below the rows, where there is one */

/* Where figures end that stand beside those at the right edge, and the room for one. */
#define SECOND_FIGURE 308
#define THIRD_FIGURE  256
#define FIGURE        54

/* Room for a word in their place. */
#define WORD 84

/* Room for the name of a power of ten below a scale. */
#define SCALE_NAME 56

struct drawing {
    const struct compare_result *result;
    enum compare_load load;
    FILE *script;
    FILE *words; /* the description */
    size_t n_rows;
};

static const char *const names[PLOT_N] = {
    [PLOT_SPEED_64] = "speed-64", [PLOT_SPEED_1500] = "speed-1500", [PLOT_SPEED_GSO] = "speed-gso",
    [PLOT_CPU_64] = "cpu-64",     [PLOT_CPU_1500] = "cpu-1500",     [PLOT_CPU_GSO] = "cpu-gso",
    [PLOT_TRIPS] = "trips",
};

static void put_label(FILE *script, double x, double y, const char *side, enum svg_tone tone,
                      int size, const char *text)
{
    fputs("set label ", script);
    gnuplot_quote(script, text);
    /* In pixels: the drawing's own coordinates are a scale. gnuplot puts the middle of the line,
     * not its baseline, there. */
    fprintf(script, " at graph %.5f, first %.1f %s font 'sans-serif,%d' tc rgb '%s'\n", x / WIDTH,
            y - size * 0.3, side, size, svg_tone_code(tone));
}

/* About as wide as a wide font makes a character of 13 pixels, whose first byte this is. */
static double letter_width(unsigned char c)
{
    if (c >= 0x80 || strchr("WMm@%", c)) {
        return 13;
    }
    if (strchr("wCDGHNOQU&<>=+#~", c)) {
        return 11;
    }
    return strchr("iljtfrI.,:;|!'()[]-/ ", c) ? 5.5 : 9;
}

static bool goes_on(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The beginning of a UTF-8 text, of at most this width; caller frees. */
static char *shorten(const char *text, double room)
{
    const double ellipsis = letter_width('W');
    size_t fits = 0; /* bytes, with an ellipsis after them */
    double width = 0;

    for (size_t i = 0; text[i]; i++) {
        width += goes_on(text[i]) ? 0 : letter_width((unsigned char)text[i]);
        if (width + ellipsis <= room && !goes_on(text[i + 1])) {
            fits = i + 1;
        }
    }
    return width <= room ? str_dup(text) : str_printf("%.*s\xe2\x80\xa6", (int)fits, text);
}

static void start_script(FILE *script, unsigned height, const char *title, const char *subtitle)
{
    fprintf(script,
            "set terminal svg size %d,%u dynamic noenhanced font 'sans-serif,13'\n"
            "set encoding utf8\n"
            "unset border\nunset key\nunset tics\n"
            "set lmargin at screen 0\nset rmargin at screen 1\n"
            "set tmargin at screen 1\nset bmargin at screen 0\n"
            "set yrange [%u:0]\n",
            WIDTH, height, height);
    put_label(script, 0, 15, "left", TONE_TITLE, 15, title);
    put_label(script, 0, 34, "left", TONE_MUTED, 12, subtitle);
}

static double row_top(size_t row)
{
    return TOP + ROW * (double)row;
}

/* A thick line across the row of `row`, `up` and `down` from its bar. */
static void put_tick(FILE *script, double x, size_t row, double reach, double weight,
                     enum svg_tone tone)
{
    fprintf(script, "set arrow from %.9g,%.1f to %.9g,%.1f nohead front lw %.1f lc rgb '%s'\n", x,
            row_top(row) + BAR_TOP - reach, x, row_top(row) + BAR_BOTTOM + reach, weight,
            svg_tone_code(tone));
}

static void put_range(FILE *script, double from, double to, size_t row, double weight,
                      enum svg_tone tone)
{
    double y = row_top(row) + (BAR_TOP + BAR_BOTTOM) / 2.0;

    fprintf(script, "set arrow from %.9g,%.1f to %.9g,%.1f nohead front lw %.1f lc rgb '%s'\n",
            from, y, to, y, weight, svg_tone_code(tone));
}

static void put_bar(FILE *script, double length, size_t row, enum svg_tone tone)
{
    fprintf(script,
            "set object rectangle from 0,%.1f to %.9g,%.1f fs solid 1 noborder fc rgb '%s'\n",
            row_top(row) + BAR_TOP, length, row_top(row) + BAR_BOTTOM, svg_tone_code(tone));
}

/* `end` is where the first figure of the row ends. */
static void put_title(struct drawing *drawing, const struct compare_path *path, double end)
{
    auto_free char *title = shorten(path->title, end - FIGURE);

    put_label(drawing->script, 0, row_top(drawing->n_rows) + BASELINE, "left",
              path->floor ? TONE_MUTED : TONE_INK, 13, title);
}

static void put_figure(struct drawing *drawing, double x, enum svg_tone tone, const char *text)
{
    put_label(drawing->script, x, row_top(drawing->n_rows) + BASELINE, "right", tone, 13, text);
}

/* What a bar chart shows of a path. */
struct bar {
    struct spread spread;
    double ratio; /* or 0 */
    const char *figure;
    bool best;
};

/* A row whose bar ends where the median is, with a line from quartile to quartile across that. */
static void put_bar_row(struct drawing *drawing, const struct compare_path *path,
                        const struct bar *bar)
{
    char ratio[FIGURE_SIZE];
    FILE *script = drawing->script;

    double end = bar->ratio > 0 ? SECOND_FIGURE : WIDTH;
    put_title(drawing, path, end);
    put_figure(drawing, end, TONE_INK, bar->figure);
    if (bar->ratio > 0) {
        put_figure(drawing, WIDTH, TONE_MUTED, figure_ratio(bar->ratio, ratio));
    }
    put_bar(script, bar->spread.median, drawing->n_rows,
            path->floor ? TONE_FLOOR
            : bar->best ? TONE_BEST
                        : TONE_BAR);
    put_range(script, bar->spread.low, bar->spread.high, drawing->n_rows, 5, TONE_PAPER);
    put_range(script, bar->spread.low, bar->spread.high, drawing->n_rows, 2, TONE_INK);
    fprintf(drawing->words, "%s%s %s", drawing->n_rows ? "; " : "", path->title, bar->figure);
    drawing->n_rows++;
}

/* A row that says why there is no bar. */
static void put_word_row(struct drawing *drawing, const struct compare_path *path)
{
    const char *word = figure_missing(path, drawing->load);

    put_title(drawing, path, WIDTH - WORD + FIGURE);
    put_figure(drawing, WIDTH, TONE_BAD, word);
    fprintf(drawing->words, "%s%s %s", drawing->n_rows ? "; " : "", path->title, word);
    drawing->n_rows++;
}

/* Whether it is for what it does to frames that the path has no figures. */
static bool is_spoilt(const struct compare_path *path, enum compare_load load)
{
    return !path->floor && !path_has_figures(path, load) && figure_missing(path, load)[0] != '-';
}

static struct spread spread_for(const struct compare_path *path, enum compare_load load, bool cpu)
{
    return cpu ? path_cpu_us(path, load) : path_pps(path, load);
}

/* Where the scale has to end, for bars and their spread. */
static double longest(const struct compare_result *result, enum compare_load load, bool cpu)
{
    double most = 0;

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        if (path_has_figures(path, load)) {
            struct spread spread = spread_for(path, load, cpu);
            double end = spread.high > spread.median ? spread.high : spread.median;

            most = end > most ? end : most;
        }
    }
    return most;
}

static void put_bars(struct drawing *drawing, bool cpu)
{
    const struct compare_result *result = drawing->result;
    const struct compare_path *best = cpu ? NULL : best_by_pps(result, drawing->load);

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];
        struct bar bar = {};
        char text[FIGURE_SIZE];

        if (is_spoilt(path, drawing->load)) {
            put_word_row(drawing, path);
        } else if (path_has_figures(path, drawing->load)) {
            bar.spread = spread_for(path, drawing->load, cpu);
            bar.figure = cpu ? figure_plain(bar.spread.median, text)
                             : figure_speed(drawing->load, bar.spread.median, text);
            bar.ratio = cpu ? 0 : ratio_by_pps(result, path, drawing->load);
            bar.best = path == best;
            put_bar_row(drawing, path, &bar);
        }
    }
}

static FILE *open_text(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);

    if (!out) {
        abort();
    }
    return out;
}

/* Draws what the drawing has come to; nothing if it has no rows. */
static int finish(struct drawing *drawing, const char *head, const char *rows, unsigned below,
                  const char *title, const char *subtitle, struct plot *plot, char **errorp)
{
    char *script = NULL;
    size_t size = 0;
    FILE *out = open_text(&script, &size);

    start_script(out, (unsigned)row_top(drawing->n_rows) + below, title, subtitle);
    fputs(head, out);
    fputs(rows, out);
    fputs("plot NaN notitle\n", out);
    fclose(out);
    int error = drawing->n_rows > 0 ? gnuplot_run(script, &plot->raw, errorp) : 0;
    free(script);
    plot->title = str_dup(title);
    return error;
}

static int draw_bars(const struct compare_result *result, enum compare_load load, bool cpu,
                     struct plot *plot, char **errorp)
{
    auto_free char *rows = NULL;
    size_t size[2];
    struct drawing drawing = {.result = result,
                              .load = load,
                              .script = open_text(&rows, &size[0]),
                              .words = open_text(&plot->description, &size[1])};

    put_bars(&drawing, cpu);
    fclose(drawing.script);
    fclose(drawing.words);
    double most = longest(result, load, cpu);
    auto_free char *head = str_printf("set xrange [0:%.9g]\n", most > 0 ? most : 1);
    auto_free char *title = str_printf(cpu ? "CPU time, %s frames" : "%s frames",
                                       compare_load_title(load));
    return finish(&drawing, head, rows, BOTTOM, title,
                  cpu                ? "microseconds a frame"
                  : load == LOAD_GSO ? "gigabits a second, and the ratio to the best"
                                     : "frames a second, and the ratio to the best",
                  plot, errorp);
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
    static const double ends[] = {THIRD_FIGURE, SECOND_FIGURE, WIDTH};
    double medians[ARRAY_LEN(percentiles)];

    put_title(drawing, path, THIRD_FIGURE);
    fprintf(drawing->words, "%s%s", drawing->n_rows ? "; " : "", path->title);
    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++) {
        char text[FIGURE_SIZE];

        medians[i] = path_trip_us(path, percentiles[i]).median;
        put_figure(drawing, ends[i], i == 0 ? TONE_INK : TONE_MUTED,
                   figure_plain(medians[i], text));
        fprintf(drawing->words, " %s", text);
    }
    put_range(drawing->script, medians[0], medians[ARRAY_LEN(medians) - 1], drawing->n_rows, 2,
              path->floor ? TONE_FLOOR : TONE_BAR);
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
                x / WIDTH, row_top(row) + BAR_TOP - 2, x / WIDTH, row_top(row) + BAR_BOTTOM + 2,
                svg_tone_code(TONE_RULE));
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
    } else if (from + SCALE_NAME > WIDTH) {
        x = WIDTH;
        from = WIDTH - SCALE_NAME;
        side = "right";
    }
    if (from >= *free_from) {
        put_label(head, x, row_top(n_rows) + 16, side, TONE_MUTED, 12, decade_name(decade, text));
        *free_from = from + SCALE_NAME;
    }
}

/* A logarithmic scale, with its powers of ten. */
static void put_scale(FILE *head, double first, double last, size_t n_rows)
{
    double free_from = 0;

    fprintf(head, "set logscale x\nset xrange [%.9g:%.9g]\n", first, last);
    for (int decade = (int)round(log10(first)); pow(10, decade) <= last * 1.001; decade++) {
        double x = WIDTH * (decade - log10(first)) / log10(last / first);

        put_scale_line(head, x < 0.5 ? 0.5 : x > WIDTH - 0.5 ? WIDTH - 0.5 : x, n_rows);
        put_scale_name(head, x, decade, n_rows, &free_from);
    }
}

static int draw_trips(const struct compare_result *result, struct plot *plot, char **errorp)
{
    auto_free char *rows = NULL;
    auto_free char *head = NULL;
    size_t size[3];
    struct drawing drawing = {.result = result,
                              .script = open_text(&rows, &size[0]),
                              .words = open_text(&plot->description, &size[1])};
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
    FILE *out = open_text(&head, &size[2]);
    put_scale(out, first, last, drawing.n_rows);
    put_label(out, THIRD_FIGURE, 34, "right", TONE_MUTED, 12, "p50");
    put_label(out, SECOND_FIGURE, 34, "right", TONE_MUTED, 12, "p90");
    put_label(out, WIDTH, 34, "right", TONE_MUTED, 12, "p99");
    fclose(out);
    return finish(&drawing, head, rows, AXIS, "Time of a round trip", "microseconds, every round",
                  plot, errorp);
}

int plot_draw(const struct compare_result *result, enum plot_kind kind, struct plot *plot,
              char **errorp)
{
    *plot = (struct plot){.name = names[kind]};
    if (kind == PLOT_TRIPS) {
        return draw_trips(result, plot, errorp);
    }
    bool cpu = kind >= PLOT_CPU_64;
    return draw_bars(result, (enum compare_load)(kind - (cpu ? PLOT_CPU_64 : PLOT_SPEED_64)), cpu,
                     plot, errorp);
}

void plot_clear(struct plot *plot)
{
    free(plot->title);
    free(plot->description);
    free(plot->raw);
    *plot = (struct plot){};
}
