/* Paths of the host's own network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/path-guests.h"
#include "compare/path-kinds.h"
#include "netdev/link.h"
#include "netdev/probe.h"

#define LAST_VLAN 4094

/* The process of the host's own ovs-vswitchd, as it says itself; 0 where it does not. */
static pid_t find_vswitchd(void)
{
    const char *folder = getenv("OVS_RUNDIR");
    auto_free char *path = str_printf("%s/ovs-vswitchd.pid", folder ? folder : "/run/openvswitch");
    FILE *file = fopen(path, "re");
    char line[32] = "";

    if (file) {
        if (!fgets(line, sizeof line, file)) {
            line[0] = '\0';
        }
        fclose(file);
    }
    return (pid_t)strtol(line, NULL, 10);
}

/* Whether it is one of Open vSwitch; what is nothing at all the plug finds out. */
static bool is_ovs(struct rtnl *rtnl, const char *bridge)
{
    struct link_info link;
    bool found = false;

    return link_find(rtnl, bridge, &found, &link, NULL) == 0 &&
           !(found && str_eq(link.kind, "bridge"));
}

/* Puts the device's name into the title. */
static void name_path(struct compare_path *path, const char *what, const char *name)
{
    free(path->title);
    path->title = str_printf("%s %s", what, name);
}

int path_open_host_bridge(struct testbed *testbed, struct compare_pair *pair,
                          struct compare_path *path, char **errorp)
{
    const struct testbed_options *options = &testbed->options;
    struct testbed_path *place = testbed_add(testbed);
    int error = site_make_real(&place->site, &options->host, errorp);

    if (error) {
        return error;
    }
    bool ovs = is_ovs(place->site.rtnl, options->bridge);
    int other_vlan = options->vlan < LAST_VLAN ? options->vlan + 1 : options->vlan - 1;
    struct vif_spec specs[] = {
        guest_on_bridge(testbed, 0, options->bridge, options->vlan),
        guest_on_bridge(testbed, 1, options->bridge, options->vlan),
        guest_on_bridge(testbed, 2, options->bridge, other_vlan),
    };
    size_t n = ARRAY_LEN(specs);

    name_path(path, "bridge", options->bridge);
    place->site.switch_pid = ovs ? find_vswitchd() : 0;
    if (!ovs || options->vlan < 0) {
        vif_spec_clear(&specs[--n]);
    } else {
        path_note(path, "the endpoint on another VLAN was on VLAN %d", other_vlan);
    }
    return guests_plug(place, specs, n, false, pair, path, errorp);
}

static int open_macvtap(struct testbed *testbed, const char *mode, const char *what,
                        struct compare_pair *pair, struct compare_path *path, char **errorp)
{
    const struct testbed_options *options = &testbed->options;
    struct testbed_path *place = testbed_add(testbed);
    int error = site_make_real(&place->site, &options->host, errorp);

    name_path(path, what, options->lower);

    if (!error) {
        struct vif_spec specs[] = {
            guest_on_lower(testbed, 0, options->lower, mode, options->vlan),
            guest_on_lower(testbed, 1, options->lower, mode, options->vlan),
        };

        error = guests_plug(place, specs, ARRAY_LEN(specs), false, pair, path, errorp);
    }
    return error;
}

int path_open_host_macvtap(struct testbed *testbed, struct compare_pair *pair,
                           struct compare_path *path, char **errorp)
{
    return open_macvtap(testbed, "bridge", "macvtap bridge mode on", pair, path, errorp);
}

int path_open_host_vepa(struct testbed *testbed, struct compare_pair *pair,
                        struct compare_path *path, char **errorp)
{
    const struct probe_options probe = {.lower = testbed->options.lower};
    struct probe_result result = {0};
    int error = open_macvtap(testbed, "vepa", "VEPA on", pair, path, errorp);

    if (!error) {
        struct rtnl *rtnl = testbed->paths[testbed->n_paths - 1]->site.rtnl;

        error = probe_reflection(rtnl, &probe, &result, errorp);
    }
    if (!error) {
        path_note(path, "vifplug probe %s: %s, %s", probe.lower, probe_answer_name(result.answer),
                  result.reason);
    }
    probe_result_clear(&result);
    return error;
}
