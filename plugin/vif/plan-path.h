/* The two paths of an interface on a network that names two: its bridge, and a macvtap. */
#ifndef VIF_PLAN_PATH_H
#define VIF_PLAN_PATH_H

#include "vif/port.h"

/* One path as it was drafted, or why it cannot be. */
struct vif_plan_path {
    struct vif_port port;
    int error;
    char *sentence;
};

/* Makes *port the first path with the second as its alternative; or the second where the first
 * cannot be drafted. Returns 0 or, where neither can, the error of the first with both reasons.
 * Both paths are used up. */
int vif_plan_paths(struct vif_plan_path *first, struct vif_plan_path *second, struct vif_port *port,
                   char **errorp);

/* Puts a port's alternative in its place, under the same name and id, with a note that says why. */
void vif_plan_path_take_other(struct vif_port *port, const char *why);

/* Makes the sentence for a port whose last path cannot be taken either, with both reasons where
 * there were two. Returns `error`. */
int vif_plan_path_fail(const struct vif_port *port, int error, const char *why, char **errorp);

/* The present path is the one: forgets the other. */
void vif_plan_path_keep(struct vif_port *port);

/* Sets host_mac from mac, as it goes with the device. */
void vif_plan_host_mac(struct vif_port *port);

#endif
