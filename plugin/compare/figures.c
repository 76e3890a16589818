#include "compare/figures.h"

#include <math.h>
#include <stdio.h>

/* Digits after the point that make three significant ones. */
static int digits_after(double value)
{
    return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

const char *figure_plain(double value, char text[FIGURE_SIZE])
{
    if (value >= 9999.5) {
        return figure_count(value, text);
    }
    snprintf(text, FIGURE_SIZE, "%.*f", digits_after(value), value);
    return text;
}

const char *figure_count(double value, char text[FIGURE_SIZE])
{
    static const char units[] = {' ', 'k', 'M', 'G'};
    size_t unit = 0;

    if (value < 999.5) {
        snprintf(text, FIGURE_SIZE, "%.0f", value);
        return text;
    }
    while (value >= 999.5 && unit + 1 < sizeof units) {
        value /= 1000;
        unit++;
    }
    snprintf(text, FIGURE_SIZE, "%.*f %c", digits_after(value), value, units[unit]);
    return text;
}

const char *figure_speed(enum compare_load load, double pps, char text[FIGURE_SIZE])
{
    return load == LOAD_GSO ? figure_plain(pps * compare_load_bytes(load) * 8 / 1e9, text)
                            : figure_count(pps, text);
}

const char *figure_speed_unit(enum compare_load load)
{
    return load == LOAD_GSO ? "Gb/s" : "frames/s";
}

const char *figure_ratio(double ratio, char text[FIGURE_SIZE])
{
    if (ratio > 0) {
        snprintf(text, FIGURE_SIZE, "%.*f", ratio < 99.995 ? 2 : 0, ratio);
    } else {
        snprintf(text, FIGURE_SIZE, "-");
    }
    return text;
}

const char *figure_change(const struct spread *before, const struct spread *now,
                          char text[FIGURE_SIZE])
{
    double percent = before->median > 0 ? 100 * (now->median / before->median - 1) : 0;

    if (percent >= 999.5) {
        snprintf(text, FIGURE_SIZE, ">+999 %%");
        return text;
    }
    snprintf(text, FIGURE_SIZE, round(percent) == 0 ? "%.0f %%" : "%+.0f %%",
             round(percent) == 0 ? 0 : percent);
    return text;
}

static bool spoils_load(const struct compare_path *path, enum compare_load load)
{
    return load == LOAD_GSO &&
           (path->segmentation == OFFLOAD_CORRUPTED || path->segmentation == OFFLOAD_LOST);
}

bool path_has_figures(const struct compare_path *path, enum compare_load load)
{
    return !path->skipped && path->samples[load] && path->n_rounds > 0 && !spoils_load(path, load);
}

const char *figure_missing(const struct compare_path *path, enum compare_load load)
{
    if (spoils_load(path, load)) {
        return compare_offload_name(path->segmentation);
    }
    if (path->skipped || compare_path_is_sound(path)) {
        return "-";
    }
    return compare_offload_name(
        path->checksum == OFFLOAD_CORRUPTED || path->checksum == OFFLOAD_LOST ? path->checksum
                                                                              : path->segmentation);
}

const char *figure_answer(enum compare_answer answer)
{
    return answer == COMPARE_YES ? "yes" : answer == COMPARE_NO ? "no" : "-";
}

bool answer_is_odd(enum compare_reach reach, enum compare_answer answer)
{
    switch (reach) {
    case REACH_UNICAST:
    case REACH_SAME_VLAN:
        return answer == COMPARE_NO;
    case REACH_OWN_BROADCAST:
    case REACH_OTHER_VLAN:
        return answer == COMPARE_YES;
    default:
        return false;
    }
}
