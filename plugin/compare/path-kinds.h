/* The paths of the table in path.c; each opens one. For the files of this room only. */
#ifndef COMPARE_PATH_KINDS_H
#define COMPARE_PATH_KINDS_H

#include "compare/path.h"

typedef int path_open_fn(struct testbed *testbed, struct compare_pair *pair,
                         struct compare_path *path, char **errorp);

/* Open vSwitch between taps: path-ovs.c. */
path_open_fn path_open_ovs;
path_open_fn path_open_ovs_tso;
path_open_fn path_open_ovs_offloads;
path_open_fn path_open_ovs_kernel;

/* A Linux bridge between taps, and macvtaps: path-kernel.c. */
path_open_fn path_open_bridge;
path_open_fn path_open_macvtap_bridge;
path_open_fn path_open_vepa;
path_open_fn path_open_vepa_no_hairpin;
path_open_fn path_open_private;
path_open_fn path_open_private_no_hairpin;
path_open_fn path_open_passthrough;
path_open_fn path_open_vepa_ovs;
path_open_fn path_open_vepa_ovs_normal;

/* What the machine itself costs: path-floor.c. */
path_open_fn path_open_floor_tap;
path_open_fn path_open_floor_packet;

/* The host's own network: path-host.c. */
path_open_fn path_open_host_bridge;
path_open_fn path_open_host_macvtap;
path_open_fn path_open_host_vepa;

#endif
