/* What stands already under the name of an interface that is to be plugged. */
#ifndef VIF_STANDING_H
#define VIF_STANDING_H

#include <stdbool.h>

#include "vif/host.h"

/* Sets *already when the interface is plugged already, just as wished. Else it is to be made, and
 * replaces[] is the UUID of the stale row that its own takes the place of, or "": what a crash left
 * of it is undone first.
 *
 * Returns 0; -EEXIST when it is plugged in another way, in use, or the name is another's; where
 * `fresh`, also when it is plugged at all, since it would be handed over twice; or what
 * vif_unplug_known() returns. */
int vif_standing_look(struct vif_host *host, const struct vif_port *port,
                      const struct vif_sight *sight, bool fresh, bool *already, char replaces[37],
                      char **errorp);

#endif
