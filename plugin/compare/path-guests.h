/* Guests' interfaces as paths want them. For the files of this room only. */
#ifndef COMPARE_PATH_GUESTS_H
#define COMPARE_PATH_GUESTS_H

#include "compare/testbed.h"

/* Endpoint `i` of the path that was added last: on a bridge, with a VLAN (-1: none)... */
struct vif_spec guest_on_bridge(const struct testbed *testbed, size_t i, const char *bridge,
                                int vlan);

/* ... or as a macvtap on a device. The caller clears either. */
struct vif_spec guest_on_lower(const struct testbed *testbed, size_t i, const char *lower,
                               const char *mode, int vlan);

/* Plugs `n` of them at the path's site, and clears them. As site_plug(); what the plug code has to
 * say of its choices becomes notes of the path, but for names. */
int guests_plug(struct testbed_path *place, struct vif_spec *specs, size_t n, bool force_offloads,
                struct compare_pair *pair, struct compare_path *path, char **errorp);

#endif
