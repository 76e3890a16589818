/* The tables of a report. */
#include <stdlib.h>

#include "base/mem.h"
#include "compare/figures.h"
#include "compare/page.h"
#include "compare/stats.h"
#include "compare/svg.h"

static const char *const reach_heads[REACH_N] = {
    [REACH_UNICAST] = "unicast",           [REACH_BROADCAST] = "broadcast",
    [REACH_MULTICAST] = "multicast",       [REACH_UNKNOWN_UNICAST] = "unknown address",
    [REACH_OTHER_SOURCE] = "other source", [REACH_OWN_BROADCAST] = "own broadcast",
    [REACH_SAME_VLAN] = "same VLAN",       [REACH_OTHER_VLAN] = "other VLAN",
};

/* What stands in the matrix: a mark that does without colour, and a word for who hears the page. */
struct mark {
    const char *class;
    const char *sign;
    const char *word;
};

static const struct mark yes = {"y", "\xe2\x97\x8f", "yes"};
static const struct mark no = {"n", "\xe2\x97\x8b", "no"};
static const struct mark untried = {"u", "\xe2\x80\x93", "not tried"};
static const struct mark corrupted = {"y", "\xe2\x9c\x95", "corrupted"};
static const struct mark lost = {"n", "\xe2\x97\x8b", "lost"};

static void put_mark(FILE *out, const struct mark *mark, bool odd)
{
    fprintf(out,
            "<td class=\"%s%s\"><span aria-hidden=\"true\">%s</span><span "
            "class=\"hidden\">%s</span></td>",
            mark->class, odd ? " odd" : "", mark->sign, mark->word);
}

static void put_answer(FILE *out, const struct compare_path *path, enum compare_reach reach)
{
    enum compare_answer answer = path->reach[reach];

    put_mark(out,
             answer == COMPARE_YES  ? &yes
             : answer == COMPARE_NO ? &no
                                    : &untried,
             answer_is_odd(reach, answer));
}

static void put_offload(FILE *out, enum compare_offload offload)
{
    switch (offload) {
    case OFFLOAD_RIGHT:
        put_mark(out, &yes, false);
        break;
    case OFFLOAD_CORRUPTED:
        put_mark(out, &corrupted, true);
        break;
    case OFFLOAD_LOST:
        put_mark(out, &lost, true);
        break;
    default:
        put_mark(out, &untried, false);
        break;
    }
}

/* Begins the row of a path. Returns true if it has figures; else it has said why not, in
 * `n_columns`. */
static bool start_row(FILE *out, const struct compare_path *path, size_t n_columns)
{
    fprintf(out, "<tr%s><th scope=\"row\">", path->floor ? " class=\"floor\"" : "");
    svg_put_text(out, path->title);
    fputs("</th>", out);
    if (path->skipped) {
        fprintf(out, "<td class=\"why\" colspan=\"%zu\">not here: ", n_columns);
        svg_put_text(out, path->skipped);
        fputs("</td></tr>\n", out);
    }
    return !path->skipped;
}

void page_put_matrix(FILE *out, const struct compare_result *result)
{
    fputs("<table class=\"matrix\">\n<thead><tr><th></th>", out);
    for (unsigned i = 0; i < REACH_N; i++) {
        fprintf(out, "<th scope=\"col\"><span>%s</span></th>", reach_heads[i]);
    }
    fputs("<th scope=\"col\"><span>checksum</span></th><th scope=\"col\"><span>segments</span></th>"
          "</tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        if (!path->floor && start_row(out, path, REACH_N + 2)) {
            for (unsigned reach = 0; reach < REACH_N; reach++) {
                put_answer(out, path, reach);
            }
            put_offload(out, path->checksum);
            put_offload(out, path->segmentation);
            fputs("</tr>\n", out);
        }
    }
    fputs("</tbody>\n</table>\n<p class=\"quiet key\"><span>\xe2\x97\x8f yes, or right</span>"
          "<span>\xe2\x97\x8b no, or lost</span><span>\xe2\x9c\x95 corrupted</span>"
          "<span>\xe2\x80\x93 not tried</span>"
          "<span class=\"odd\">\xe2\x97\x8f \xe2\x97\x8b \xe2\x9c\x95 not what one would "
          "expect</span></p>\n",
          out);
}

/* A cell for the figure of a column called `head`, and what stands small below it. */
static void put_cell(FILE *out, const char *head, const char *figure, const char *below)
{
    fprintf(out, "<td data-head=\"%s\">%s", head, figure);
    if (below) {
        fprintf(out, "<small>%s</small>", below);
    }
    fputs("</td>", out);
}

