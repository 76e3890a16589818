/* Measuring: frames between two endpoints, by one thread, as dataplane experiments have shown it to
 * give stable figures. Nothing here knows what lies between. */
#ifndef COMPARE_MEASURE_H
#define COMPARE_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "compare/endpoint.h"
#include "compare/result.h"

/* What is measured between. */
struct compare_pair {
    struct endpoint a;
    struct endpoint b;
    const struct endpoint *other_vlan; /* C, or NULL */
    const pid_t *switch_pids;          /* whose threads do the switching: their CPU time counts */
    size_t n_switch_pids;
    uint32_t seed;            /* of tokens and addresses */
    volatile const int *stop; /* set by a signal: end soon; or NULL */
};

/* Makes the pair known to the switch between, and waits until a frame passes both ways (at most
 * `timeout_ms`, since carriers and learning take their time), where it does at all. */
void measure_settle(const struct compare_pair *pair, int timeout_ms);

/* Fills in who reaches whom. Each question is asked again before it is answered no, which takes
 * 300 ms for all together. Its own broadcast is one from its own address: from another, such as a
 * nested guest's, a macvtap in VEPA mode does not know it again. Returns 0, -EINTR on `stop`, or
 * what an endpoint failed with. */
int measure_reach(const struct compare_pair *pair, enum compare_answer reach[REACH_N],
                  char **errorp);

/* What becomes of a TCP frame with its checksum left to be done, and of one of 64 KB that is to be
 * cut into segments. OFFLOAD_UNTRIED where A has no offloads, or where not even a finished TCP
 * frame arrives. As measure_reach(). */
int measure_offloads(const struct compare_pair *pair, enum compare_offload *checksum,
                     enum compare_offload *segmentation, char **errorp);

/* One round of a load, or of round trips, of about `ms` milliseconds, and up to a second more where
 * frames are lost. -ENETUNREACH where nothing arrives, or of LOAD_GSO where A has no offloads; else
 * as measure_reach(). */
int measure_load(const struct compare_pair *pair, enum compare_load load, int ms,
                 struct compare_sample *sample, char **errorp);
int measure_trips(const struct compare_pair *pair, int ms, struct compare_trip *trip,
                  char **errorp);

#endif
