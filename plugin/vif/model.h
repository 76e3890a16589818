/* Small vocabularies that more than one file of this room must know. */
#ifndef VIF_MODEL_H
#define VIF_MODEL_H

#include <stdbool.h>

/* Whether a guest's device of this model can have several queues: the virtio ones can, and a model
 * that is not given may become one. */
bool vif_model_has_queues(const char *model);

/* Whether this is a mode of macvtap, or "auto", which is vifplug's own: ask the switch. */
bool vif_mode_is_known(const char *mode);
#define VIF_MODES "vepa, bridge, private, passthrough and auto"

#endif
