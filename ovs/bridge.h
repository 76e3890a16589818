/* The switch as a whole: its bridges and what of its settings matters to guests. */
#ifndef OVS_BRIDGE_H
#define OVS_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

struct json;
struct ovsdb;

struct ovs_bridge {
    char *name;
    bool userspace; /* datapath_type "netdev": frames pass through ovs-vswitchd itself */
};

struct ovs_switch {
    struct ovs_bridge *bridges; /* sorted by name */
    size_t n_bridges;
    bool userspace_tso; /* other_config:userspace-tso-enable; without it, offloaded frames of guests
                         * arrive with wrong checksums or not at all on a userspace bridge */
    char *ovs_version;  /* as ovs-vswitchd wrote it; "" where it never ran */
};

/* Reads the switch with one transaction. On success the caller frees *sw with ovs_switch_free(). */
int ovs_switch_read(struct ovsdb *db, struct ovs_switch **sw, char **errorp);

/* For who sends it himself: adds the operations of that, and reads what they found, the first of
 * them being that of index `op`. The caller frees it likewise. */
void switch_ask(struct json *ops);
struct ovs_switch *switch_take(const struct json *reply, size_t op);

void ovs_switch_free(struct ovs_switch *sw);

/* The bridge of that name, or NULL. */
const struct ovs_bridge *ovs_switch_find(const struct ovs_switch *sw, const char *name);

/* The names of the bridges for a sentence: "br-int, br0", or "none"; caller frees. */
char *ovs_switch_bridge_names(const struct ovs_switch *sw);

#endif
