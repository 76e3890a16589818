#include "compare/path-guests.h"

#include "base/mem.h"
#include "compare/path.h"

static struct vif_spec new_spec(const struct testbed *testbed, size_t i, enum vif_type type,
                                const char *type_name, int vlan)
{
    struct vif_spec spec = {
        .type = type,
        .type_name = str_dup(type_name),
        .has_mac = true,
        .mac = testbed_mac(testbed, i),
    };

    if (vlan >= 0) {
        spec.vlan.tags = mem_zalloc(sizeof *spec.vlan.tags);
        spec.vlan.tags[0].id = (uint16_t)vlan;
        spec.vlan.n_tags = 1;
    }
    return spec;
}

struct vif_spec guest_on_bridge(const struct testbed *testbed, size_t i, const char *bridge,
                                int vlan)
{
    struct vif_spec spec = new_spec(testbed, i, VIF_TYPE_BRIDGE, "bridge", vlan);

    spec.source_bridge = str_dup(bridge);
    return spec;
}

struct vif_spec guest_on_lower(const struct testbed *testbed, size_t i, const char *lower,
                               const char *mode, int vlan)
{
    struct vif_spec spec = new_spec(testbed, i, VIF_TYPE_DIRECT, "direct", vlan);

    spec.source_dev = str_dup(lower);
    spec.source_mode = str_dup(mode);
    return spec;
}

int guests_plug(struct testbed_path *place, struct vif_spec *specs, size_t n, bool force_offloads,
                struct compare_pair *pair, struct compare_path *path, char **errorp)
{
    const struct site_guests guests = {.specs = specs, .n = n, .force_offloads = force_offloads};
    int error = site_plug(&place->site, &guests, pair, &place->other_vlan, errorp);

    for (size_t i = 0; i < n; i++) {
        vif_spec_clear(&specs[i]);
    }
    if (!error) {
        const struct vif_port *port = &place->site.guests[0].record.port;

        for (size_t i = 0; i < port->n_notes && !force_offloads; i++) {
            path_note(path, "%s", port->notes[i]);
        }
    }
    if (place->site.switch_pid) {
        pair->switch_pids = &place->site.switch_pid;
        pair->n_switch_pids = 1;
    }
    return error;
}
