/* Paths: the ways between two guests on a host that are compared, set up to be measured. */
#ifndef COMPARE_PATH_H
#define COMPARE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "compare/measure.h"

struct testbed;

/* A kind of path; there is one table of them, in the order in which they are shown. */
struct path_kind {
    const char *id; /* as of compare_path */
    const char *title;
    bool floor;

    /* Makes the path's switch and its endpoints, by the same plug code that guests get where it has
     * guests' endpoints, and stores what is to be measured; closed with the testbed. Returns 0;
     * -EOPNOTSUPP where this cannot be had here, with the reason as the sentence; or another
     * negative errno value, which is a failure. */
    int (*open)(struct testbed *testbed, struct compare_pair *pair, char **errorp);
};

extern const struct path_kind path_kinds[];
extern const size_t n_path_kinds;

#endif
