/* The testbed: all that stands for the length of a comparison, and goes with it.
 *
 * Theory of operation. Each path is built at a site of its own (compare/site.h). All sites stand
 * side by side from the beginning to the end, since the paths are measured in turns; what is not
 * being measured is idle. What is private needs no clearing up: namespaces, the file systems of the
 * daemons, and the daemons themselves (compare/program.h) end with this process, whatever ends it.
 * What is plugged on the host's own network does need it; if this process is killed, a child of it
 * that waits for just that unplugs (compare/guardian.h).
 */
#ifndef COMPARE_TESTBED_H
#define COMPARE_TESTBED_H

#include <stdint.h>

#include "compare/guardian.h"
#include "compare/site.h"
#include "vif/host.h"

struct testbed_options {
    uint32_t seed; /* of addresses */

    /* The host's own network, where it is to be measured. */
    const char *bridge; /* of Open vSwitch or Linux, or NULL */
    int vlan;           /* on it; -1 for none */
    const char *lower;  /* for macvtaps, or NULL */
    struct vif_host_options host;
};

struct testbed {
    struct testbed_options options;
    struct guardian guardian;
    struct testbed_path **paths;
    size_t n_paths;
};

/* One path of it. */
struct testbed_path {
    struct site site;
    struct endpoint other_vlan; /* of the pair */
};

/* A testbed without paths; testbed_close() is due either way. */
int testbed_open(struct testbed *testbed, const struct testbed_options *options, char **errorp);

/* Takes everything away. On an error the rest is done all the same. */
int testbed_close(struct testbed *testbed, char **errorp);

/* Adds a path; borrowed. Its site is the builder's to make. */
struct testbed_path *testbed_add(struct testbed *testbed);

/* The address of endpoint `i` of the path that was added last; the same for the same seed, and
 * another for each path, since several may share a device. */
struct mac testbed_mac(const struct testbed *testbed, size_t i);

#endif
