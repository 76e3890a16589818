#include "compare/page.h"

#include "base/mem.h"
#include "compare/svg.h"

static void put_head(FILE *out)
{
    /* The policy keeps what a result may have brought along from doing anything, even if it got
     * past the escaping: no script, and nothing fetched. */
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<title>Paths between two guests</title>\n<style>\n:root{color-scheme:light dark;",
          out);
    svg_put_palette(out, false);
    fputs("}\n@media screen and (prefers-color-scheme:dark){:root{", out);
    svg_put_palette(out, true);
    fputs("}}\n", out);
    fputs(page_style, out);
    svg_put_rules(out);
    fputs("</style>\n</head>\n", out);
}

static void put_title(FILE *out, const struct compare_result *result)
{
    fputs("<header>\n<h1>Paths between two guests</h1>\n<p class=\"quiet\">VEPA against software "
          "switches, measured on ",
          out);
    svg_put_text(out, result->started);
    fputs(" with ", out);
    svg_put_text(out, result->kernel);
    fprintf(out, " on %u CPU%s, ", result->n_cpus, result->n_cpus == 1 ? "" : "s");
    svg_put_text(out, result->cpu);
    fputs("</p>\n</header>\n", out);
}

static void put_list(FILE *out, const char *class, char *const *texts, size_t n)
{
    fprintf(out, "<ul class=\"%s\">\n", class);
    for (size_t i = 0; i < n; i++) {
        fputs("<li>", out);
        svg_put_text(out, texts[i]);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void start_section(FILE *out, const char *title, const char *text)
{
    fprintf(out, "<section>\n<h2>%s</h2>\n", title);
    if (text) {
        fprintf(out, "<p class=\"quiet\">%s</p>\n", text);
    }
}

static void end_section(FILE *out)
{
    fputs("</section>\n", out);
}

static void put_advice(FILE *out, const struct compare_result *result)
{
    if (result->n_advice > 0) {
        start_section(out, "What to make of it", NULL);
        put_list(out, "advice", result->advice, result->n_advice);
        end_section(out);
    }
}

static void put_plot(FILE *out, const struct plot *plot)
{
    if (plot->raw) {
        fputs("<figure>\n", out);
        svg_put(out, plot->raw, plot->title, plot->description, false);
        fputs("</figure>\n", out);
    }
}

/* A section of the plots of all loads, side by side; none where nothing was measured. */
static void put_plots(FILE *out, const char *title, const char *text, const struct plot *plots)
{
    bool any = false;

    for (size_t i = 0; i < LOAD_N; i++) {
        any = any || plots[i].raw;
    }
    if (!any) {
        return;
    }
    start_section(out, title, text);
    fputs("<div class=\"plots\">\n", out);
    for (size_t i = 0; i < LOAD_N; i++) {
        put_plot(out, &plots[i]);
    }
    fputs("</div>\n", out);
    end_section(out);
}

static void put_trips(FILE *out, const struct plot *plot)
{
    if (!plot->raw) {
        return;
    }
    start_section(out, "Round trips", NULL);
    fputs("<div class=\"beside\">\n", out);
    put_plot(out, plot);
    fputs(
        "<div class=\"quiet\">\n<p>How long a frame takes to the other guest and back, while "
        "nothing else is under way: what a request and its answer spend on the switch.</p>\n"
        "<p>Each thin line is a round: half of its trips were shorter than the first mark (p50), "
        "nine in ten than the second (p90), 99 in a hundred than the third (p99). The thick lines "
        "are the medians of these over the rounds, and are what the figures say. The scale is "
        "logarithmic.</p>\n</div>\n</div>\n",
        out);
    end_section(out);
}

static void put_pair(FILE *out, const char *name, const char *text)
{
    if (text && text[0]) {
        fprintf(out, "<dt>%s</dt><dd>", name);
        svg_put_text(out, text);
        fputs("</dd>\n", out);
    }
}

static void put_notes(FILE *out, const struct compare_result *result)
{
    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        for (size_t note = 0; note < path->n_notes; note++) {
            auto_free char *text = str_printf("%s: %s", path->title, path->notes[note]);

            put_pair(out, "Note", text);
        }
    }
}

static void put_machine(FILE *out, const struct compare_result *result)
{
    auto_free char *cpu = str_printf("%s, %u CPU%s", result->cpu, result->n_cpus,
                                     result->n_cpus == 1 ? "" : "s");
    auto_free char *load = str_printf("%.2f before, %.2f after", result->load_before,
                                      result->load_after);
    auto_free char *rounds = str_printf("%u of %u ms, in %.0f s%s", result->rounds,
                                        result->round_ms, result->seconds,
                                        result->interrupted ? ", interrupted" : "");
    auto_free char *seed = str_printf("%u", result->seed);

    fputs("<dl>\n", out);
    put_pair(out, "Begun", result->started);
    put_pair(out, "vifplug", result->version);
    put_pair(out, "Open vSwitch", result->ovs_version);
    put_pair(out, "QEMU", result->qemu_version);
    put_pair(out, "Kernel", result->kernel);
    put_pair(out, "CPU", cpu);
    put_pair(out, "Load", load);
    put_pair(out, "Rounds", rounds);
    put_pair(out, "Seed", seed);
    put_notes(out, result);
    fputs("</dl>\n", out);
}

static void put_method(FILE *out, const struct compare_result *result)
{
    start_section(out, "What was measured, and how to repeat it", NULL);
    fputs(
        "<p>Two ends, made by the code that plugs guests\xe2\x80\x99 interfaces, are driven by one "
        "thread as a virtual machine would drive them: a burst of frames is written to one and "
        "read "
        "from the other. All paths take turns, round by round, so that what else the machine does "
        "befalls each of them. CPU time is that of both ends and of the switch\xe2\x80\x99s own "
        "threads.</p>\n"
        "<p>Figures are medians over the rounds, and \xc2\xb1 is half the interquartile range. "
        "Ratios are to the best path between guests that gets every kind of frame across unharmed. "
        "The grey bars are floors: no paths between guests, but what the machine itself takes. "
        "Every round is in <a href=\"result.json\">result.json</a>, and each plot is a file beside "
        "this one.</p>\n<pre>",
        out);
    svg_put_text(out, result->command);
    fputs("</pre>\n", out);
    put_machine(out, result);
    end_section(out);
}

static void put_changes(FILE *out, const struct compare_result *result,
                        const struct compare_result *baseline)
{
    fputs("<section>\n<h2>Change since ", out);
    svg_put_text(out, baseline->started);
    fputs("</h2>\n<p class=\"quiet\">That was vifplug ", out);
    svg_put_text(out, baseline->version);
    fputs(" with ", out);
    svg_put_text(out, baseline->kernel);
    fputs(" on ", out);
    svg_put_text(out, baseline->cpu);
    fputs(". A change is noise where the interquartile ranges of both runs overlap.</p>\n", out);
    page_put_changes(out, result, baseline);
    end_section(out);
}

void page_put(FILE *out, const struct compare_result *result, const struct compare_result *baseline,
              const struct plot *plots)
{
    put_head(out);
    fputs("<body>\n<main>\n", out);
    put_title(out, result);
    put_advice(out, result);
    start_section(out, "Who reaches whom",
                  "Frames that one guest sends, and whether the other gets them: at its own "
                  "address, to all, to a group that it has not joined, at an address that nobody "
                  "has, and from a source that is not the sender\xe2\x80\x99s own; whether the "
                  "sender gets its own broadcast back; and what becomes of checksums and segments "
                  "that it leaves to its card.");
    page_put_matrix(out, result);
    end_section(out);
    put_plots(
        out, "Speed",
        "Frames in bursts from one guest to the other. A bar ends at the median of the rounds; "
        "the line across its end goes from the first quartile to the third.",
        &plots[PLOT_SPEED_64]);
    put_plots(out, "CPU time", "What a frame costs both ends and the switch. Less is better.",
              &plots[PLOT_CPU_64]);
    put_trips(out, &plots[PLOT_TRIPS]);
    if (baseline) {
        put_changes(out, result, baseline);
    }
    start_section(out, "All figures",
                  "Medians; below them the ratio to the best, and half the interquartile range.");
    page_put_figures(out, result);
    end_section(out);
    put_method(out, result);
    fputs("</main>\n</body>\n</html>\n", out);
}
