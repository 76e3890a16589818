#include "compare/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value below which a share of the sorted values lies, by a straight line between neighbours:
 * what most programs call a quantile. */
static double quantile(const double *sorted, size_t n, double share)
{
    double position = share * (double)(n - 1);
    size_t below = (size_t)position;
    double above = below + 1 < n ? sorted[below + 1] : sorted[below];

    return sorted[below] + (position - (double)below) * (above - sorted[below]);
}

struct spread spread_of(const double *values, size_t n)
{
    auto_free double *sorted = NULL;

    if (n == 0) {
        return (struct spread){};
    }
    sorted = mem_zalloc(n * sizeof *sorted);
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    return (struct spread){
        .median = quantile(sorted, n, 0.5),
        .low = quantile(sorted, n, 0.25),
        .high = quantile(sorted, n, 0.75),
        .n = n,
    };
}

static double sample_pps(const struct compare_path *path, unsigned load, size_t round)
{
    return path->samples[load][round].pps;
}

static double sample_cpu_us(const struct compare_path *path, unsigned load, size_t round)
{
    return path->samples[load][round].cpu_us;
}

static double trip_us(const struct compare_path *path, unsigned percentile, size_t round)
{
    const struct compare_trip *trip = &path->trips[round];

    return percentile == 50 ? trip->p50_us : percentile == 90 ? trip->p90_us : trip->p99_us;
}

/* The spread over the path's rounds of what figure_of() yields for `which` of it. */
static struct spread spread_over(const struct compare_path *path, unsigned which,
                                 double (*figure_of)(const struct compare_path *, unsigned, size_t))
{
    auto_free double *values = mem_zalloc(path->n_rounds * sizeof *values + 1);

    for (size_t i = 0; i < path->n_rounds; i++) {
        values[i] = figure_of(path, which, i);
    }
    return spread_of(values, path->n_rounds);
}

struct spread path_pps(const struct compare_path *path, enum compare_load load)
{
    return path->samples[load] ? spread_over(path, load, sample_pps) : (struct spread){};
}

struct spread path_cpu_us(const struct compare_path *path, enum compare_load load)
{
    return path->samples[load] ? spread_over(path, load, sample_cpu_us) : (struct spread){};
}

struct spread path_trip_us(const struct compare_path *path, unsigned percentile)
{
    return path->trips ? spread_over(path, percentile, trip_us) : (struct spread){};
}

static bool may_be_best(const struct compare_path *path)
{
    return !path->floor && compare_path_is_sound(path);
}

const struct compare_path *best_by_pps(const struct compare_result *result, enum compare_load load)
{
    const struct compare_path *best = NULL;
    double most = 0;

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];
        double pps = path_pps(path, load).median;

        if (may_be_best(path) && pps > most) {
            best = path;
            most = pps;
        }
    }
    return best;
}

const struct compare_path *best_by_trip(const struct compare_result *result)
{
    const struct compare_path *best = NULL;
    double least = INFINITY;

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];
        struct spread trip = path_trip_us(path, 50);

        if (may_be_best(path) && trip.n > 0 && trip.median < least) {
            best = path;
            least = trip.median;
        }
    }
    return best;
}

double ratio_by_pps(const struct compare_result *result, const struct compare_path *path,
                    enum compare_load load)
{
    const struct compare_path *best = best_by_pps(result, load);
    double most = best ? path_pps(best, load).median : 0;

    return most > 0 ? path_pps(path, load).median / most : 0;
}

double ratio_by_trip(const struct compare_result *result, const struct compare_path *path)
{
    const struct compare_path *best = best_by_trip(result);
    double least = best ? path_trip_us(best, 50).median : 0;

    return least > 0 ? path_trip_us(path, 50).median / least : 0;
}

double spread_percent(const struct spread *spread)
{
    return spread->median > 0 ? 50 * (spread->high - spread->low) / spread->median : 0;
}

bool within_noise(const struct spread *before, const struct spread *now)
{
    return before->low <= now->high && now->low <= before->high;
}
