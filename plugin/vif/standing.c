#include "vif/standing.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/device.h"
#include "vif/plug.h"

/* Whether an interface with a record of its own really stands as the record says. */
static bool still_stands(const struct vif_port *port, const struct vif_sight *sight)
{
    const struct vif_record *record = &sight->record;
    bool device = port->device == VIF_DEVICE_BY_QEMU ||
                  (sight->has_link && (!record->ifindex || record->ifindex == sight->link.ifindex));
    bool attached = port->attachment != VIF_ATTACH_OVS ||
                    (sight->row && str_eq(sight->row->plug_id, record->plug_id));

    return record->state == VIF_PLUGGED && device && attached;
}

/* Refuses what cannot be this process's to look after: it would hand over no descriptors, and take
 * down what is another's when its program ends. */
static int check_free(const struct vif_port *port, const struct vif_sight *sight, bool in_use,
                      char **errorp)
{
    const struct vif_record *record = &sight->record;

    if (vif_record_owner_lives(record)) {
        return error_set(errorp, EEXIST, "\"%s\" is in use by process %ld", port->name,
                         (long)record->pid);
    }
    if (in_use) {
        return error_set(errorp, EEXIST, "\"%s\" is in use: somebody has it open", port->name);
    }
    if (record->state == VIF_PLUGGED && !record->pid) {
        return error_set(errorp, EEXIST,
                         "\"%s\" is plugged already, for somebody else to open; unplug it first",
                         port->name);
    }
    return 0;
}

/* Looks at an interface that is plugged already: fine when it is just as wished. */
static int compare(const struct vif_port *port, const struct vif_record *record, char **errorp)
{
    auto_free char *differences = vif_port_differences(port, &record->port);

    return differences
               ? error_set(errorp, EEXIST, "\"%s\" is plugged already, but %s; unplug it first",
                           port->name, differences)
               : 0;
}

/* Looks at what is known of an interface already. Sets *already when it is plugged just as wished;
 * takes away what a crash left of it; refuses it when it is plugged otherwise. */
static int look_at_record(struct vif_host *host, const struct vif_port *port,
                          const struct vif_sight *sight, bool fresh, bool *already, char **errorp)
{
    const struct vif_record *record = &sight->record;
    bool in_use = false;
    int error = 0;

    *already = sight->has_record && !fresh && still_stands(port, sight);
    if (!sight->has_record) {
        return 0;
    }
    bool orphaned = record->pid && !vif_record_owner_lives(record);
    if (sight->has_link && (!*already || orphaned)) {
        error = vif_device_find_users(&sight->link, 1, &in_use, errorp);
    }
    /* What a dead QEMU or vifplug run was to look after is of no use to anybody. */
    *already = *already && (!orphaned || in_use);
    if (!error && *already) {
        return compare(port, record, errorp);
    }
    if (!error && fresh) {
        error = check_free(port, sight, in_use, errorp);
    } else if (!error && in_use) {
        error = error_set(
            errorp, EEXIST,
            "\"%s\" is in use, but no longer as it was plugged: see \"vifplug verify %s\"",
            port->name, port->name);
    }
    if (error) {
        return error;
    }
    vif_host_log(host, "\"%s\" was left by a crash: undoing that first", port->name);
    return vif_unplug_known(host, record, 1, errorp);
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

int vif_standing_look(struct vif_host *host, const struct vif_port *port,
                      const struct vif_sight *sight, bool fresh, bool *already, char replaces[37],
                      char **errorp)
{
    int error = look_at_record(host, port, sight, fresh, already, errorp);

    return error || *already ? error : look_at_row(sight, replaces, errorp);
}
