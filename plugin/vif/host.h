/* The host that interfaces are plugged into: its links, its Open vSwitch, its records. */
#ifndef VIF_HOST_H
#define VIF_HOST_H

#include "ovs/ovsdb.h"
#include "vif/plan.h"
#include "vif/record.h"
#include "vif/view.h"

struct rtnl;
struct vif_host;

struct vif_host_options {
    const char *rundir; /* run-time folder; NULL: $VIFPLUG_RUNDIR, else /run/vifplug */
    struct ovsdb_options ovsdb;

    /* Told of each change to the host as it is made, in a sentence; NULL for nobody. */
    void (*log)(void *log_data, const char *sentence);
    void *log_data;
};

/* The run-time folder that is used where none is named; borrowed from the environment. */
const char *vif_default_rundir(void);

/* A host, which the caller closes. Nothing is connected to or made yet: that happens when it is
 * first needed, since not every command needs all. All of `options` but its strings is copied; the
 * strings must outlive the host. */
struct vif_host *vif_host_open(const struct vif_host_options *options);

/* Another host with the same options, which shares nothing with that one: for a process that was
 * forked, where connections are the other one's. */
struct vif_host *vif_host_open_again(const struct vif_host *host);

void vif_host_close(struct vif_host *host);

/* The parts of the host, made at first use and borrowed until vif_host_close(). */
int vif_host_rtnl(struct vif_host *host, struct rtnl **rtnl, char **errorp);
int vif_host_ovsdb(struct vif_host *host, struct ovsdb **db, char **errorp);
int vif_host_records(struct vif_host *host, struct vif_records **records, char **errorp);

/* As vif_host_ovsdb(), but for the server of that name (NULL: the host's own), for records that
 * name one. */
int vif_host_ovsdb_at(struct vif_host *host, const char *remote, struct ovsdb **db, char **errorp);

/* Tells the log, if there is one. */
void vif_host_log(struct vif_host *host, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes a plan: drafts it, looks at the host, settles it, and again where a generated name was in
 * use. As vif_plan_draft() and vif_plan_settle(). On success the caller clears *plan and *view.
 * Touches nothing. */
int vif_host_plan(struct vif_host *host, const struct vif_wish *wishes, size_t n,
                  struct vif_networks *networks, const struct vif_plan_options *options,
                  struct vif_plan *plan, struct vif_view *view, char **errorp);

#endif
