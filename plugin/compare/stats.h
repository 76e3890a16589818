/* Figures out of rounds: medians, and how far one can trust them. */
#ifndef COMPARE_STATS_H
#define COMPARE_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "compare/result.h"

struct spread {
    double median;
    double low;  /* first quartile */
    double high; /* third quartile */
    size_t n;
};

/* Of `n` values, in any order; all 0 for none. */
struct spread spread_of(const double *values, size_t n);

/* Of a path's rounds; all 0 where it has none. */
struct spread path_pps(const struct compare_path *path, enum compare_load load);
struct spread path_cpu_us(const struct compare_path *path, enum compare_load load);
struct spread path_trip_us(const struct compare_path *path, unsigned percentile); /* 50, 90, 99 */

/* The path with the most frames a second, or with the shortest median trip, of those that are no
 * floor and neither corrupt nor lose offloaded frames; NULL for none. Ratios are to it. */
const struct compare_path *best_by_pps(const struct compare_result *result, enum compare_load load);
const struct compare_path *best_by_trip(const struct compare_result *result);

/* A path's median as a ratio to that of the best: below 1 for fewer frames, above 1 for a longer
 * trip. 0 where either is missing. */
double ratio_by_pps(const struct compare_result *result, const struct compare_path *path,
                    enum compare_load load);
double ratio_by_trip(const struct compare_result *result, const struct compare_path *path);

/* Half the interquartile range, in percent of the median: "756 k, give or take 2 %". */
double spread_percent(const struct spread *spread);

/* Compares a figure with an earlier one: whether their difference is no more than what rounds of
 * the same run differ by (their interquartile ranges overlap). */
bool within_noise(const struct spread *before, const struct spread *now);

#endif
