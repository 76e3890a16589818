#include "vif/plug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/brport.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "netdev/tap.h"
#include "vif/identity.h"
#include "vif/script.h"

/* A plug at work: the interfaces that are not there yet, which are made together. */
struct plug {
    struct vif_host *host;
    const struct vif_plug_options *options;
    struct rtnl *rtnl;
    struct vif_records *records;
    char plug_id[37];

    struct job {
        struct vif_plugged *out;
        const struct vif_sight *sight;
        char replaces[37]; /* the stale row, or "" */
    } * jobs;
    size_t n;
};

void vif_plugged_free(struct vif_plugged *plugged, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t q = 0; q < plugged[i].n_fds; q++) {
            close(plugged[i].fds[q]);
        }
        free(plugged[i].fds);
        vif_record_clear(&plugged[i].record);
    }
    free(plugged);
}

static struct vif_port *port_of(const struct job *job)
{
    return &job->out->record.port;
}

/* Whether an interface with a record of its own really stands as the record says. */
static bool still_stands(const struct vif_port *port, const struct vif_sight *sight)
{
    bool device = port->device == VIF_DEVICE_BY_QEMU || sight->has_link;
    bool attached = port->attachment != VIF_ATTACH_OVS ||
                    (sight->row && str_eq(sight->row->plug_id, sight->record.plug_id));

    return sight->record.state == VIF_PLUGGED && device && attached;
}

/* Refuses what cannot be this process's to look after: it would hand over no descriptors, and take
 * down what is another's when its program ends. */
static int check_free(const struct vif_port *port, const struct vif_sight *sight, char **errorp)
{
    const struct vif_record *record = &sight->record;

    if (vif_record_owner_lives(record)) {
        return error_set(errorp, EEXIST, "\"%s\" is in use by process %ld", port->name,
                         (long)record->pid);
    }
    if (sight->has_link && sight->link.carrier) {
        return error_set(errorp, EEXIST, "\"%s\" is in use: somebody has it open", port->name);
    }
    if (record->state == VIF_PLUGGED && !record->pid) {
        return error_set(errorp, EEXIST,
                         "\"%s\" is plugged already, for somebody else to open; unplug it first",
                         port->name);
    }
    return 0;
}

/* Looks at what is known of an interface already. Sets *already when it is plugged just as wished;
 * takes away what a crash left of it; refuses it when it is plugged otherwise. */
static int look_at_record(const struct plug *plug, const struct vif_port *port,
                          const struct vif_sight *sight, bool *already, char **errorp)
{
    *already = false;
    if (!sight->has_record) {
        return 0;
    }
    if (plug->options->fresh) {
        int error = check_free(port, sight, errorp);

        if (error) {
            return error;
        }
    } else if (still_stands(port, sight)) {
        auto_free char *differences = vif_port_differences(port, &sight->record.port);

        if (differences) {
            return error_set(errorp, EEXIST, "\"%s\" is plugged already, but %s; unplug it first",
                             port->name, differences);
        }
        *already = true;
        return 0;
    } else if (sight->has_link && sight->link.carrier) {
        return error_set(
            errorp, EEXIST,
            "\"%s\" is in use, but no longer as it was plugged: see \"vifplug verify %s\"",
            port->name, port->name);
    }
    vif_host_log(plug->host, "\"%s\" was left by a crash: undoing that first", port->name);
    return vif_unplug_known(plug->host, &sight->record, 1, errorp);
}

