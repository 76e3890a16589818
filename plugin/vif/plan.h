/* From wishes to a plan in which every choice is made; pure.
 *
 *      wishes --draft--> plan --look--> view of the host --settle--> plan
 *
 * A draft names the devices and bridges; then somebody (vif/host.h) looks at just those on the
 * host, since looking at everything is what makes others slow on a host with a thousand ports; and
 * with that view the plan is settled. Neither step touches the host.
 */
#ifndef VIF_PLAN_H
#define VIF_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/network.h"
#include "vif/port.h"
#include "vif/spec.h"
#include "vif/view.h"

/* One interface that somebody wants, and whose it is. */
struct vif_wish {
    const struct vif_spec *spec;
    const char *domain_name; /* or NULL */
    const char *domain_uuid; /* or NULL */
    const char *where;       /* for sentences: `red.xml: interface 2` */
};

struct vif_plan_options {
    bool persistent; /* taps outlive their descriptors: for someone else to open */
    uid_t owner;     /* of persistent taps; (uid_t)-1 for none */
    gid_t group;     /* likewise; see vif_owner_choose() */
    bool transient;  /* mark OVS ports so that OVS's own start-up scripts may delete them */
};

struct vif_plan {
    struct vif_port *ports;
    size_t n_ports;
};

/* Makes a draft of all wishes: networks resolved, ids, names and addresses chosen, all that can be
 * refused without a look at the host refused (-EINVAL, or -ENOENT for a network or portgroup,
 * -EOPNOTSUPP for what vifplug does not do), all of them named in the sentence by their `where`. On
 * success the caller calls vif_plan_clear(). */
int vif_plan_draft(const struct vif_wish *wishes, size_t n, struct vif_networks *networks,
                   const struct vif_plan_options *options, struct vif_plan *plan, char **errorp);

/* Settles a draft with what was seen on the host: bridges' kinds, devices that exist, offloads that
 * a userspace datapath would break, the lower devices of macvtaps. `view` has an entry for each
 * port, in order; its lower devices get the macvtaps of the plan as users.
 *
 * Returns 0; -EAGAIN when a generated name is in use by somebody else, and another one was put in
 * its place, or the other path that a network names was, for which the host must be looked at
 * again; -ENOENT for a bridge or device that is missing; -EEXIST for a name in use; or as
 * vif_lower_choose(). */
int vif_plan_settle(struct vif_plan *plan, struct vif_view *view, char **errorp);

void vif_plan_clear(struct vif_plan *plan);

#endif
