/* struct compare_result from JSON. What follows from the rounds (medians, ratios) is not read, but
 * made anew where it is wanted. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/result.h"
#include "compare/text.h"

/* Far more than anybody measures; keeps what a damaged file asks for within bounds. */
#define PATHS_MAX  256
#define ROUNDS_MAX 1000000

/* The first member that was not as it should be; the others are then moot. */
struct reader {
    char *wrong;
};

/* An object to read, and how it is called in a sentence. */
struct place {
    struct reader *reader;
    const cJSON *object;
    const char *name;
};

static void is_wrong(const struct place *place, const char *key)
{
    if (!place->reader->wrong) {
        place->reader->wrong = str_printf("%s%s%s", place->name, place->name[0] ? "." : "", key);
    }
}

/* The member if it is of that type; NULL if it is null, which is wrong unless `nullable`. */
static const cJSON *member(const struct place *place, const char *key,
                           cJSON_bool (*is_type)(const cJSON *), bool nullable)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(place->object, key);

    if (value && is_type(value)) {
        return value;
    }
    if (!nullable || !cJSON_IsNull(value)) {
        is_wrong(place, key);
    }
    return NULL;
}

/* A copy that is well-formed, which cJSON does not look at. */
static char *copy_string(const cJSON *value)
{
    char *copy = str_dup(value->valuestring);

    text_repair(copy);
    return copy;
}

static char *read_string(const struct place *place, const char *key)
{
    const cJSON *value = member(place, key, cJSON_IsString, false);

    return value ? copy_string(value) : str_dup("");
}

static char *read_string_or_null(const struct place *place, const char *key)
{
    const cJSON *value = member(place, key, cJSON_IsString, true);

    return value ? copy_string(value) : NULL;
}

static bool read_bool(const struct place *place, const char *key)
{
    return cJSON_IsTrue(member(place, key, cJSON_IsBool, false));
}

/* A figure: finite, since that is what JSON has, and not negative. */
static double read_figure(const struct place *place, const char *key)
{
    const cJSON *value = member(place, key, cJSON_IsNumber, false);
    double number = value ? value->valuedouble : 0;

    if (!isfinite(number) || number < 0) {
        is_wrong(place, key);
        return 0;
    }
    return number;
}

/* A whole number up to `most`. */
static uint64_t read_count(const struct place *place, const char *key, uint64_t most)
{
    double number = read_figure(place, key);

    if (number > (double)most || number != floor(number)) {
        is_wrong(place, key);
        return 0;
    }
    return (uint64_t)number;
}

static void read_strings(const struct place *place, const char *key, char ***strings, size_t *n)
{
    const cJSON *string;

    cJSON_ArrayForEach(string, member(place, key, cJSON_IsArray, false))
    {
        if (!cJSON_IsString(string)) {
            is_wrong(place, key);
            return;
        }
        *strings = mem_resize(*strings, *n + 1, sizeof **strings);
        (*strings)[(*n)++] = copy_string(string);
    }
}

static enum compare_answer read_answer(const struct place *place, const char *key)
{
    const cJSON *value = member(place, key, cJSON_IsBool, true);

    return !value ? COMPARE_UNTRIED : cJSON_IsTrue(value) ? COMPARE_YES : COMPARE_NO;
}

static enum compare_offload read_offload(const struct place *place, const char *key)
{
    const cJSON *value = member(place, key, cJSON_IsString, false);

    for (enum compare_offload i = OFFLOAD_UNTRIED; value && i <= OFFLOAD_LOST; i++) {
        if (str_eq(value->valuestring, compare_offload_name(i))) {
            return i;
        }
    }
    is_wrong(place, key);
    return OFFLOAD_UNTRIED;
}

/* The array of all rounds of the object at `key`: as many as the path has, `size` bytes for each,
 * filled in by read_round(). NULL for null. */
static void *read_rounds(const struct place *path, const char *key, size_t n, size_t size,
                         void (*read_round)(const struct place *, void *))
{
    const cJSON *object = member(path, key, cJSON_IsObject, true);
    auto_free char *name = str_printf("%s%s%s", path->name, path->name[0] ? "." : "", key);
    const struct place of_key = {path->reader, object, name};
    auto_free char *rounds_name = str_printf("%s.rounds", name);

    if (!object) {
        return NULL;
    }
    const cJSON *rounds = member(&of_key, "rounds", cJSON_IsArray, false);
    if (cJSON_GetArraySize(rounds) != (int)n) {
        is_wrong(&of_key, "rounds");
        return NULL;
    }
    char *array = mem_zalloc(n * size + 1);
    char *next = array;
    const cJSON *round;
    cJSON_ArrayForEach(round, rounds)
    {
        read_round(&(struct place){path->reader, round, rounds_name}, next);
        next += size;
    }
    return array;
}

static void read_sample(const struct place *place, void *round)
{
    struct compare_sample *sample = round;

    sample->pps = read_figure(place, "pps");
    sample->cpu_us = read_figure(place, "cpu_us");
    sample->sent = read_count(place, "sent", UINT32_MAX);
    sample->lost = read_count(place, "lost", UINT32_MAX);
}

