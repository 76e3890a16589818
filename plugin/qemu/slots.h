/* Where a QEMU takes a device while its guest runs, as QMP tells it. */
#ifndef QEMU_SLOTS_H
#define QEMU_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

struct qmp;

/* Whether QEMU has a device of that id. As qmp_query(). */
int slots_has_device(struct qmp *qmp, const char *id, bool *has, char **errorp);

/* Finds the buses for `n` devices. `bus` is the one that was asked for, or NULL: then these are
 * PCIe ports that have an id, hot plug and no device yet, in the order of their ids; or else the
 * bus pci.0 of an i440FX machine, which QEMU finds a slot on by itself. Of a bus that was asked
 * for, and is no PCIe port, QEMU judges later.
 *
 * Returns 0, and stores `n` names in *buses, for slots_free(); -ENOSPC where there are not as many;
 * or as qmp_query(). */
int slots_find(struct qmp *qmp, const char *bus, size_t n, char ***buses, char **errorp);
void slots_free(char **buses, size_t n);

#endif
