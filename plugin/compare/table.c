/* The result as text: who reaches whom, the figures, what has changed, and what to make of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "compare/columns.h"
#include "compare/figures.h"
#include "compare/report.h"
#include "compare/stats.h"
#include "compare/text.h"

/* What is printed, and how. */
struct table {
    const struct compare_result *result;
    const struct compare_result *baseline; /* or NULL */
    FILE *out;
    size_t width;
    size_t name_width;
    bool by_id; /* titles would not fit */
};

static const char *const reach_heads[REACH_N][2] = {
    [REACH_UNICAST] = {"uni-", "cast"},      [REACH_BROADCAST] = {"broad", "-cast"},
    [REACH_MULTICAST] = {"multi", "-cast"},  [REACH_UNKNOWN_UNICAST] = {"un-", "known"},
    [REACH_OTHER_SOURCE] = {"other", "src"}, [REACH_OWN_BROADCAST] = {"own", "back"},
    [REACH_SAME_VLAN] = {"same", "VLAN"},    [REACH_OTHER_VLAN] = {"other", "VLAN"},
};

/* What the matrix, the widest block, needs beside the names. */
#define CELLS_WIDTH 58

/* The name of a path in a table; floors stand in brackets. Caller frees. */
static char *path_name(const struct table *table, const struct compare_path *path)
{
    const char *name = table->by_id ? path->id : path->title;

    return path->floor ? str_printf("(%s)", name) : str_dup(name);
}

