/* QEMU's netdevs and hubs, as "info network" of its human monitor lists them: there is no other way
 * to ask for them. */
#ifndef QEMU_HUBS_H
#define QEMU_HUBS_H

#include <stdbool.h>

/* Whether there is a netdev or a port of a hub of that name. */
bool hubs_have(const char *info, const char *name);

/* The number of the hub that has a port of that name, or -1. */
int hubs_find(const char *info, const char *port);

/* A number that no hub has, or that of one without ports: QEMU keeps those. */
int hubs_free_number(const char *info);

#endif
