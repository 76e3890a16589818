/* An Open vSwitch of a site's own: an ovsdb-server and an ovs-vswitchd with one bridge, so that
 * what is measured is not slowed down by others' ports, and what it costs can be told apart. */
#ifndef COMPARE_SWITCH_H
#define COMPARE_SWITCH_H

#include <stdbool.h>

#include "compare/site.h"

#define SWITCH_BRIDGE "softswitch"

struct switch_options {
    bool kernel;        /* the kernel's datapath, not that of ovs-vswitchd itself */
    bool userspace_tso; /* other_config:userspace-tso-enable */
    const char *port;   /* a link of the site to begin with, or NULL */
    bool reflect;       /* frames may go out where they came in: actions=NORMAL,IN_PORT */
};

/* Starts it at the site where this thread is, with the bridge SWITCH_BRIDGE. Returns 0; -EOPNOTSUPP
 * where it cannot be had here, since it is not installed or the kernel has no such datapath; or
 * another negative errno value. */
int switch_start(struct site *site, const struct switch_options *options, char **errorp);

/* The version of the site's Open vSwitch, be it private or the host's; NULL where it has none or
 * that is not known; caller frees. */
char *switch_version(struct site *site);

#endif
