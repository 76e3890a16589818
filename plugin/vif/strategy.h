/* The words for how an interface is connected again: those of <reconnect> in vifplug-xml(5), of
 * options, and of JSON. */
#ifndef VIF_STRATEGY_H
#define VIF_STRATEGY_H

#include "vif/spec.h"

/* "replug", "hub", "none"; NULL for one that is unset. */
const char *vif_strategy_name(enum vif_strategy strategy);

/* The strategy of that name; unset for any other, and for NULL. */
enum vif_strategy vif_strategy_of(const char *name);
#define VIF_STRATEGIES "replug, hub and none"

/* Likewise: "name", "mac", "pool". */
const char *vif_find_name(enum vif_find find);
enum vif_find vif_find_of(const char *name);
#define VIF_FINDS "name, mac and pool"

#endif
