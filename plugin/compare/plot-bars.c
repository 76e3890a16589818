/* Speed and CPU time: a bar for each path. */
#include "base/mem.h"
#include "compare/drawing.h"
#include "compare/figures.h"
#include "compare/stats.h"
#include "compare/text.h"

static void put_bar(FILE *script, double length, size_t row, enum svg_tone tone)
{
    fprintf(script,
            "set object rectangle from 0,%.1f to %.9g,%.1f fs solid 1 noborder fc rgb '%s'\n",
            drawing_row_top(row) + BAR_TOP, length, drawing_row_top(row) + BAR_BOTTOM,
            svg_tone_code(tone));
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

    double end = bar->ratio > 0 ? SECOND_FIGURE : DRAWING_WIDTH;
    drawing_put_title(drawing, path, end);
    drawing_put_figure(drawing, end, TONE_INK, bar->figure);
    if (bar->ratio > 0) {
        drawing_put_figure(drawing, DRAWING_WIDTH, TONE_MUTED, figure_ratio(bar->ratio, ratio));
    }
    put_bar(script, bar->spread.median, drawing->n_rows,
            path->floor ? TONE_FLOOR
            : bar->best ? TONE_BEST
                        : TONE_BAR);
    drawing_put_range(script, bar->spread.low, bar->spread.high, drawing->n_rows, 5, TONE_PAPER);
    drawing_put_range(script, bar->spread.low, bar->spread.high, drawing->n_rows, 2, TONE_INK);
    fprintf(drawing->words, "%s%s %s", drawing->n_rows ? "; " : "", path->title, bar->figure);
    drawing->n_rows++;
}

/* A row that says why there is no bar. */
static void put_word_row(struct drawing *drawing, const struct compare_path *path)
{
    const char *word = figure_missing(path, drawing->load);

    drawing_put_title(drawing, path, DRAWING_WIDTH - WORD + FIGURE);
    drawing_put_figure(drawing, DRAWING_WIDTH, TONE_BAD, word);
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

int draw_bars(const struct compare_result *result, enum compare_load load, bool cpu,
              struct plot *plot, char **errorp)
{
    auto_free char *rows = NULL;
    size_t size[2];
    struct drawing drawing = {.result = result,
                              .load = load,
                              .script = text_open(&rows, &size[0]),
                              .words = text_open(&plot->description, &size[1])};

    put_bars(&drawing, cpu);
    fclose(drawing.script);
    fclose(drawing.words);
    double most = longest(result, load, cpu);
    auto_free char *head = str_printf("set xrange [0:%.9g]\n", most > 0 ? most : 1);
    auto_free char *title = str_printf(cpu ? "CPU time, %s frames" : "%s frames",
                                       compare_load_title(load));
    return drawing_finish(&drawing, head, rows, BOTTOM, title,
                          cpu                ? "microseconds a frame"
                          : load == LOAD_GSO ? "gigabits a second, and the ratio to the best"
                                             : "frames a second, and the ratio to the best",
                          plot, errorp);
}
