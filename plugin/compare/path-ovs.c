/* Paths through an Open vSwitch of their own, between taps. */
#include "base/mem.h"
#include "compare/path-guests.h"
#include "compare/path-kinds.h"
#include "compare/switch.h"

/* The VLAN of the two between which is measured, and one whose guest they must not reach. */
#define VLAN       100
#define OTHER_VLAN 200

static int open_path(struct testbed *testbed, const struct switch_options *options,
                     bool force_offloads, struct compare_pair *pair, struct compare_path *path,
                     char **errorp)
{
    struct testbed_path *place = testbed_add(testbed);
    int error = site_make(&place->site, errorp);

    if (!error) {
        error = switch_start(&place->site, options, errorp);
    }
    if (!error) {
        struct vif_spec specs[] = {
            guest_on_bridge(testbed, 0, SWITCH_BRIDGE, VLAN),
            guest_on_bridge(testbed, 1, SWITCH_BRIDGE, VLAN),
            guest_on_bridge(testbed, 2, SWITCH_BRIDGE, OTHER_VLAN),
        };

        error = guests_plug(place, specs, ARRAY_LEN(specs), force_offloads, pair, path, errorp);
    }
    site_leave(&place->site);
    return error;
}

int path_open_ovs(struct testbed *testbed, struct compare_pair *pair, struct compare_path *path,
                  char **errorp)
{
    return open_path(testbed, &(struct switch_options){0}, false, pair, path, errorp);
}

int path_open_ovs_tso(struct testbed *testbed, struct compare_pair *pair, struct compare_path *path,
                      char **errorp)
{
    return open_path(testbed, &(struct switch_options){.userspace_tso = true}, false, pair, path,
                     errorp);
}

int path_open_ovs_offloads(struct testbed *testbed, struct compare_pair *pair,
                           struct compare_path *path, char **errorp)
{
    path_note(path, "with the offloads that vifplug would have turned off, and without "
                    "other_config:userspace-tso-enable: what becomes of guests otherwise");
    return open_path(testbed, &(struct switch_options){0}, true, pair, path, errorp);
}

int path_open_ovs_kernel(struct testbed *testbed, struct compare_pair *pair,
                         struct compare_path *path, char **errorp)
{
    return open_path(testbed, &(struct switch_options){.kernel = true}, false, pair, path, errorp);
}
