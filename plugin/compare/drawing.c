#include "compare/drawing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "compare/gnuplot.h"
#include "compare/text.h"

double drawing_row_top(size_t row)
{
    return DRAWING_TOP + DRAWING_ROW * (double)row;
}

void drawing_put_label(FILE *script, double x, double y, const char *side, enum svg_tone tone,
                       int size, const char *text)
{
    fputs("set label ", script);
    gnuplot_quote(script, text);
    /* In pixels: the drawing's own coordinates are a scale. gnuplot puts the middle of the line,
     * not its baseline, there. */
    fprintf(script, " at graph %.5f, first %.1f %s font 'sans-serif,%d' tc rgb '%s'\n",
            x / DRAWING_WIDTH, y - size * 0.3, side, size, svg_tone_code(tone));
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

void drawing_put_range(FILE *script, double from, double to, size_t row, double weight,
                       enum svg_tone tone)
{
    double y = drawing_row_top(row) + (BAR_TOP + BAR_BOTTOM) / 2.0;

    fprintf(script, "set arrow from %.9g,%.1f to %.9g,%.1f nohead front lw %.1f lc rgb '%s'\n",
            from, y, to, y, weight, svg_tone_code(tone));
}

void drawing_put_title(struct drawing *drawing, const struct compare_path *path, double end)
{
    auto_free char *title = shorten(path->title, end - FIGURE);

    drawing_put_label(drawing->script, 0, drawing_row_top(drawing->n_rows) + BASELINE, "left",
                      path->floor ? TONE_MUTED : TONE_INK, 13, title);
}

void drawing_put_figure(struct drawing *drawing, double x, enum svg_tone tone, const char *text)
{
    drawing_put_label(drawing->script, x, drawing_row_top(drawing->n_rows) + BASELINE, "right",
                      tone, 13, text);
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
            DRAWING_WIDTH, height, height);
    drawing_put_label(script, 0, 15, "left", TONE_TITLE, 15, title);
    drawing_put_label(script, 0, 34, "left", TONE_MUTED, 12, subtitle);
}

int drawing_finish(const struct drawing *drawing, const char *head, const char *rows,
                   unsigned below, const char *title, const char *subtitle, struct plot *plot,
                   char **errorp)
{
    char *script = NULL;
    size_t size = 0;
    FILE *out = text_open(&script, &size);

    start_script(out, (unsigned)drawing_row_top(drawing->n_rows) + below, title, subtitle);
    fputs(head, out);
    fputs(rows, out);
    fputs("plot NaN notitle\n", out);
    fclose(out);
    int error = drawing->n_rows > 0 ? gnuplot_run(script, &plot->raw, errorp) : 0;
    free(script);
    plot->title = str_dup(title);
    return error;
}