static size_t widest_name(const struct table *table)
{
    size_t widest = 0;

    for (size_t i = 0; i < table->result->n_paths; i++) {
        auto_free char *name = path_name(table, &table->result->paths[i]);
        size_t width = text_width(name);

        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_heading(const struct table *table, const char *text)
{
    putc('\n', table->out);
    text_wrap(table->out, text, 0, table->width);
    putc('\n', table->out);
}

/* Begins the row of a path: true if it has figures, false if the row is a sentence of why not. */
static bool start_row(const struct table *table, struct columns *columns,
                      const struct compare_path *path)
{
    auto_free char *name = path_name(table, path);

    columns_row(columns, name);
    if (path->skipped) {
        auto_free char *why = str_printf("not here: %s", path->skipped);

        columns_sentence(columns, why);
    }
    return !path->skipped;
}

static const char *offload_word(enum compare_offload offload)
{
    switch (offload) {
    case OFFLOAD_RIGHT:
        return "right";
    case OFFLOAD_CORRUPTED:
        return "WRONG";
    case OFFLOAD_LOST:
        return "LOST";
    default:
        return "-";
    }
}

static void put_matrix(const struct table *table)
{
    struct columns columns;

    put_heading(table, "Who is reached by frames from one guest, and what becomes of checksums and "
                       "segments that it leaves to its card:");
    columns_start(&columns, REACH_N + 2, REACH_N + 2, false);
    for (size_t line = 0; line < 2; line++) {
        columns_row(&columns, "");
        for (size_t i = 0; i < REACH_N; i++) {
            columns_cell(&columns, reach_heads[i][line]);
        }
        columns_cell(&columns, line ? "sum" : "check");
        columns_cell(&columns, line ? "ments" : "seg-");
    }
    for (size_t i = 0; i < table->result->n_paths; i++) {
        const struct compare_path *path = &table->result->paths[i];

        if (path->floor || !start_row(table, &columns, path)) {
            continue;
        }
        for (size_t reach = 0; reach < REACH_N; reach++) {
            columns_cell(&columns, figure_answer(path->reach[reach]));
        }
        columns_cell(&columns, offload_word(path->checksum));
        columns_cell(&columns, offload_word(path->segmentation));
    }
    columns_print(&columns, table->out, table->name_width, table->width);
}

static void add_speed(const struct table *table, struct columns *columns,
                      const struct compare_path *path, enum compare_load load)
{
    struct spread pps = path_pps(path, load);
    char text[FIGURE_SIZE];

    if (!path_has_figures(path, load)) {
        columns_cell(columns, figure_missing(path, load));
        columns_cell(columns, "");
        columns_cell(columns, "");
        return;
    }
    columns_cell(columns, figure_speed(load, pps.median, text));
    columns_cell(columns, figure_ratio(ratio_by_pps(table->result, path, load), text));
    snprintf(text, sizeof text, "%.0f%%", spread_percent(&pps));
    columns_cell(columns, text);
}

static void put_speeds(const struct table *table)
{
    struct columns columns;

    put_heading(table,
                "Frames in bursts: the median of the rounds, its ratio to the best, and half "
                "the interquartile range:");
    columns_start(&columns, (size_t)LOAD_N * 3, 3, true);
    columns_row(&columns, "");
    for (unsigned load = 0; load < LOAD_N; load++) {
        columns_cell(&columns, compare_load_title(load));
        columns_cell(&columns, "ratio");
        columns_cell(&columns, "+-");
    }
    columns_row(&columns, "");
    for (unsigned load = 0; load < LOAD_N; load++) {
        columns_cell(&columns, load == LOAD_GSO ? "Gb/s" : "1/s");
        columns_cell(&columns, "");
        columns_cell(&columns, "");
    }
    for (size_t i = 0; i < table->result->n_paths; i++) {
        const struct compare_path *path = &table->result->paths[i];

        if (path->skipped && !path->floor) {
            continue; /* the matrix says why */
        }
        if (start_row(table, &columns, path)) {
            for (unsigned load = 0; load < LOAD_N; load++) {
                add_speed(table, &columns, path, load);
            }
        }
    }
    columns_print(&columns, table->out, table->name_width, table->width);
}

static void add_plain(struct columns *columns, const struct spread *spread)
{
    char text[FIGURE_SIZE];

    columns_cell(columns, spread->n > 0 ? figure_plain(spread->median, text) : "-");
}

static void put_costs(const struct table *table)
{
    static const char *const heads[2][8] = {
        {"trip", "", "", "", "", "CPU", "CPU", "CPU"},
        {"p50", "p90", "p99", "ratio", "+-", "64 B", "1500 B", "64 KB"},
    };
    struct columns columns;

    put_heading(table, "Round trips, and CPU time of a frame at both ends and in the switch, in "
                       "microseconds:");
    columns_start(&columns, ARRAY_LEN(heads[0]), 5, true);
    for (size_t line = 0; line < ARRAY_LEN(heads); line++) {
        columns_row(&columns, "");
        for (size_t i = 0; i < ARRAY_LEN(heads[0]); i++) {
            columns_cell(&columns, heads[line][i]);
        }
    }
    for (size_t i = 0; i < table->result->n_paths; i++) {
        const struct compare_path *path = &table->result->paths[i];
        const struct spread trip = path_trip_us(path, 50);
        char text[FIGURE_SIZE];

        if (path->skipped) {
            continue;
        }
        start_row(table, &columns, path);
        for (unsigned percentile = 50; percentile < 100; percentile += percentile == 50 ? 40 : 9) {
            add_plain(&columns,
                      &(struct spread){path_trip_us(path, percentile).median, .n = trip.n});
        }
        columns_cell(&columns, figure_ratio(ratio_by_trip(table->result, path), text));
        snprintf(text, sizeof text, "%.0f%%", spread_percent(&trip));
        columns_cell(&columns, trip.n > 0 ? text : "-");
        for (unsigned load = 0; load < LOAD_N; load++) {
            const struct spread cpu = path_cpu_us(path, load);

            add_plain(&columns, path_has_figures(path, load) ? &cpu : &(struct spread){});
        }
    }
    columns_print(&columns, table->out, table->name_width, table->width);
}

static void add_change(struct columns *columns, struct spread before, struct spread now)
{
    char text[FIGURE_SIZE];

    if (before.n == 0 || now.n == 0) {
        columns_cell(columns, "-");
        columns_cell(columns, "");
        return;
    }
    columns_cell(columns, figure_change(&before, &now, text));
    columns_cell(columns, within_noise(&before, &now) ? "noise" : "");
}

static void put_change_heading(const struct table *table)
{
    const struct compare_result *before = table->baseline;
    const struct compare_result *now = table->result;
    bool same = str_eq(before->kernel, now->kernel) && str_eq(before->cpu, now->cpu) &&
                str_eq(before->ovs_version, now->ovs_version);
    auto_free char *text = str_printf(
        "Change since %s (vifplug %s%s%s%s%s); \"noise\" where the interquartile ranges overlap:",
        before->started, before->version, same ? "" : ", on ", same ? "" : before->kernel,
        same || !before->ovs_version ? "" : " with Open vSwitch ",
        same || !before->ovs_version ? "" : before->ovs_version);

    put_heading(table, text);
}

static void put_changes(const struct table *table)
{
    struct columns columns;

    put_change_heading(table);
    columns_start(&columns, ((size_t)LOAD_N + 1) * 2, 2, true);
    columns_row(&columns, "");
    for (unsigned load = 0; load < LOAD_N; load++) {
        columns_cell(&columns, compare_load_title(load));
        columns_cell(&columns, "");
    }
    columns_cell(&columns, "trip");
    for (size_t i = 0; i < table->result->n_paths; i++) {
        const struct compare_path *now = &table->result->paths[i];
        const struct compare_path *before = compare_find(table->baseline, now->id);

        if (now->skipped || !before || before->skipped) {
            continue;
        }
        start_row(table, &columns, now);
        for (unsigned load = 0; load < LOAD_N; load++) {
            bool both = path_has_figures(before, load) && path_has_figures(now, load);

            add_change(&columns, both ? path_pps(before, load) : (struct spread){},
                       path_pps(now, load));
        }
        add_change(&columns, path_trip_us(before, 50), path_trip_us(now, 50));
    }
    columns_print(&columns, table->out, table->name_width, table->width);
}

static void put_notes(const struct table *table)
{
    for (size_t i = 0; i < table->result->n_paths; i++) {
        const struct compare_path *path = &table->result->paths[i];

        for (size_t note = 0; note < path->n_notes; note++) {
            auto_free char *text = str_printf("%s: %s", path->title, path->notes[note]);

            if (i == 0 || !note) {
                putc('\n', table->out);
            }
            text_wrap(table->out, text, 0, table->width);
        }
    }
}

static void put_advice(const struct table *table)
{
    const struct compare_result *result = table->result;

    for (size_t i = 0; i < result->n_advice; i++) {
        fputs(i == 0 ? "\n* " : "* ", table->out);
        text_wrap(table->out, result->advice[i], 2, table->width);
    }
}

static void put_machine(const struct table *table)
{
    const struct compare_result *result = table->result;
    auto_free char *text = str_printf(
        "vifplug %s, %s%s%s, %s, %u CPU%s, load %.2f to %.2f; %u round%s of %u ms, seed %u, %.0f "
        "s%s",
        result->version, result->kernel, result->ovs_version ? ", Open vSwitch " : "",
        result->ovs_version ? result->ovs_version : "", result->cpu, result->n_cpus,
        result->n_cpus == 1 ? "" : "s", result->load_before, result->load_after, result->rounds,
        result->rounds == 1 ? "" : "s", result->round_ms, result->seed, result->seconds,
        result->interrupted ? "; interrupted" : "");

    text_wrap(table->out, text, 0, table->width);
}

char *compare_table(const struct compare_result *result, const struct compare_result *baseline,
                    unsigned width)
{
    struct table table = {.result = result, .baseline = baseline, .width = width};
    char *text = NULL;
    size_t size = 0;

    table.out = text_open(&text, &size);
    table.by_id = width && widest_name(&table) + CELLS_WIDTH > width;
    table.name_width = widest_name(&table);
    put_machine(&table);
    put_matrix(&table);
    put_speeds(&table);
    put_costs(&table);
    if (baseline) {
        put_changes(&table);
    }
    put_notes(&table);
    put_advice(&table);
    fclose(table.out);
    return text;
}