/* Decides about a row that stands under the port's name, though no device does. */
static int look_at_row(const struct vif_sight *sight, char replaces[37], char **errorp)
{
    const struct ovs_port_row *row = sight->row;

    replaces[0] = '\0';
    /* The row of a plug of this interface that was undone just now is gone. */
    if (!row || (sight->has_record && str_eq(row->plug_id, sight->record.plug_id))) {
        return 0;
    }
    const char *bridge = row->port.bridge ? row->port.bridge : "";
    if (row->interface_type[0] || !row->interface_uuid[0]) {
        return error_set(
            errorp, EEXIST,
            "a port \"%s\" exists on OVS bridge \"%s\" already, and is %s%s; choose another "
            "<target dev>",
            row->port.name, bridge, row->interface_uuid[0] ? "of type " : "a bond",
            row->interface_type);
    }
    if (row->link_up && !str_eq(row->owner, OVS_OWNER)) {
        return error_set(
            errorp, EEXIST,
            "a live port \"%s\" is on OVS bridge \"%s\" already, and is not vifplug's; "
            "choose another <target dev>",
            row->port.name, bridge);
    }
    memcpy(replaces, row->uuid, sizeof row->uuid);
    return 0;
}

static void fill_record(const struct plug *plug, const struct vif_port *port,
                        struct vif_record *record, const char *remote)
{
    memset(record, 0, sizeof *record);
    vif_port_copy(&record->port, port);
    record->state = VIF_PLUGGING;
    memcpy(record->plug_id, plug->plug_id, sizeof record->plug_id);
    record->remote = port->attachment == VIF_ATTACH_OVS ? str_dup_or_null(remote) : NULL;
    vif_record_set_owner(record);
    record->since = time(NULL);
    record->granted_name = str_dup_or_null(plug->options->granted_name);
    record->granted_user = plug->options->granted_user;
}

/* Sorts the plan's interfaces into those that stand already and those that are to be made. */
static int sort_out(struct plug *plug, const struct vif_plan *plan, const struct vif_view *view,
                    struct vif_plugged *plugged, char **errorp)
{
    for (size_t i = 0; i < plan->n_ports; i++) {
        const struct vif_port *port = &plan->ports[i];
        const struct vif_sight *sight = &view->sights[i];
        struct job *job = &plug->jobs[plug->n];
        int error = look_at_record(plug, port, sight, &plugged[i].already, errorp);

        if (!error && plugged[i].already) {
            int gone = vif_records_read(plug->records, port->name, &plugged[i].record, errorp);

            error = gone == -ENOENT ? error_set(errorp, EAGAIN,
                                                "\"%s\" was unplugged meanwhile; try "
                                                "again",
                                                port->name)
                                    : gone;
        } else if (!error) {
            error = look_at_row(sight, job->replaces, errorp);
            if (!error) {
                fill_record(plug, port, &plugged[i].record, view->ovs_remote);
                job->out = &plugged[i];
                job->sight = sight;
                plug->n++;
            }
        }
        if (error) {
            return error_wrap(errorp, error, "%s", port->where);
        }
    }
    return 0;
}

static int write_journal(struct plug *plug, char **errorp)
{
    struct vif_record *new = mem_resize(NULL, plug->n, sizeof *new);

    for (size_t i = 0; i < plug->n; i++) {
        new[i] = plug->jobs[i].out->record;
    }
    int error = vif_records_create(plug->records, new, plug->n, errorp);
    free(new);
    return error;
}

static int open_device(struct plug *plug, struct job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    const struct tap_options tap = {
        .name = port->name,
        .n_queues = port->n_queues,
        .vnet_hdr = port->vnet_hdr,
        .owner = port->owner,
        .group = port->group,
    };
    /* A device of somebody else's that is to be opened by yet another is not ours to open. */
    bool open_existing = port->device == VIF_DEVICE_EXISTING && plug->options->supervised;

    if (port->device != VIF_DEVICE_TAP && !open_existing) {
        return 0;
    }
    int *fds = mem_resize(NULL, port->n_queues, sizeof *fds);
    int error = open_existing ? tap_open(&tap, fds, errorp) : tap_create(&tap, fds, errorp);
    if (error) {
        free(fds);
        return error;
    }
    if (!open_existing) {
        vif_host_log(plug->host, "made tap \"%s\"", port->name);
    }
    job->out->fds = fds;
    job->out->n_fds = port->n_queues;
    return 0;
}

