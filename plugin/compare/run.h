/* The runner: sets paths up, measures them in turns, and takes them away. */
#ifndef COMPARE_RUN_H
#define COMPARE_RUN_H

#include "compare/path.h"
#include "compare/result.h"
#include "compare/testbed.h"

struct compare_options {
    const struct path_kind *const *kinds;
    size_t n_kinds;
    struct testbed_options testbed;
    unsigned rounds;
    unsigned round_ms; /* for each load, and for round trips */

    const char *version; /* for the result */
    const char *command;

    /* Not 0 from the moment on when the comparison is to end, as soon as it can. */
    volatile const int *stop;

    /* Puts real guests at a path's endpoints, as they are plugged, and finds out what these see; or
     * NULL. Nothing of them is left when it returns: 0, or a negative errno value with a sentence,
     * which becomes a note of the path. The room of virtual machines is one that this one may not
     * enter, hence from outside. */
    int (*guests)(void *guests_data, const struct vif_plugged *ends, size_t n,
                  struct compare_guests *found, char **errorp);
    void *guests_data;

    /* Told what is being done, and how much of all is done, 0 to 1; or NULL. */
    void (*progress)(void *progress_data, double done, const char *what);
    void *progress_data;
};

/* Runs a comparison. In turns: one round of each path, then the next round, so that whatever else
 * the machine does meanwhile hits all of them alike. Frames of a path that corrupts or loses
 * offloaded frames are not counted, since nobody could use it.
 *
 * Returns 0 and fills *result, which the caller clears with compare_result_clear(); also when it
 * was stopped, which the result then says. A path that cannot be set up is one of the result all
 * the same, with the reason. Failures are: -EPERM; what setting up a path of the host's own network
 * failed with; -EOPNOTSUPP where no path at all could be set up, with the first one's reason; and
 * what taking something away from the host's own network failed with. Either way nothing is left.
 */
int compare_run(const struct compare_options *options, struct compare_result *result,
                char **errorp);

#endif
