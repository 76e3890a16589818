#include "compare/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/machine.h"
#include "compare/switch.h"

/* How long a path may take until frames pass: an Open vSwitch that has just been given its ports
 * may take some tenths of a second, and where nothing ever passes all of it is waited for. */
#define SETTLE_MS 500

/* Rounds in which nothing arrives are tried again, so often: others use the machine, too. */
#define ATTEMPTS 3

/* A path while it is measured. */
struct lane {
    const struct path_kind *kind;
    struct compare_pair pair;
    struct compare_path *path;
    const struct testbed_path *place;
    bool open;
    bool loads[LOAD_N]; /* what is measured of it */
    bool trips;
};

struct run {
    const struct compare_options *options;
    struct compare_result *result;
    struct testbed testbed;
    struct lane *lanes;
    size_t n_lanes;
    size_t steps_done;
};

static bool stopped(const struct run *run)
{
    return run->options->stop && *run->options->stop;
}

/* Tells what is begun. Every path is a step to set up, one to look at, one a round, and one with
 * guests. */
static void tell(struct run *run, const struct lane *lane, const char *what)
{
    const struct compare_options *options = run->options;
    size_t steps = run->n_lanes * (2 + options->rounds + (options->guests ? 1 : 0));

    if (options->progress) {
        auto_free char *text = str_printf("%s: %s", lane->kind->title, what);

        options->progress(options->progress_data, (double)run->steps_done / (double)steps, text);
    }
    run->steps_done++;
}

/* Whether it is no longer a path that cannot be had here: no other path would be spared either, or
 * it is one that somebody has named a device for. */
static bool is_failure(const struct lane *lane, int error)
{
    return error == -EPERM || lane->kind->choice == PATH_OF_BRIDGE ||
           lane->kind->choice == PATH_OF_LOWER;
}

/* Sets one path up. The reason why that is not possible becomes the path's, unless it is a failure.
 */
static int open_lane(struct run *run, struct lane *lane, char **errorp)
{
    auto_free char *sentence = NULL;

    tell(run, lane, "setting up");
    int error = lane->kind->open(&run->testbed, &lane->pair, lane->path, &sentence);

    lane->open = error == 0;
    if (lane->open) {
        lane->place = run->testbed.paths[run->testbed.n_paths - 1];
    }
    /* What a signal cut short is no failure. */
    if (!error || stopped(run)) {
        return 0;
    }
    if (is_failure(lane, error)) {
        return error_set(errorp, -error, "%s", sentence ? sentence : strerror(-error));
    }
    lane->path->skipped = steal_ptr(sentence);
    if (!lane->path->skipped) {
        lane->path->skipped = str_dup(strerror(-error));
    }
    return 0;
}

static int open_lanes(struct run *run, char **errorp)
{
    const char *reason = NULL;
    bool any = false;

    for (size_t i = 0; i < run->n_lanes && !stopped(run); i++) {
        int error = open_lane(run, &run->lanes[i], errorp);

        if (error) {
            return error;
        }
        any = any || run->lanes[i].open;
        reason = reason ? reason : run->lanes[i].path->skipped;
    }
    if (!any && !stopped(run)) {
        return error_set(errorp, EOPNOTSUPP, "no path can be measured here: %s",
                         reason ? reason : "none is wanted");
    }
    return 0;
}

/* What of a path fails after it was set up is no longer measured, and said. */
static void give_up(struct lane *lane, int error, const char *what, const char *sentence)
{
    if (error != -EINTR) {
        path_note(lane->path, "%s: %s", what, sentence ? sentence : strerror(-error));
    }
}

static bool offloads_survive(const struct compare_path *path)
{
    return (path->checksum == OFFLOAD_RIGHT || path->checksum == OFFLOAD_UNTRIED) &&
           (path->segmentation == OFFLOAD_RIGHT || path->segmentation == OFFLOAD_UNTRIED);
}

/* Decides what is worth measuring. Who is behind a floor is no question. */
static void choose_loads(struct lane *lane)
{
    struct compare_path *path = lane->path;
    bool passes = lane->kind->floor || path->reach[REACH_UNICAST] == COMPARE_YES;

    if (!passes || !offloads_survive(path)) {
        return;
    }
    lane->loads[LOAD_64] = lane->loads[LOAD_1500] = lane->trips = true;
    lane->loads[LOAD_GSO] = path->segmentation == OFFLOAD_RIGHT;
}

