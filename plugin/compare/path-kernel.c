/* Paths that the kernel alone makes, and VEPA through an Open vSwitch. */
#include "base/mem.h"
#include "compare/path-guests.h"
#include "compare/path-kinds.h"
#include "compare/switch.h"
#include "netdev/offload.h"

/* The device that macvtaps are on, and its other end, at the switch. */
#define LOWER "uplink"
#define PORT  "downlink"

int path_open_bridge(struct testbed *testbed, struct compare_pair *pair, struct compare_path *path,
                     char **errorp)
{
    struct testbed_path *place = testbed_add(testbed);
    int bridge = 0;
    int error = site_make(&place->site, errorp);

    if (!error) {
        error = site_add_bridge(&place->site, "bridge", &bridge, errorp);
    }
    if (!error) {
        struct vif_spec specs[] = {
            guest_on_bridge(testbed, 0, "bridge", -1),
            guest_on_bridge(testbed, 1, "bridge", -1),
        };

        error = guests_plug(place, specs, ARRAY_LEN(specs), false, pair, path, errorp);
    }
    site_leave(&place->site);
    return error;
}

/* Two macvtaps on the devices; they may be the same. */
static int plug_macvtaps(struct testbed *testbed, struct testbed_path *place,
                         const char *const lowers[2], const char *mode, struct compare_pair *pair,
                         struct compare_path *path, char **errorp)
{
    struct vif_spec specs[] = {
        guest_on_lower(testbed, 0, lowers[0], mode, -1),
        guest_on_lower(testbed, 1, lowers[1], mode, -1),
    };

    return guests_plug(place, specs, ARRAY_LEN(specs), false, pair, path, errorp);
}

/* Macvtaps on a device that leads to a Linux bridge, with hairpin or without. */
static int open_macvtap(struct testbed *testbed, const char *mode, bool hairpin,
                        struct compare_pair *pair, struct compare_path *path, char **errorp)
{
    struct testbed_path *place = testbed_add(testbed);
    int bridge = 0;
    int error = site_make(&place->site, errorp);

    if (!error) {
        error = site_add_bridge(&place->site, "switch", &bridge, errorp);
    }
    if (!error) {
        error = site_add_cable(&place->site, LOWER, PORT, bridge, hairpin, errorp);
    }
    if (!error) {
        error = plug_macvtaps(testbed, place, (const char *[]){LOWER, LOWER}, mode, pair, path,
                              errorp);
    }
    site_leave(&place->site);
    return error;
}

int path_open_macvtap_bridge(struct testbed *testbed, struct compare_pair *pair,
                             struct compare_path *path, char **errorp)
{
    return open_macvtap(testbed, "bridge", false, pair, path, errorp);
}

int path_open_vepa(struct testbed *testbed, struct compare_pair *pair, struct compare_path *path,
                   char **errorp)
{
    return open_macvtap(testbed, "vepa", true, pair, path, errorp);
}

int path_open_vepa_no_hairpin(struct testbed *testbed, struct compare_pair *pair,
                              struct compare_path *path, char **errorp)
{
    return open_macvtap(testbed, "vepa", false, pair, path, errorp);
}

int path_open_private(struct testbed *testbed, struct compare_pair *pair, struct compare_path *path,
                      char **errorp)
{
    return open_macvtap(testbed, "private", true, pair, path, errorp);
}

int path_open_private_no_hairpin(struct testbed *testbed, struct compare_pair *pair,
                                 struct compare_path *path, char **errorp)
{
    return open_macvtap(testbed, "private", false, pair, path, errorp);
}

int path_open_passthrough(struct testbed *testbed, struct compare_pair *pair,
                          struct compare_path *path, char **errorp)
{
    struct testbed_path *place = testbed_add(testbed);
    int bridge = 0;
    int error = site_make(&place->site, errorp);

    if (!error) {
        error = site_add_bridge(&place->site, "switch", &bridge, errorp);
    }
    if (!error) {
        error = site_add_cable(&place->site, LOWER "0", PORT "0", bridge, false, errorp);
    }
    if (!error) {
        error = site_add_cable(&place->site, LOWER "1", PORT "1", bridge, false, errorp);
    }
    if (!error) {
        error = plug_macvtaps(testbed, place, (const char *[]){LOWER "0", LOWER "1"}, "passthrough",
                              pair, path, errorp);
    }
    site_leave(&place->site);
    return error;
}

static int open_vepa_ovs(struct testbed *testbed, bool reflect, struct compare_pair *pair,
                         struct compare_path *path, char **errorp)
{
    const struct switch_options options = {.port = PORT, .reflect = reflect};
    struct testbed_path *place = testbed_add(testbed);
    int error = site_make(&place->site, errorp);

    if (!error) {
        error = site_add_cable(&place->site, LOWER, PORT, 0, false, errorp);
    }
    /* Nothing leaves a network card with its checksum undone; a veth device lets it, and the switch
     * behind is not one that would see to it. */
    if (!error) {
        error = link_finish_checksums(LOWER, errorp);
    }
    if (!error) {
        error = switch_start(&place->site, &options, errorp);
    }
    if (!error) {
        error = plug_macvtaps(testbed, place, (const char *[]){LOWER, LOWER}, "vepa", pair, path,
                              errorp);
    }
    site_leave(&place->site);
    return error;
}

int path_open_vepa_ovs(struct testbed *testbed, struct compare_pair *pair,
                       struct compare_path *path, char **errorp)
{
    return open_vepa_ovs(testbed, true, pair, path, errorp);
}

int path_open_vepa_ovs_normal(struct testbed *testbed, struct compare_pair *pair,
                              struct compare_path *path, char **errorp)
{
    return open_vepa_ovs(testbed, false, pair, path, errorp);
}