/* Sets all of a device that is ours to set. One that goes to Open vSwitch stays down for now. */
static int set_up_device(struct plug *plug, struct job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    bool ours = port->device == VIF_DEVICE_TAP;
    auto_free char *mark = ours ? vif_port_mark(port) : NULL;
    struct link_change change = {
        .mac = &port->host_mac,
        .mtu = port->mtu,
        .alias = mark,
        .state = port->attachment == VIF_ATTACH_OVS ? LINK_KEEP : LINK_UP,
    };

    if (port->device == VIF_DEVICE_BY_QEMU || !port->managed) {
        return 0;
    }
    int ifindex = (int)if_nametoindex(port->name);
    if (!ifindex) {
        return error_set(errorp, ENODEV, "device \"%s\" vanished while it was plugged", port->name);
    }
    job->out->record.ifindex = ifindex;
    if (port->attachment == VIF_ATTACH_LINUX_BRIDGE) {
        change.master = job->sight->bridge_link.ifindex;
    }
    int error = link_change(plug->rtnl, ifindex, &change, errorp);
    if (!error && port->attachment == VIF_ATTACH_LINUX_BRIDGE && port->isolated) {
        error = brport_set_isolated(plug->rtnl, ifindex, true, errorp);
    }
    return error;
}

/* Adds the ports that go to Open vSwitch, in one transaction. */
static int attach(struct plug *plug, char **errorp)
{
    struct ovs_port *ports = mem_resize(NULL, plug->n, sizeof *ports);
    int64_t *ofports = mem_resize(NULL, plug->n, sizeof *ofports);
    struct ovsdb *db;
    size_t n = 0;
    int error = 0;

    for (size_t i = 0; i < plug->n; i++) {
        if (port_of(&plug->jobs[i])->attachment == VIF_ATTACH_OVS) {
            vif_port_to_ovs(port_of(&plug->jobs[i]), &ports[n]);
            memcpy(ports[n].replaces, plug->jobs[i].replaces, sizeof ports[n].replaces);
            vif_host_log(plug->host, "adding port \"%s\" to OVS bridge \"%s\"", ports[n].name,
                         ports[n].bridge);
            n++;
        }
    }
    if (n) {
        error = vif_host_ovsdb(plug->host, &db, errorp);
        if (!error) {
            vif_host_log(plug->host, "waiting until ovs-vswitchd has realised %zu port%s", n,
                         n == 1 ? "" : "s");
            error = ovs_ports_add(db, ports, n, plug->plug_id, plug->options->no_wait, ofports,
                                  errorp);
        }
    }
    size_t next = 0;
    for (size_t i = 0; i < plug->n && !error; i++) {
        if (port_of(&plug->jobs[i])->attachment == VIF_ATTACH_OVS) {
            plug->jobs[i].out->record.ofport = ofports[next++];
        }
    }
    for (size_t i = 0; i < n; i++) {
        ovs_port_clear(&ports[i]);
    }
    free(ports);
    free(ofports);
    return error;
}

/* Brings up what waited for its row. */
static int bring_up_device(struct plug *plug, struct job *job, char **errorp)
{
    const struct link_change up = {.state = LINK_UP};

    if (port_of(job)->attachment != VIF_ATTACH_OVS) {
        return 0;
    }
    return link_change(plug->rtnl, job->out->record.ifindex, &up, errorp);
}

static int finish(struct plug *plug, struct job *job, char **errorp)
{
    struct vif_record *record = &job->out->record;
    const struct vif_port *port = &record->port;
    int error = 0;

    /* QEMU runs the script of a device that it opens itself. */
    if (!error && port->script && port->device != VIF_DEVICE_BY_QEMU) {
        vif_host_log(plug->host, "running script \"%s\" for \"%s\"", port->script, port->name);
        record->script_done = true;
        error = vif_records_write(plug->records, record, errorp);
        if (!error) {
            error = vif_script_run(port->script, port->name, errorp);
        }
    }
    if (!error && port->persistent && port->device == VIF_DEVICE_TAP) {
        error = tap_set_persistent(job->out->fds[0], true, errorp);
    }
    if (!error) {
        record->state = VIF_PLUGGED;
        if (!plug->options->supervised) {
            record->pid = 0;
            record->pid_start = 0;
        } else if (plug->options->supervisor) {
            vif_record_give_to(record, plug->options->supervisor);
        }
        error = vif_records_write(plug->records, record, errorp);
    }
    return error;
}