/* Who reaches whom, and what becomes of offloaded frames. */
static void look(struct run *run, struct lane *lane)
{
    struct compare_path *path = lane->path;
    auto_free char *sentence = NULL;
    int error = 0;

    tell(run, lane, "who reaches whom");
    measure_settle(&lane->pair, SETTLE_MS);
    if (!lane->kind->floor) {
        error = measure_reach(&lane->pair, path->reach, &sentence);
    }
    if (!error && (lane->kind->floor || path->reach[REACH_UNICAST] == COMPARE_YES)) {
        error = measure_offloads(&lane->pair, &path->checksum, &path->segmentation, &sentence);
    }
    if (error) {
        give_up(lane, error, "it could not be looked at", sentence);
    } else {
        choose_loads(lane);
    }
}

static void make_room(struct run *run, struct lane *lane)
{
    for (size_t l = 0; l < LOAD_N; l++) {
        if (lane->loads[l]) {
            lane->path->samples[l] = mem_zalloc(run->options->rounds *
                                                sizeof(struct compare_sample));
        }
    }
    if (lane->trips) {
        lane->path->trips = mem_zalloc(run->options->rounds * sizeof(struct compare_trip));
    }
}

/* A load that a path turned out not to carry is not one of its loads. */
static void drop_load(struct lane *lane, enum compare_load load)
{
    lane->loads[load] = false;
    free(lane->path->samples[load]);
    lane->path->samples[load] = NULL;
}

static void drop_trips(struct lane *lane)
{
    lane->trips = false;
    free(lane->path->trips);
    lane->path->trips = NULL;
}

static void measure_one_load(struct run *run, struct lane *lane, enum compare_load load)
{
    struct compare_sample *sample = &lane->path->samples[load][lane->path->n_rounds];
    auto_free char *sentence = NULL;
    int error = -ENETUNREACH;

    for (int attempt = 0; attempt < ATTEMPTS && error == -ENETUNREACH && !stopped(run); attempt++) {
        free(steal_ptr(sentence));
        error = measure_load(&lane->pair, load, (int)run->options->round_ms, sample, &sentence);
    }
    if (error && error != -EINTR && !stopped(run)) {
        auto_free char *what = str_printf("%s bytes, round %zu", compare_load_name(load),
                                          lane->path->n_rounds + 1);

        give_up(lane, error, what, sentence);
        drop_load(lane, load);
    }
}

static void measure_one_trip(struct run *run, struct lane *lane)
{
    struct compare_trip *trip = &lane->path->trips[lane->path->n_rounds];
    auto_free char *sentence = NULL;
    int error = -ENETUNREACH;

    for (int attempt = 0; attempt < ATTEMPTS && error == -ENETUNREACH && !stopped(run); attempt++) {
        free(steal_ptr(sentence));
        error = measure_trips(&lane->pair, (int)run->options->round_ms, trip, &sentence);
    }
    if (error && error != -EINTR && !stopped(run)) {
        give_up(lane, error, "round trips", sentence);
        drop_trips(lane);
    }
}

/* One round of one path: it counts when all of it is there. */
static void measure_round(struct run *run, struct lane *lane, unsigned round)
{
    auto_free char *what = str_printf("round %u of %u", round + 1, run->options->rounds);

    tell(run, lane, what);
    for (enum compare_load load = 0; load < LOAD_N && !stopped(run); load++) {
        if (lane->loads[load]) {
            measure_one_load(run, lane, load);
        }
    }
    if (lane->trips && !stopped(run)) {
        measure_one_trip(run, lane);
    }
    if (!stopped(run)) {
        lane->path->n_rounds++;
    }
}

static void measure_lanes(struct run *run)
{
    for (size_t i = 0; i < run->n_lanes && !stopped(run); i++) {
        if (run->lanes[i].open) {
            look(run, &run->lanes[i]);
            make_room(run, &run->lanes[i]);
        }
    }
    for (unsigned round = 0; round < run->options->rounds; round++) {
        for (size_t i = 0; i < run->n_lanes && !stopped(run); i++) {
            if (run->lanes[i].open) {
                measure_round(run, &run->lanes[i], round);
            }
        }
    }
}

/* "unicast yes, broadcast no", of what was asked; caller frees. */
static char *describe_reach(const enum compare_answer reach[REACH_N])
{
    char *text = str_dup("");

    for (unsigned i = 0; i < REACH_N; i++) {
        if (reach[i] != COMPARE_UNTRIED) {
            char *longer = str_printf("%s%s%s %s", text, text[0] ? ", " : "",
                                      compare_reach_title(i),
                                      reach[i] == COMPARE_YES ? "yes" : "no");

            free(text);
            text = longer;
        }
    }
    return text;
}

