#include "compare/svg.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Colours that people with any kind of colour vision tell apart, by their lightness too. The codes
 * are what gnuplot is given: colours that nothing else in its drawings has. */
static const struct {
    const char *code;
    const char *name;
    const char *light;
    const char *dark;
} tones[TONE_N] = {
    [TONE_TITLE] = {"#010100", "title", "#1d1d1f", "#eceae4"},
    [TONE_INK] = {"#010101", "ink", "#1d1d1f", "#eceae4"},
    [TONE_MUTED] = {"#010102", "muted", "#66666b", "#a0a1a8"},
    [TONE_RULE] = {"#010103", "rule", "#dedbd5", "#34373e"},
    [TONE_BAR] = {"#010104", "bar", "#86aacb", "#54799e"},
    [TONE_BEST] = {"#010105", "best", "#1f5f99", "#a3cdf2"},
    [TONE_FLOOR] = {"#010106", "floor", "#cbc8c2", "#4b4e56"},
    [TONE_BAD] = {"#010107", "bad", "#a8430a", "#f2995e"},
    [TONE_PAPER] = {"#010108", "paper", "#fdfcfa", "#16181c"},
};

const char *svg_tone_code(enum svg_tone tone)
{
    return tones[tone].code;
}

void svg_put_palette(FILE *out, bool dark)
{
    for (size_t i = 0; i < TONE_N; i++) {
        fprintf(out, "--%s:%s;", tones[i].name, dark ? tones[i].dark : tones[i].light);
    }
}

void svg_put_rules(FILE *out)
{
    fputs("svg text{font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums}\n"
          "svg .f-title{font-weight:600}\n",
          out);
    for (size_t i = 0; i < TONE_N; i++) {
        fprintf(out, "svg .f-%s{fill:var(--%s)}svg .s-%s{stroke:var(--%s)}\n", tones[i].name,
                tones[i].name, tones[i].name, tones[i].name);
    }
}

void svg_put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (strchr("&<>\"'", c)) {
            fprintf(out, "&#%d;", c);
        } else {
            putc(c < ' ' || c == 0x7f ? '?' : c, out);
        }
    }
}

/* Finds the tone of a colour as gnuplot writes it, "rgb(  1,   1,   4)", at the beginning of
 * `text`; stores what comes after it. -1 for any other. */
static int find_tone(const char *text, const char **end)
{
    unsigned red;
    unsigned green;
    unsigned blue;
    int length = 0;

    /* NOLINTNEXTLINE(cert-err34-c): gnuplot's own numbers */
    if (sscanf(text, "rgb(%u,%u,%u)%n", &red, &green, &blue, &length) != 3 || length == 0 ||
        red != 1 || green != 1 || blue >= TONE_N) {
        return -1;
    }
    *end = text + length;
    return (int)blue;
}

/* Writes one attribute of a drawing, `fill = 'rgb(  1,   1,   4)'`, which begins at `text`, as a
 * class and a plain colour; returns what comes after it, or NULL where it is another attribute. */
static const char *put_tone(FILE *out, const char *text, const char *attribute)
{
    size_t length = strlen(attribute);
    const char *value = text + length;
    const char *end = NULL;

    if (strncmp(text, attribute, length) != 0) {
        return NULL;
    }
    value += strspn(value, " =");
    if (*value != '\'' && *value != '"') {
        return NULL;
    }
    int tone = find_tone(value + 1, &end);
    if (tone < 0) {
        return NULL;
    }
    fprintf(out, "class=\"%c-%s\" %s=\"%s\"", attribute[0], tones[tone].name, attribute,
            tones[tone].light);
    return end + 1;
}

/* Leaves out an attribute: its name, and a value in double quotes. */
static const char *skip_attribute(const char *text, const char *attribute)
{
    size_t length = strlen(attribute);
    const char *end = strncmp(text, attribute, length) == 0 && text[length] == '='
                          ? strchr(text + length + strlen("=\""), '"')
                          : NULL;

    return end ? end + 1 : NULL;
}

/* Leaves out what gnuplot puts in for its own sake: titles of groups, which show when a mouse rests
 * on them, ids, which would meet those of other drawings of the page, and fonts, which are those of
 * the page. */
static const char *skip_clutter(const char *text)
{
    if (strncmp(text, "<title>", strlen("<title>")) == 0) {
        const char *end = strstr(text, "</title>");

        return end ? end + strlen("</title>") : NULL;
    }
    const char *after = skip_attribute(text, "id");
    return after ? after : skip_attribute(text, "font-family");
}

static void put_line(FILE *out, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *after = skip_clutter(text);

        after = after ? after : put_tone(out, text, "fill");
        after = after ? after : put_tone(out, text, "stroke");
        if (!after) {
            putc(*text, out);
            after = text + 1;
        }
        text = after;
    }
    putc('\n', out);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Line by line, as gnuplot writes it; without the groups that have nothing in them. */
static void put_body(FILE *out, const char *text)
{
    while (text && *text && !begins(text, "</svg>")) {
        size_t length = strcspn(text, "\n");
        const char *next = text[length] ? text + length + 1 : NULL;

        if (begins(text, "<g ") && next && begins(next, "</g>\n")) {
            next += strlen("</g>\n");
        } else {
            put_line(out, text, length);
        }
        text = next;
    }
}

static void put_style(FILE *out)
{
    fputs("<style>\n:root{color-scheme:light dark;background:var(--paper);", out);
    svg_put_palette(out, false);
    fputs("}\n@media (prefers-color-scheme:dark){:root{", out);
    svg_put_palette(out, true);
    fputs("}}\n", out);
    svg_put_rules(out);
    fputs("</style>\n", out);
}

void svg_put(FILE *out, const char *raw, const char *title, const char *description, bool alone)
{
    const char *box = strstr(raw, "viewBox=\"");
    const char *canvas = strstr(raw, "</defs>\n");

    if (!box || !canvas) {
        return;
    }
    box += strlen("viewBox=\"");
    if (alone) {
        fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", out);
    }
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%.*s\" role=\"img\">\n<title>",
            (int)strcspn(box, "\""), box);
    svg_put_text(out, title);
    fputs("</title>\n<desc>", out);
    svg_put_text(out, description);
    fputs("</desc>\n", out);
    if (alone) {
        put_style(out);
    }
    /* The canvas is a group that begins before the definitions, of which we use none. */
    fputs("<g>\n", out);
    put_body(out, canvas + strlen("</defs>\n"));
    fputs("</svg>\n", out);
}
