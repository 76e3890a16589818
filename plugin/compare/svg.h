/* Drawings by gnuplot, made ready for a page and for a file of their own. */
#ifndef COMPARE_SVG_H
#define COMPARE_SVG_H

#include <stdbool.h>
#include <stdio.h>

/* What a colour is for. gnuplot is told one that stands for it, svg_tone_name(); in the drawing
 * that becomes a plain colour, which any program can show, and a class, by which a style sheet can
 * give it another one for dark rooms. */
enum svg_tone {
    TONE_TITLE, /* text; also in bold */
    TONE_INK,   /* text and lines */
    TONE_MUTED, /* text of less weight */
    TONE_RULE,  /* lines that guide the eye */
    TONE_BAR,
    TONE_BEST,
    TONE_FLOOR,
    TONE_BAD,
    TONE_PAPER,
    TONE_N,
};

/* For gnuplot: "#010103". */
const char *svg_tone_code(enum svg_tone tone);

/* Writes the rules of a style sheet that give each tone its colour, `dark` or not: custom
 * properties of the root. */
void svg_put_palette(FILE *out, bool dark);

/* Writes the rules for a drawing, which refer to these. */
void svg_put_rules(FILE *out);

/* Writes gnuplot's drawing `raw`: for a page that has the style sheet, or `alone`, with one of its
 * own. `title` and `description` are for those who do not see it. */
void svg_put(FILE *out, const char *raw, const char *title, const char *description, bool alone);

/* Writes text with what has a meaning in HTML and XML escaped, and control characters, which XML
 * cannot have, as '?'. */
void svg_put_text(FILE *out, const char *text);

#endif