static void read_trip(const struct place *place, void *round)
{
    struct compare_trip *trip = round;

    trip->p50_us = read_figure(place, "p50_us");
    trip->p90_us = read_figure(place, "p90_us");
    trip->p99_us = read_figure(place, "p99_us");
}

static void read_reach(const struct place *place, struct compare_path *path)
{
    auto_free char *name = str_printf("%s.reach", place->name);
    const struct place reach = {place->reader, member(place, "reach", cJSON_IsObject, false), name};

    for (unsigned i = 0; i < REACH_N; i++) {
        path->reach[i] = read_answer(&reach, compare_reach_name(i));
    }
}

static void read_loads(const struct place *place, struct compare_path *path)
{
    auto_free char *name = str_printf("%s.loads", place->name);
    const struct place loads = {place->reader, member(place, "loads", cJSON_IsObject, false), name};

    for (unsigned i = 0; i < LOAD_N; i++) {
        path->samples[i] = read_rounds(&loads, compare_load_name(i), path->n_rounds,
                                       sizeof *path->samples[i], read_sample);
    }
}

/* Results of earlier versions do not have them. */
static void read_guests(const struct place *place, struct compare_guests *guests)
{
    static const enum compare_reach asked[] = {REACH_UNICAST, REACH_BROADCAST, REACH_SAME_VLAN,
                                               REACH_OTHER_VLAN};
    auto_free char *name = str_printf("%s.guests", place->name);

    if (!cJSON_GetObjectItemCaseSensitive(place->object, "guests")) {
        return;
    }
    const struct place from = {place->reader, member(place, "guests", cJSON_IsObject, false), name};

    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        guests->reach[asked[i]] = read_answer(&from, compare_reach_name(asked[i]));
    }
    if (member(&from, "gbits", cJSON_IsNumber, true)) {
        guests->gbits = read_figure(&from, "gbits");
    }
}

static void read_path(const struct place *place, struct compare_path *path)
{
    path->id = read_string(place, "id");
    path->title = read_string(place, "title");
    path->skipped = read_string_or_null(place, "skipped");
    path->floor = read_bool(place, "floor");
    read_reach(place, path);
    path->checksum = read_offload(place, "checksum");
    path->segmentation = read_offload(place, "segmentation");
    path->n_rounds = read_count(place, "rounds", ROUNDS_MAX);
    read_loads(place, path);
    path->trips = read_rounds(place, "trips", path->n_rounds, sizeof *path->trips, read_trip);
    read_guests(place, &path->guests);
    read_strings(place, "notes", &path->notes, &path->n_notes);
}

static void read_paths(const struct place *place, struct compare_result *result)
{
    const cJSON *paths = member(place, "paths", cJSON_IsArray, false);
    int n = cJSON_GetArraySize(paths);
    const cJSON *path;

    if (n > PATHS_MAX) {
        is_wrong(place, "paths");
        return;
    }
    result->paths = mem_zalloc((size_t)n * sizeof *result->paths + 1);
    cJSON_ArrayForEach(path, paths)
    {
        auto_free char *name = str_printf("paths[%zu]", result->n_paths);

        read_path(&(struct place){place->reader, path, name}, &result->paths[result->n_paths++]);
    }
}

static void read_machine(const struct place *place, struct compare_result *result)
{
    const struct place machine = {place->reader, member(place, "machine", cJSON_IsObject, false),
                                  "machine"};

    result->kernel = read_string(&machine, "kernel");
    result->cpu = read_string(&machine, "cpu");
    result->n_cpus = (unsigned)read_count(&machine, "cpus", UINT32_MAX);
    result->ovs_version = read_string_or_null(&machine, "ovs");
    result->qemu_version = read_string_or_null(&machine, "qemu");
    result->load_before = read_figure(&machine, "load_before");
    result->load_after = read_figure(&machine, "load_after");
}

int compare_result_from_json(const cJSON *json, struct compare_result *result, char **errorp)
{
    struct reader reader = {};
    const struct place place = {&reader, json, ""};

    memset(result, 0, sizeof *result);
    result->version = read_string(&place, "version");
    result->started = read_string(&place, "started");
    result->command = read_string(&place, "command");
    read_machine(&place, result);
    result->seconds = read_figure(&place, "seconds");
    result->seed = (uint32_t)read_count(&place, "seed", UINT32_MAX);
    result->rounds = (unsigned)read_count(&place, "rounds", ROUNDS_MAX);
    result->round_ms = (unsigned)read_count(&place, "round_ms", UINT32_MAX);
    result->interrupted = read_bool(&place, "interrupted");
    read_paths(&place, result);
    read_strings(&place, "advice", &result->advice, &result->n_advice);

    if (reader.wrong) {
        compare_result_clear(result);
        error_set(errorp, EINVAL,
                  "this is no result of a comparison: member \"%s\" is missing or not what it "
                  "should be",
                  reader.wrong);
        free(reader.wrong);
        return -EINVAL;
    }
    return 0;
}
