/* What a comparison has found: every figure of every round, so that whoever reads the result later
 * can judge it anew. */
#ifndef COMPARE_RESULT_H
#define COMPARE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum compare_answer { COMPARE_UNTRIED, COMPARE_NO, COMPARE_YES };

/* Who is reached by a frame that endpoint A sends. */
enum compare_reach {
    REACH_UNICAST,         /* B, at its own address */
    REACH_BROADCAST,       /* B */
    REACH_MULTICAST,       /* B, a group that it did not join */
    REACH_UNKNOWN_UNICAST, /* B, an address that nobody has */
    REACH_OTHER_SOURCE,    /* B, from a source address that is not A's own */
    REACH_OWN_BROADCAST,   /* A itself gets its own broadcast back */
    REACH_SAME_VLAN,       /* B of the same VLAN, where the path has VLANs */
    REACH_OTHER_VLAN,      /* C of another VLAN, likewise */
    REACH_N,
};

/* What becomes of a frame that its sender left a checksum or segmentation to be done of. */
enum compare_offload {
    OFFLOAD_UNTRIED,
    OFFLOAD_RIGHT,     /* it arrives, whole or in segments, and its checksum is right or still to
                          be done */
    OFFLOAD_CORRUPTED, /* it arrives with a wrong checksum, and no word of it */
    OFFLOAD_LOST,
};

/* Frames of three sizes: 64 B, 1500 B, and 64 KB with segmentation offload. */
enum compare_load { LOAD_64, LOAD_1500, LOAD_GSO, LOAD_N };

/* One round of one load, in bursts of one thread: A's frames are written, then read from B. */
struct compare_sample {
    double pps;         /* median over the round's bursts, frames a second */
    double cpu_us;      /* per frame: both ends and the switch's own threads */
    unsigned long sent; /* frames */
    unsigned long lost; /* of these */
};

/* One round of round trips, A to B and back by one thread, in microseconds. */
struct compare_trip {
    double p50_us;
    double p90_us;
    double p99_us;
};

/* What real guests found at the ends of a path. They are asked about unicast and broadcast, and
 * same and other VLAN, only. */
struct compare_guests {
    enum compare_answer reach[REACH_N];
    double gbits; /* a second of TCP, A to B; 0 where that was not measured */
};

struct compare_path {
    char *id;      /* "ovs", "ovs-kernel", "bridge", "macvtap-bridge", "vepa", ...: --paths */
    char *title;   /* for people */
    char *skipped; /* why it cannot run here, or NULL; then nothing below is set */
    bool floor;    /* not a way between guests, but what the machine itself costs */

    enum compare_answer reach[REACH_N];
    enum compare_offload checksum;
    enum compare_offload segmentation;
    struct compare_sample *samples[LOAD_N]; /* NULL where the load cannot pass */
    struct compare_trip *trips;
    size_t n_rounds; /* of each of them; less than asked for when interrupted */
    struct compare_guests guests;
    char **notes;
    size_t n_notes;
};

struct compare_result {
    char *version; /* vifplug's */
    char *started; /* ISO 8601, UTC */
    char *command; /* that repeats it */
    char *kernel;
    char *cpu;
    unsigned n_cpus;
    char *ovs_version;  /* or NULL */
    char *qemu_version; /* or NULL */
    double load_before; /* average over a minute */
    double load_after;
    double seconds; /* that it took */
    uint32_t seed;
    bool interrupted;
    unsigned rounds; /* asked for */
    unsigned round_ms;
    struct compare_path *paths;
    size_t n_paths;
    char **advice; /* the recommendation, a sentence each */
    size_t n_advice;
};

/* Words in JSON and for --paths, tables and the report. */
const char *compare_reach_name(enum compare_reach reach);  /* "unicast", "own-broadcast", ... */
const char *compare_reach_title(enum compare_reach reach); /* "its own broadcast comes back", ... */
const char *compare_load_name(enum compare_load load);     /* "64", "1500", "gso" */
const char *compare_load_title(enum compare_load load);    /* "64 B", "1500 B", "64 KB" */
const char *compare_offload_name(enum compare_offload offload); /* "right", "corrupted", ... */

/* The length of a load's frames, for figures in bits; of a GSO frame, nearly 64 KB. */
double compare_load_bytes(enum compare_load load);

/* The path of that id, or NULL. */
const struct compare_path *compare_find(const struct compare_result *result, const char *id);

/* Whether it has been measured and neither corrupts nor loses frames that leave a checksum or
 * segmentation to be done: only such a path is compared with others. */
bool compare_path_is_sound(const struct compare_path *path);

void compare_result_clear(struct compare_result *result);

/* The result as JSON, the shape that vifplug-compare(7) documents, and back; the latter also for
 * --baseline and for a report of an earlier run. -EINVAL for anything else. */
struct cJSON *compare_result_to_json(const struct compare_result *result);
int compare_result_from_json(const struct cJSON *json, struct compare_result *result,
                             char **errorp);

#endif
