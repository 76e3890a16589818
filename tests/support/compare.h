/* A result of a comparison made by hand, with figures as they were once measured: two taps on
 * several switches, one of which spoils offloaded frames, and one path that cannot run. */
#ifndef TESTS_SUPPORT_COMPARE_H
#define TESTS_SUPPORT_COMPARE_H

#include "base/mem.h"
#include "compare/advice.h"
#include "compare/result.h"
#include "support/test.h"

struct fixture_path {
    const char *id;
    const char *title;
    bool floor;
    const char *skipped;
    const char *reach; /* y, n or - for each question */
    enum compare_offload checksum;
    enum compare_offload segmentation;
    double pps[LOAD_N]; /* 0: the load cannot pass */
    double cpu_us[LOAD_N];
    double trip_us; /* median; 0: none */
    double noise;   /* 1: that of a path in the kernel */
    const char *note;
};

static const struct fixture_path fixture_paths[] = {
    {"ovs", "Open vSwitch userspace", .reach = "yyyyynyn", .checksum = OFFLOAD_CORRUPTED,
     .segmentation = OFFLOAD_LOST, .pps = {234e3, 221e3, 0}, .cpu_us = {4.7, 5.3, 0}, .trip_us = 35,
     .noise = 4, .note = "ovs-vswitchd serves 3 ports"},
    {"ovs-kernel", "Open vSwitch kernel",
     .skipped = "the kernel has no module openvswitch: modprobe openvswitch, or install a kernel "
                "that has it"},
    {"bridge", "Linux bridge", .reach = "yyyyyn--", .checksum = OFFLOAD_RIGHT,
     .segmentation = OFFLOAD_RIGHT, .pps = {756e3, 722e3, 197e3}, .cpu_us = {1.34, 1.40, 5.1},
     .trip_us = 2.5, .noise = 1},
    {"macvtap-bridge", "macvtap bridge", .reach = "yyynyn--", .checksum = OFFLOAD_RIGHT,
     .segmentation = OFFLOAD_RIGHT, .pps = {742e3, 698e3, 211e3}, .cpu_us = {1.36, 1.45, 5.1},
     .trip_us = 2.5, .noise = 1},
    {"vepa", "macvtap VEPA", .reach = "yyynyn--", .checksum = OFFLOAD_RIGHT,
     .segmentation = OFFLOAD_RIGHT, .pps = {575e3, 553e3, 192e3}, .cpu_us = {1.76, 1.82, 5.3},
     .trip_us = 3.2, .noise = 1},
    {"private", "macvtap private", .reach = "ynnnyy--", .checksum = OFFLOAD_RIGHT,
     .segmentation = OFFLOAD_RIGHT, .pps = {579e3, 541e3, 194e3}, .cpu_us = {1.74, 1.86, 5.2},
     .trip_us = 3.2, .noise = 1},
    {"passthrough", "macvtap passthrough", .reach = "yyyyyn--", .checksum = OFFLOAD_RIGHT,
     .segmentation = OFFLOAD_RIGHT, .pps = {581e3, 545e3, 194e3}, .cpu_us = {1.74, 1.86, 5.3},
     .trip_us = 3.2, .noise = 1},
    {"floor-tap", "bare tap", .floor = true, .reach = "--------", .pps = {830e3, 775e3, 200e3},
     .cpu_us = {1.22, 1.31, 5.1}, .trip_us = 1.1, .noise = 1},
    {"floor-packet", "packet socket", .floor = true, .reach = "--------", .pps = {690e3, 664e3, 0},
     .cpu_us = {1.46, 1.52, 0}, .trip_us = 2.7, .noise = 1},
};

/* What makes the rounds differ, in percent. */
static const double fixture_noise[] = {-1, 2, 0, -3, 1};
#define FIXTURE_ROUNDS ARRAY_LEN(fixture_noise)

static inline void fixture_measure(const struct fixture_path *from, struct compare_path *path)
{
    path->n_rounds = FIXTURE_ROUNDS;
    for (size_t i = 0; i < LOAD_N; i++) {
        path->samples[i] = from->pps[i] > 0 ? mem_zalloc(FIXTURE_ROUNDS * sizeof *path->samples[i])
                                            : NULL;
    }
    path->trips = from->trip_us > 0 ? mem_zalloc(FIXTURE_ROUNDS * sizeof *path->trips) : NULL;
    for (size_t round = 0; round < FIXTURE_ROUNDS; round++) {
        double factor = 1 + fixture_noise[round] * from->noise / 100;

        for (size_t i = 0; i < LOAD_N && from->noise > 0; i++) {
            if (path->samples[i]) {
                path->samples[i][round] = (struct compare_sample){
                    from->pps[i] * factor, from->cpu_us[i] / factor, 32000, round == 3 ? 2 : 0};
            }
        }
        if (path->trips) {
            path->trips[round] = (struct compare_trip){
                from->trip_us / factor, from->trip_us * 1.2 / factor, from->trip_us * 3 / factor};
        }
    }
}

static inline void fixture_path(const struct fixture_path *from, struct compare_path *path)
{
    path->id = str_dup(from->id);
    path->title = str_dup(from->title);
    path->floor = from->floor;
    path->skipped = str_dup_or_null(from->skipped);
    if (from->skipped) {
        return;
    }
    for (size_t i = 0; i < REACH_N; i++) {
        path->reach[i] = from->reach[i] == 'y'   ? COMPARE_YES
                         : from->reach[i] == 'n' ? COMPARE_NO
                                                 : COMPARE_UNTRIED;
    }
    path->checksum = from->checksum;
    path->segmentation = from->segmentation;
    fixture_measure(from, path);
    if (from->note) {
        path->notes = mem_zalloc(sizeof *path->notes);
        path->notes[path->n_notes++] = str_dup(from->note);
    }
}

/* A result of `n` paths, without advice. */
static inline void fixture_of(const struct fixture_path *paths, size_t n,
                              struct compare_result *result)
{
    *result = (struct compare_result){
        .version = str_dup("0.1.0"),
        .started = str_dup("2026-11-20T09:30:00Z"),
        .command = str_dup("vifplug compare --rounds 5 --seed 7"),
        .kernel = str_dup("Linux 6.1.0-28-amd64"),
        .cpu = str_dup("AMD EPYC 7763 64-Core Processor"),
        .n_cpus = 2,
        .ovs_version = str_dup("3.1.0"),
        .load_before = 0.12,
        .load_after = 0.61,
        .seconds = 21.4,
        .seed = 7,
        .rounds = FIXTURE_ROUNDS,
        .round_ms = 60,
        .paths = mem_zalloc(n * sizeof *result->paths + 1),
        .n_paths = n,
    };
    for (size_t i = 0; i < n; i++) {
        fixture_path(&paths[i], &result->paths[i]);
    }
}

/* All of them, with their advice. */
static inline void fixture_result(struct compare_result *result)
{
    fixture_of(fixture_paths, ARRAY_LEN(fixture_paths), result);
    compare_advise(result);
}

#endif
