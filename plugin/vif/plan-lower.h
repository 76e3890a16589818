/* The macvtaps of a plan. */
#ifndef VIF_PLAN_LOWER_H
#define VIF_PLAN_LOWER_H

#include <stdbool.h>

#include "vif/network.h"
#include "vif/port.h"
#include "vif/spec.h"
#include "vif/view.h"

/* Fills what concerns the lower device and the mode from a spec of type='direct'; `network` has the
 * devices where the spec names none, else it may be NULL. Returns 0; -EINVAL for what is wrong, or
 * can never work on a macvtap; or -EOPNOTSUPP for what vifplug does not do there. */
int vif_plan_lower_draft(const struct vif_spec *spec, const struct vif_network *network,
                         struct vif_port *port, char **errorp);

/* Fills how the interface is connected again when the device below it was gone, and whether its
 * guest may change its address: of macvtaps, whose devices to choose from are known. For others
 * there is a note where `wish`, the interface as it was written, wants that. Returns 0, or -EINVAL
 * for what cannot be had. */
int vif_plan_reconnect(const struct vif_spec *wish, const struct vif_spec *spec,
                       struct vif_port *port, char **errorp);

/* Whether the macvtap stands already, plugged for this very interface on a device that it may be
 * on. Then it stays as it is, and no switch needs to be asked. */
bool vif_plan_lower_is_kept(const struct vif_port *port, const struct vif_sight *sight);

/* Chooses device and mode, or keeps those that the interface has. As vif_lower_choose(). */
int vif_plan_lower_settle(struct vif_port *port, struct vif_view *view,
                          const struct vif_sight *sight, char **errorp);

#endif
