/* VLANs and bandwidth, from libvirt's words to those of Open vSwitch. */
#ifndef VIF_PLAN_VLAN_H
#define VIF_PLAN_VLAN_H

#include "vif/port.h"
#include "vif/spec.h"

/* Fills port->vlan from a <vlan>. Refuses (-EINVAL) what libvirt lets through and would not work:
 * VLAN 4095 and duplicates. Adds a note where VLAN 0 is named, for what it means to Open vSwitch.
 */
int vif_plan_vlan(const struct vif_vlan *vlan, struct vif_port *port, char **errorp);

/* Fills port->qos from a <bandwidth>. -EINVAL for a floor, which has no equivalent, and for numbers
 * that do not fit. */
int vif_plan_bandwidth(const struct vif_bandwidth *bandwidth, struct vif_port *port, char **errorp);

#endif