/* Takes a step with each interface. */
static int each(struct plug *plug, int (*step)(struct plug *, struct job *, char **), char **errorp)
{
    for (size_t i = 0; i < plug->n; i++) {
        int error = step(plug, &plug->jobs[i], errorp);

        if (error) {
            return error_wrap(errorp, error, "%s", port_of(&plug->jobs[i])->where);
        }
    }
    return 0;
}

/* Steps 2 to 6. */
static int make(struct plug *plug, char **errorp)
{
    int error = each(plug, open_device, errorp);

    if (!error) {
        error = each(plug, set_up_device, errorp);
    }
    if (!error) {
        error = attach(plug, errorp);
    }
    if (!error) {
        error = each(plug, bring_up_device, errorp);
    }
    if (!error) {
        error = each(plug, finish, errorp);
    }
    return error;
}

/* Sets a device of somebody else's back to what was seen of it, if set_up_device() got to it. */
static void restore_device(struct plug *plug, const struct job *job, char **errorp)
{
    const struct vif_port *port = port_of(job);
    const struct link_info *before = &job->sight->link;
    const struct link_change change = {
        .mac = &before->mac,
        .mtu = before->mtu,
        .state = before->up ? LINK_KEEP : LINK_DOWN,
    };
    auto_free char *sentence = NULL;

    if (port->device == VIF_DEVICE_EXISTING && job->out->record.ifindex &&
        link_change(plug->rtnl, job->out->record.ifindex, &change, &sentence)) {
        error_append(errorp, "%s", sentence);
    }
}

/* Takes back what make() did before it failed. */
static void roll_back(struct plug *plug, char **errorp)
{
    struct vif_record *records = mem_resize(NULL, plug->n, sizeof *records);
    auto_free char *sentence = NULL;

    for (size_t i = 0; i < plug->n; i++) {
        restore_device(plug, &plug->jobs[i], errorp);
        records[i] = plug->jobs[i].out->record;
    }
    if (vif_unplug_records(plug->host, records, plug->n, &sentence)) {
        error_append(errorp, "%s", sentence);
    }
    free(records);
}

/* A persistent tap is for someone else to open. */
static void close_persistent(struct plug *plug)
{
    for (size_t i = 0; i < plug->n; i++) {
        struct vif_plugged *out = plug->jobs[i].out;

        if (out->record.port.persistent && !plug->options->supervised) {
            for (size_t q = 0; q < out->n_fds; q++) {
                close(out->fds[q]);
            }
            out->n_fds = 0;
        }
    }
}

int vif_plug(struct vif_host *host, const struct vif_plan *plan, const struct vif_view *view,
             const struct vif_plug_options *options, struct vif_plugged **plugged, char **errorp)
{
    struct plug plug = {
        .host = host,
        .options = options,
        .jobs = mem_zalloc(plan->n_ports * sizeof *plug.jobs),
    };
    struct vif_plugged *out = mem_zalloc(plan->n_ports * sizeof *out);

    vif_identity_random(plug.plug_id);
    int error = vif_host_rtnl(host, &plug.rtnl, errorp);
    if (!error) {
        error = vif_host_records(host, &plug.records, errorp);
    }
    if (!error) {
        error = sort_out(&plug, plan, view, out, errorp);
    }
    if (!error) {
        error = write_journal(&plug, errorp);
    }
    if (!error) {
        error = make(&plug, errorp);
        if (error) {
            roll_back(&plug, errorp);
        } else {
            close_persistent(&plug);
        }
    }
    free(plug.jobs);
    if (error) {
        vif_plugged_free(out, plan->n_ports);
        return error;
    }
    *plugged = out;
    return 0;
}
