/* Why the server refused to add ports: which bridge is missing, which name is taken and by whom. */
#ifndef OVS_CONFLICT_H
#define OVS_CONFLICT_H

#include <stdbool.h>
#include <stddef.h>

#include "ovs/connection.h"
#include "ovs/port.h"

/* Two ports of one name in a set: -EEXIST, else 0. */
int conflict_within(const struct ovs_port *ports, size_t n, char **errorp);

/* Reads the database again to explain why the transaction that adds `ports` was refused. `guard`:
 * because a guard failed or a name was not unique; else the server's sentence, `refusal`, is all
 * there is to say, with -EPROTO. Returns -ENOENT for a missing bridge, -EEXIST for a taken name,
 * and -EAGAIN when the world has changed since the caller looked, but is as it should be by now. */
int conflict_explain(struct ovsdb *db, const struct ovs_port *ports, size_t n, bool guard,
                     const char *refusal, char **errorp);

#endif
