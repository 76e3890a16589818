/* Paths: the ways between two guests on a host that are compared, set up to be measured. */
#ifndef COMPARE_PATH_H
#define COMPARE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "compare/measure.h"

struct testbed;
struct testbed_options;

/* A kind of path; there is one table of them, in the order in which they are shown. */
struct path_kind {
    const char *id; /* as of compare_path */
    const char *title;
    bool floor;

    enum path_choice {
        PATH_USUAL,      /* measured where nobody says otherwise */
        PATH_ON_REQUEST, /* only by its id or "all" */
        PATH_OF_BRIDGE,  /* of the host's own bridge, where one is named */
        PATH_OF_LOWER,   /* of the host's own lower device, likewise */
    } choice;

    /* Makes the path's switch and its endpoints, by the same plug code that guests get where it has
     * guests' endpoints, and stores what is to be measured; closed with the testbed. Adds notes of
     * its own to `path`. Returns 0; -EOPNOTSUPP where this cannot be had here, with the reason as
     * the sentence; or another negative errno value, which is a failure. */
    int (*open)(struct testbed *testbed, struct compare_pair *pair, struct compare_path *path,
                char **errorp);
};

extern const struct path_kind path_kinds[];
extern const size_t n_path_kinds;

/* Chooses kinds, in the table's order: those that `list` names, ids with commas in between, "all"
 * for all; or, for NULL, the usual ones, and of the host's own network where one is named those of
 * that and the floors. -EINVAL for an id that there is none of, or one of the host's own network
 * where none is named, with a sentence that lists what there is. On success the caller frees
 * *chosen. */
int paths_choose(const char *list, const struct testbed_options *options,
                 const struct path_kind ***chosen, size_t *n, char **errorp);

/* The ids of all kinds for a sentence: "ovs, bridge, ..."; caller frees. */
char *paths_ids(void);

/* Adds a note to what is said of a path. */
void path_note(struct compare_path *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
