#include "ovs/conflict.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "ovs/bridge.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **list_names(const struct ovs_port *ports, size_t n)
{
    const char **names = mem_zalloc(n * sizeof *names);

    for (size_t i = 0; i < n; i++) {
        names[i] = ports[i].name;
    }
    return names;
}

int conflict_within(const struct ovs_port *ports, size_t n, char **errorp)
{
    auto_free const char **names = list_names(ports, n);

    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 1; i < n; i++) {
        if (str_eq(names[i - 1], names[i])) {
            return error_set(errorp, EEXIST, "two interfaces of one plug have the name \"%s\"",
                             names[i]);
        }
    }
    return 0;
}

static int check_bridges(struct ovsdb *db, const struct ovs_port *ports, size_t n, char **errorp)
{
    struct ovs_switch *sw = NULL;
    int error = ovs_switch_read(db, &sw, errorp);

    for (size_t i = 0; !error && i < n; i++) {
        if (!ovs_switch_find(sw, ports[i].bridge)) {
            auto_free char *names = ovs_switch_bridge_names(sw);

            error = error_set(errorp, ENOENT, "no OVS bridge \"%s\" in %s; bridges: %s",
                              ports[i].bridge, db->remote, names);
        }
    }
    ovs_switch_free(sw);
    return error;
}

static const char *find_id(const struct ovs_port_row *row, const char *key)
{
    for (size_t i = 0; i < row->port.n_interface_ids; i++) {
        if (str_eq(row->port.interface_ids[i].key, key)) {
            return row->port.interface_ids[i].value;
        }
    }
    return NULL;
}

/* ` (owner "vifplug", guest "...")`, or "" where nothing is known. */
static char *whose(const struct ovs_port_row *row)
{
    const char *guest = find_id(row, "vm-id");

    if (!guest) {
        guest = find_id(row, "vm-uuid");
    }
    if (row->owner && guest) {
        return str_printf(" (owner \"%s\", guest %s)", row->owner, guest);
    }
    if (row->owner) {
        return str_printf(" (owner \"%s\")", row->owner);
    }
    return guest ? str_printf(" (guest %s)", guest) : str_dup("");
}

static char *remedy(const struct ovs_port_row *row)
{
    const char *bridge = row->port.bridge;

    if (str_eq(row->owner, OVS_OWNER)) {
        return str_printf("unplug it first: vifplug unplug %s", row->port.name);
    }
    if (str_eq(row->port.name, bridge)) {
        return str_dup("it is the bridge's own port, so choose another name");
    }
    return str_printf("choose another name, or remove it: ovs-vsctl del-port %s", row->port.name);
}

/* `bridge "br0"`, or "no bridge". */
static char *where_it_is(const struct ovs_port_row *row)
{
    return row->port.bridge ? str_printf("bridge \"%s\"", row->port.bridge) : str_dup("no bridge");
}

static int taken(const struct ovs_port *port, const struct ovs_port_row *row, char **errorp)
{
    auto_free char *place = where_it_is(row);
    auto_free char *owner = whose(row);
    auto_free char *what_to_do = remedy(row);

    if (!str_eq(port->name, row->port.name)) {
        return error_set(errorp, EEXIST,
                         "port name \"%s\" is taken by an interface of port \"%s\" on %s%s; choose "
                         "another name",
                         port->name, row->port.name, place, owner);
    }
    if (port->replaces[0]) {
        return error_set(errorp, EEXIST,
                         "port \"%s\" was replaced by someone else while it was to be replaced "
                         "here: it is on %s%s now; try again, or %s",
                         port->name, place, owner, what_to_do);
    }
    return error_set(errorp, EEXIST, "port name \"%s\" is taken by a port on %s%s; %s", port->name,
                     place, owner, what_to_do);
}

static const struct ovs_port_row *find_row(const struct ovs_port_row *rows, size_t n,
                                           const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rows[i].port.name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

static int check_port(const struct ovs_port *port, const struct ovs_port_row *row, char **errorp)
{
    if (row && !str_eq(row->uuid, port->replaces)) {
        return taken(port, row, errorp);
    }
    if (!row && port->replaces[0]) {
        return error_set(errorp, EAGAIN,
                         "port \"%s\", which was to be replaced, was removed by someone else "
                         "meanwhile; try again",
                         port->name);
    }
    return 0;
}

/* The name of `port` may be that of an interface of a port with another name: a bond. */
static int check_bonds(struct ovsdb *db, const struct ovs_port *port, char **errorp)
{
    const char *name = port->name;
    struct ovs_port_row *rows = NULL;
    size_t n_rows = 0;
    int error = ovs_ports_read(db, &name, 1, &rows, &n_rows, errorp);

    for (size_t i = 0; !error && i < n_rows; i++) {
        if (!str_eq(rows[i].port.name, name)) {
            error = taken(port, &rows[i], errorp);
        }
    }
    ovs_port_rows_free(rows, n_rows);
    return error;
}

static int check_names(struct ovsdb *db, const struct ovs_port *ports, size_t n, char **errorp)
{
    auto_free const char **names = list_names(ports, n);
    struct ovs_port_row *rows = NULL;
    size_t n_rows = 0;
    size_t n_matched = 0;
    int error = ovs_ports_read(db, names, n, &rows, &n_rows, errorp);

    for (size_t i = 0; !error && i < n; i++) {
        const struct ovs_port_row *row = find_row(rows, n_rows, ports[i].name);

        n_matched += row != NULL;
        error = check_port(&ports[i], row, errorp);
    }
    for (size_t i = 0; !error && n_matched < n_rows && i < n; i++) {
        error = check_bonds(db, &ports[i], errorp);
    }
    ovs_port_rows_free(rows, n_rows);
    return error;
}

int conflict_explain(struct ovsdb *db, const struct ovs_port *ports, size_t n, bool guard,
                     const char *refusal, char **errorp)
{
    if (!guard) {
        return error_set(errorp, EPROTO, "%s", refusal);
    }
    int error = check_bridges(db, ports, n, errorp);

    if (!error) {
        error = check_names(db, ports, n, errorp);
    }
    if (!error) {
        error = error_set(errorp, EAGAIN,
                          "the database changed while the ports were being added, and changed "
                          "again since; try again (%s)",
                          refusal);
    }
    return error;
}
