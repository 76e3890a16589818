/* struct compare_result to JSON: all that was measured, and beside it what follows from that, for
 * those who read it with other programs. */
#include <cjson/cJSON.h>

#include "base/mem.h"
#include "compare/result.h"
#include "compare/stats.h"

static void add_string_or_null(cJSON *json, const char *key, const char *s)
{
    cJSON_AddItemToObject(json, key, s ? cJSON_CreateString(s) : cJSON_CreateNull());
}

static void add_ratio(cJSON *json, double ratio)
{
    cJSON_AddItemToObject(json, "ratio",
                          ratio > 0 ? cJSON_CreateNumber(ratio) : cJSON_CreateNull());
}

static void add_spread(cJSON *json, const char *key, struct spread spread)
{
    cJSON *object = cJSON_AddObjectToObject(json, key);

    cJSON_AddNumberToObject(object, "median", spread.median);
    cJSON_AddNumberToObject(object, "low", spread.low);
    cJSON_AddNumberToObject(object, "high", spread.high);
}

static void add_strings(cJSON *json, const char *key, char *const *strings, size_t n)
{
    cJSON *array = cJSON_AddArrayToObject(json, key);

    for (size_t i = 0; i < n; i++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(strings[i]));
    }
}

static cJSON *answer_to_json(enum compare_answer answer)
{
    return answer == COMPARE_UNTRIED ? cJSON_CreateNull() : cJSON_CreateBool(answer == COMPARE_YES);
}

static cJSON *sample_to_json(const struct compare_sample *sample)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "pps", sample->pps);
    cJSON_AddNumberToObject(json, "cpu_us", sample->cpu_us);
    cJSON_AddNumberToObject(json, "sent", (double)sample->sent);
    cJSON_AddNumberToObject(json, "lost", (double)sample->lost);
    return json;
}

static cJSON *load_to_json(const struct compare_result *result, const struct compare_path *path,
                           enum compare_load load)
{
    if (!path->samples[load]) {
        return cJSON_CreateNull();
    }
    cJSON *json = cJSON_CreateObject();
    add_spread(json, "pps", path_pps(path, load));
    add_ratio(json, ratio_by_pps(result, path, load));
    add_spread(json, "cpu_us", path_cpu_us(path, load));
    cJSON *rounds = cJSON_AddArrayToObject(json, "rounds");
    for (size_t i = 0; i < path->n_rounds; i++) {
        cJSON_AddItemToArray(rounds, sample_to_json(&path->samples[load][i]));
    }
    return json;
}

static cJSON *trip_to_json(const struct compare_trip *trip)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "p50_us", trip->p50_us);
    cJSON_AddNumberToObject(json, "p90_us", trip->p90_us);
    cJSON_AddNumberToObject(json, "p99_us", trip->p99_us);
    return json;
}

static cJSON *trips_to_json(const struct compare_result *result, const struct compare_path *path)
{
    if (!path->trips) {
        return cJSON_CreateNull();
    }
    cJSON *json = cJSON_CreateObject();
    add_spread(json, "p50_us", path_trip_us(path, 50));
    add_spread(json, "p90_us", path_trip_us(path, 90));
    add_spread(json, "p99_us", path_trip_us(path, 99));
    add_ratio(json, ratio_by_trip(result, path));
    cJSON *rounds = cJSON_AddArrayToObject(json, "rounds");
    for (size_t i = 0; i < path->n_rounds; i++) {
        cJSON_AddItemToArray(rounds, trip_to_json(&path->trips[i]));
    }
    return json;
}

static cJSON *guests_to_json(const struct compare_guests *guests)
{
    static const enum compare_reach asked[] = {REACH_UNICAST, REACH_BROADCAST, REACH_SAME_VLAN,
                                               REACH_OTHER_VLAN};
    cJSON *json = cJSON_CreateObject();

    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        cJSON_AddItemToObject(json, compare_reach_name(asked[i]),
                              answer_to_json(guests->reach[asked[i]]));
    }
    cJSON_AddItemToObject(
        json, "gbits", guests->gbits > 0 ? cJSON_CreateNumber(guests->gbits) : cJSON_CreateNull());
    return json;
}

static cJSON *path_to_json(const struct compare_result *result, const struct compare_path *path)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "id", path->id);
    cJSON_AddStringToObject(json, "title", path->title);
    add_string_or_null(json, "skipped", path->skipped);
    cJSON_AddBoolToObject(json, "floor", path->floor);
    cJSON *reach = cJSON_AddObjectToObject(json, "reach");
    for (unsigned i = 0; i < REACH_N; i++) {
        cJSON_AddItemToObject(reach, compare_reach_name(i), answer_to_json(path->reach[i]));
    }
    cJSON_AddStringToObject(json, "checksum", compare_offload_name(path->checksum));
    cJSON_AddStringToObject(json, "segmentation", compare_offload_name(path->segmentation));
    cJSON_AddNumberToObject(json, "rounds", (double)path->n_rounds);
    cJSON *loads = cJSON_AddObjectToObject(json, "loads");
    for (unsigned i = 0; i < LOAD_N; i++) {
        cJSON_AddItemToObject(loads, compare_load_name(i), load_to_json(result, path, i));
    }
    cJSON_AddItemToObject(json, "trips", trips_to_json(result, path));
    cJSON_AddItemToObject(json, "guests", guests_to_json(&path->guests));
    add_strings(json, "notes", path->notes, path->n_notes);
    return json;
}

static cJSON *machine_to_json(const struct compare_result *result)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "kernel", result->kernel);
    cJSON_AddStringToObject(json, "cpu", result->cpu);
    cJSON_AddNumberToObject(json, "cpus", result->n_cpus);
    add_string_or_null(json, "ovs", result->ovs_version);
    add_string_or_null(json, "qemu", result->qemu_version);
    cJSON_AddNumberToObject(json, "load_before", result->load_before);
    cJSON_AddNumberToObject(json, "load_after", result->load_after);
    return json;
}

cJSON *compare_result_to_json(const struct compare_result *result)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "version", result->version);
    cJSON_AddStringToObject(json, "started", result->started);
    cJSON_AddStringToObject(json, "command", result->command);
    cJSON_AddItemToObject(json, "machine", machine_to_json(result));
    cJSON_AddNumberToObject(json, "seconds", result->seconds);
    cJSON_AddNumberToObject(json, "seed", result->seed);
    cJSON_AddNumberToObject(json, "rounds", result->rounds);
    cJSON_AddNumberToObject(json, "round_ms", result->round_ms);
    cJSON_AddBoolToObject(json, "interrupted", result->interrupted);
    cJSON *paths = cJSON_AddArrayToObject(json, "paths");
    for (size_t i = 0; i < result->n_paths; i++) {
        cJSON_AddItemToArray(paths, path_to_json(result, &result->paths[i]));
    }
    add_strings(json, "advice", result->advice, result->n_advice);
    return json;
}