static void put_speed(FILE *out, const struct compare_result *result,
                      const struct compare_path *path, enum compare_load load)
{
    auto_free char *head = str_printf("%s, %s", compare_load_title(load), figure_speed_unit(load));
    struct spread pps = path_pps(path, load);
    char figure[FIGURE_SIZE];
    char ratio[FIGURE_SIZE];

    if (path_has_figures(path, load)) {
        auto_free char *below = str_printf("%s \xc2\xb1%.0f%%",
                                           figure_ratio(ratio_by_pps(result, path, load), ratio),
                                           spread_percent(&pps));

        put_cell(out, head, figure_speed(load, pps.median, figure), below);
    } else {
        put_cell(out, head, figure_missing(path, load), NULL);
    }
}

static void put_trips(FILE *out, const struct compare_result *result,
                      const struct compare_path *path)
{
    static const unsigned percentiles[] = {50, 90, 99};

    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++) {
        struct spread trip = path_trip_us(path, percentiles[i]);
        auto_free char *head = str_printf("trip p%u, \xc2\xb5s", percentiles[i]);
        auto_free char *below = NULL;
        char figure[FIGURE_SIZE];
        char ratio[FIGURE_SIZE];

        if (trip.n > 0 && i == 0) {
            below = str_printf("%s \xc2\xb1%.0f%%",
                               figure_ratio(ratio_by_trip(result, path), ratio),
                               spread_percent(&trip));
        } else if (trip.n > 0) {
            below = str_printf("\xc2\xb1%.0f%%", spread_percent(&trip));
        }
        put_cell(out, head, trip.n > 0 ? figure_plain(trip.median, figure) : "-", below);
    }
}

static void put_cpu(FILE *out, const struct compare_path *path, enum compare_load load)
{
    auto_free char *head = str_printf("CPU %s, \xc2\xb5s", compare_load_title(load));
    struct spread cpu = path_cpu_us(path, load);
    auto_free char *below = str_printf("\xc2\xb1%.0f%%", spread_percent(&cpu));
    char figure[FIGURE_SIZE];
    bool known = path_has_figures(path, load);

    put_cell(out, head, known ? figure_plain(cpu.median, figure) : "-", known ? below : NULL);
}

void page_put_figures(FILE *out, const struct compare_result *result)
{
    fputs("<table class=\"figures nine\">\n<thead><tr><th></th>", out);
    for (unsigned i = 0; i < LOAD_N; i++) {
        fprintf(out, "<th scope=\"col\">%s<br>%s</th>", compare_load_title(i),
                figure_speed_unit(i));
    }
    fputs("<th scope=\"col\">trip p50<br>\xc2\xb5s</th><th scope=\"col\">p90<br>\xc2\xb5s</th>"
          "<th scope=\"col\">p99<br>\xc2\xb5s</th>",
          out);
    for (unsigned i = 0; i < LOAD_N; i++) {
        fprintf(out, "<th scope=\"col\">CPU %s<br>\xc2\xb5s</th>", compare_load_title(i));
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        if (!start_row(out, path, 2 * LOAD_N + 3)) {
            continue;
        }
        for (unsigned load = 0; load < LOAD_N; load++) {
            put_speed(out, result, path, load);
        }
        put_trips(out, result, path);
        for (unsigned load = 0; load < LOAD_N; load++) {
            put_cpu(out, path, load);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody>\n</table>\n", out);
}

/* A change, and whether it means something. `more_is_better`: of frames, not of trips. */
static void put_change(FILE *out, struct spread before, struct spread now, bool more_is_better)
{
    char text[FIGURE_SIZE];

    if (before.n == 0 || now.n == 0) {
        fputs("<td>-</td>", out);
        return;
    }
    bool noise = within_noise(&before, &now);
    bool better = (now.median > before.median) == more_is_better;
    fprintf(out, "<td class=\"%s\">%s<small>%s</small></td>",
            noise    ? "noise"
            : better ? "better"
                     : "odd",
            figure_change(&before, &now, text),
            noise    ? "noise"
            : better ? "better"
                     : "worse");
}

static void put_change_row(FILE *out, const struct compare_path *before,
                           const struct compare_path *now)
{
    start_row(out, now, 0);
    for (unsigned load = 0; load < LOAD_N; load++) {
        bool both = path_has_figures(before, load) && path_has_figures(now, load);

        put_change(out, both ? path_pps(before, load) : (struct spread){}, path_pps(now, load),
                   true);
    }
    put_change(out, path_trip_us(before, 50), path_trip_us(now, 50), false);
    fputs("</tr>\n", out);
}

void page_put_changes(FILE *out, const struct compare_result *result,
                      const struct compare_result *baseline)
{
    fputs("<table class=\"figures changes\">\n<thead><tr><th></th>", out);
    for (unsigned i = 0; i < LOAD_N; i++) {
        fprintf(out, "<th scope=\"col\">%s</th>", compare_load_title(i));
    }
    fputs("<th scope=\"col\">round trip</th></tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *now = &result->paths[i];
        const struct compare_path *before = compare_find(baseline, now->id);

        if (before && !before->skipped && !now->skipped) {
            put_change_row(out, before, now);
        }
    }
    fputs("</tbody>\n</table>\n", out);
}
