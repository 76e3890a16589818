/* Ports of Open vSwitch that listen to their devices. */
#ifndef VIF_PORT_ADD_H
#define VIF_PORT_ADD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ovs/port.h"
#include "vif/host.h"

/* As ovs_ports_add(), and then makes sure that ovs-vswitchd listens to these very devices, and not
 * to earlier ones of their names: adds the ports again, once, to which it does not. Not with
 * `no_wait`, when nobody knows when it will look.
 *
 * `ofports` may not be NULL. Also returns -EIO when ovs-vswitchd still does not listen, and what
 * ovs_settle() returns. After these, rows of the call may be left in the database, for
 * vif_unplug_records() to remove; ports that are put back belong there. */
int vif_ports_add(struct vif_host *host, struct ovsdb *db, const struct ovs_port *ports, size_t n,
                  const char *plug_id, bool no_wait, int64_t *ofports, char **errorp);

/* Removes the rows of these ports, which are of the plug that each names, or else of `plug_id`, and
 * waits until ovs-vswitchd has seen that. Rows that are gone, or another plug's, are left alone. */
int vif_ports_take_out(struct ovsdb *db, const struct ovs_port *ports, size_t n,
                       const char *plug_id, char **errorp);

#endif
