/* A view of the host: what a plan must know of it, and nothing more. */
#ifndef VIF_VIEW_H
#define VIF_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/link.h"
#include "ovs/bridge.h"
#include "ovs/port.h"
#include "vif/lower.h"
#include "vif/record.h"

/* What was seen under the names that one port of the plan mentions. */
struct vif_sight {
    bool has_link; /* a link of the port's name exists */
    struct link_info link;
    bool has_bridge_link; /* a link of its bridge's name exists */
    struct link_info bridge_link;
    const struct ovs_port_row *row; /* its port in Open vSwitch, one of the view's rows; or NULL */
    bool has_record;
    struct vif_record record;
};

struct vif_view {
    struct vif_sight *sights; /* one for each port of the plan, in order */
    size_t n_sights;
    struct ovs_port_row *rows;
    size_t n_rows;
    struct vif_lowers lowers; /* those that macvtaps may go to */
    struct ovs_switch *ovs;   /* NULL when it was not needed, or cannot be reached */
    char *ovs_remote;         /* for sentences */
    char *ovs_error;          /* why it cannot be reached, or NULL */
};

/* Frees what the view points to and zeroes it. */
void vif_view_clear(struct vif_view *view);

#endif