/* Says in words what guests found, and where that is not what their ports were found to do. */
static void note_guests(struct compare_path *path)
{
    const struct compare_guests *guests = &path->guests;
    auto_free char *reach = describe_reach(guests->reach);

    if (guests->gbits > 0) {
        path_note(path, "between guests: %s, TCP %.3g Gb/s", reach, guests->gbits);
    } else {
        path_note(path, "between guests: %s", reach);
    }
    for (unsigned i = 0; i < REACH_N; i++) {
        if (guests->reach[i] != COMPARE_UNTRIED && guests->reach[i] != path->reach[i]) {
            path_note(path, "guests and the endpoints without them differ in %s",
                      compare_reach_title(i));
        }
    }
}

static void ask_guests(struct run *run, struct lane *lane)
{
    const struct compare_options *options = run->options;
    const struct site *site = &lane->place->site;
    auto_free char *sentence = NULL;

    tell(run, lane, "between guests");
    int error = options->guests(options->guests_data, site->guests, site->n_guests,
                                &lane->path->guests, &sentence);

    if (!error) {
        note_guests(lane->path);
    } else if (!stopped(run)) {
        give_up(lane, error, "between guests", sentence);
    }
}

/* One path after the other, since guests need the machine for themselves. */
static void ask_all_guests(struct run *run)
{
    for (size_t i = 0; i < run->n_lanes && run->options->guests && !stopped(run); i++) {
        if (run->lanes[i].open && !run->lanes[i].kind->floor) {
            ask_guests(run, &run->lanes[i]);
        }
    }
}

/* That of any of the switches, of one's own or the host's. */
static char *ovs_version(struct testbed *testbed)
{
    char *version = NULL;

    for (size_t i = 0; i < testbed->n_paths && !version; i++) {
        version = switch_version(&testbed->paths[i]->site);
    }
    return version;
}

static void begin(struct run *run)
{
    const struct compare_options *options = run->options;
    struct compare_result *result = run->result;

    *result = (struct compare_result){
        .version = str_dup(options->version),
        .command = str_dup(options->command),
        .seed = options->testbed.seed,
        .rounds = options->rounds,
        .round_ms = options->round_ms,
        .n_paths = options->n_kinds,
    };
    result->paths = mem_zalloc(options->n_kinds * sizeof *result->paths);
    run->n_lanes = options->n_kinds;
    run->lanes = mem_zalloc(options->n_kinds * sizeof *run->lanes);
    for (size_t i = 0; i < run->n_lanes; i++) {
        result->paths[i] = (struct compare_path){
            .id = str_dup(options->kinds[i]->id),
            .title = str_dup(options->kinds[i]->title),
            .floor = options->kinds[i]->floor,
        };
        run->lanes[i] = (struct lane){
            .kind = options->kinds[i],
            .path = &result->paths[i],
            .pair = {.seed = options->testbed.seed + (uint32_t)i, .stop = options->stop},
        };
    }
    machine_before(result);
}

/* What was not even set up when the comparison was stopped has a reason for having nothing. */
static void say_what_is_missing(struct run *run)
{
    for (size_t i = 0; i < run->n_lanes; i++) {
        if (!run->lanes[i].open && !run->lanes[i].path->skipped) {
            run->lanes[i].path->skipped = str_dup("the comparison was interrupted before");
        }
    }
}

int compare_run(const struct compare_options *options, struct compare_result *result, char **errorp)
{
    struct run run = {.options = options, .result = result};
    auto_free char *sentence = NULL;

    begin(&run);
    int error = testbed_open(&run.testbed, &options->testbed, errorp);

    if (!error) {
        error = open_lanes(&run, errorp);
    }
    if (!error) {
        result->ovs_version = ovs_version(&run.testbed);
        measure_lanes(&run);
        ask_all_guests(&run);
    }
    result->interrupted = stopped(&run);
    int failure = testbed_close(&run.testbed, &sentence);

    if (failure && error) {
        error_append(errorp, "%s", sentence);
    } else if (failure) {
        error = error_set(errorp, -failure, "%s", sentence);
    }
    say_what_is_missing(&run);
    machine_after(result);
    free(run.lanes);
    if (error) {
        compare_result_clear(result);
    }
    return error;
}
