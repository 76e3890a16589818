/* Ports: sets of them, added or removed as one transaction, and read back.
 *
 * Each port here has exactly one Interface, of the system type (type ""), and of the same name: a
 * tap.
 *
 * Theory of operation. A set of ports is added by one transaction: for each bridge a `wait` that it
 * is there; for each port that replaces a row the guard that this very row still stands, and its
 * removal; the inserts; and a `mutate` of Bridge.ports (never the whole set: two writers of it undo
 * each other's work). That a name is free needs no guard: the schema makes names unique. When the
 * server refuses, the database is read again to find out what to say. Then a second transaction per
 * bunch of ports waits, in the server, until ovs-vswitchd has given each Interface its ofport, and
 * selects ofport and error. A port that is not realised in time, or is refused (ofport -1), fails
 * the whole set, which is then taken out again. When the connection is lost before the reply to a
 * transaction, nobody knows whether it was committed: we connect again and look for rows with our
 * `plug_id`.
 */
#ifndef OVS_PORT_H
#define OVS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ovsdb;

/* external_ids of the Port that vifplug makes: who made it, and in which plug. */
#define OVS_OWNER_KEY   "owner"
#define OVS_OWNER       "vifplug"
#define OVS_PLUG_ID_KEY "vifplug-plug"

/* Port.vlan_mode, with the meanings of ovs-vswitchd.conf.db(5). */
enum ovs_vlan_mode {
    OVS_VLAN_TRUNK, /* of `trunks`, or of every VLAN where there are none */
    OVS_VLAN_ACCESS,
    OVS_VLAN_NATIVE_TAGGED,
    OVS_VLAN_NATIVE_UNTAGGED,
    OVS_VLAN_DOT1Q_TUNNEL, /* only read, never wished */
};

/* The word that stands in the vlan_mode column. */
const char *ovs_vlan_mode_name(enum ovs_vlan_mode mode);

struct ovs_vlan {
    enum ovs_vlan_mode mode;
    int tag;          /* 0 to 4095; -1 for none (OVS_VLAN_TRUNK) */
    uint16_t *trunks; /* ascending */
    size_t n_trunks;
};

/* A key and its value in an external_ids column. */
struct ovs_id {
    char *key;
    char *value;
};

/* Limits on traffic. All 0 is no limit. OVS names the directions from the switch's point of view,
 * and so does this struct: "ingress" is what the guest sends. */
struct ovs_qos {
    uint64_t ingress_kbps;      /* Interface.ingress_policing_rate, 1000 bit/s */
    uint64_t ingress_burst_kb;  /* Interface.ingress_policing_burst, 1000 bit */
    uint64_t egress_min_bps;    /* Queue 0 of a linux-htb QoS: other_config:min-rate, bit/s */
    uint64_t egress_max_bps;    /* other_config:max-rate of Queue and QoS */
    uint64_t egress_burst_bits; /* other_config:burst of Queue and QoS */
};

/* A port as it is wished. */
struct ovs_port {
    char *name;
    char *bridge;
    struct ovs_vlan vlan;
    struct ovs_qos qos;
    struct ovs_id *interface_ids; /* Interface.external_ids, sorted by key */
    size_t n_interface_ids;

    /* The UUID of the Port row of this name that the caller saw and that is to be replaced, "" when
     * there was none. */
    char replaces[37];
    /* Of a port that is put back, since somebody else has removed its row: the id of the plug that
     * it is of. "" for a new one. */
    char plug_id[37];

    bool isolated;        /* Port.protected: no traffic between two such ports */
    bool transient;       /* Port.other_config:transient */
    unsigned mtu_request; /* Interface.mtu_request, bytes; 0 for none */
};

/* Frees what `port` points to, not the struct itself. */
void ovs_port_clear(struct ovs_port *port);

/* Adds a key to port->interface_ids in its place; a NULL or empty value adds nothing. Both texts
 * are copied. */
void ovs_port_add_id(struct ovs_port *port, const char *key, const char *value);

/* A port as it stands in the database. */
struct ovs_port_row {
    char uuid[37];           /* of the Port */
    char interface_uuid[37]; /* "" for a port with other than one interface, of which then nothing
                              * else is told here either */
    char *interface_type;    /* "" for a system device, else "internal", "patch", "vxlan", ... */
    struct ovs_port port;    /* .bridge is NULL when no bridge has the row; .replaces is "" */
    char *owner;             /* external_ids:owner, or NULL */
    char *plug_id;           /* external_ids:vifplug-plug, or NULL */
    int64_t ofport;          /* 0: ovs-vswitchd did not look at it yet; -1: refused */
    int64_t ifindex;         /* as ovs-vswitchd last saw the device; 0: it has none */
    bool link_up;            /* Interface.link_state */
    char *error;             /* Interface.error, or NULL */
};

void ovs_port_rows_free(struct ovs_port_row *rows, size_t n);

/* Reads the rows of the ports with these names; also of a port of another name that has an
 * interface of such a name (a bond), with its own name in .port.name. Names without a row are left
 * out, so *n_rows may be 0. On success the caller frees *rows with ovs_port_rows_free(). */
int ovs_ports_read(struct ovsdb *db, const char *const *names, size_t n_names,
                   struct ovs_port_row **rows, size_t *n_rows, char **errorp);

/* Reads all ports that have vifplug's owner mark. */
int ovs_ports_read_owned(struct ovsdb *db, struct ovs_port_row **rows, size_t *n_rows,
                         char **errorp);

/* Adds `n` ports, all of them new or all put back, in one transaction, and waits until ovs-vswitchd
 * has realised every one of them unless `no_wait`. All or nothing, as described above.
 *
 * `plug_id` is a UUID in text form, new for this call, that marks the rows. Returns 0, and then
 * ofports[i] is the OpenFlow port number of ports[i] (0 with `no_wait`; `ofports` may be NULL). Or:
 * -ENOENT when a bridge is missing (the sentence lists those there are); -EEXIST when a name is
 * taken by a row other than .replaces; -EAGAIN when the row to be replaced is gone, or the database
 * changed in another way since the caller read it; -ETIMEDOUT when ovs-vswitchd did not realise all
 * of them in time (the sentence says whether one runs at all); -EIO when it refused one, with its
 * own words; -EPROTO when the server refused for a reason of its own, a value out of range; or what
 * ovsdb_open() may return. After any of them no row of this call is left in the database; where
 * even taking them out failed, the sentence says so. A row that was replaced does not come back.
 *
 * Ports that are put back get the marks that they had, and what their rows left of QoS goes. They
 * are not taken out again when ovs-vswitchd does not realise them, or when it is not known whether
 * the server has got them: they belong there. `plug_id` may then be NULL. */
int ovs_ports_add(struct ovsdb *db, const struct ovs_port *ports, size_t n, const char *plug_id,
                  bool no_wait, int64_t *ofports, char **errorp);

/* Removes the ports of these rows (by uuid, guarded: a row that was replaced meanwhile stays),
 * together with their interfaces and the QoS and Queue rows that vifplug made for them, in one
 * transaction. A row that is gone is success. Where it is known to be gone, since somebody else
 * removed it, .uuid is "", and .port.name, .owner and .plug_id are enough to remove what else there
 * was of the port. Does not wait for ovs-vswitchd. */
int ovs_ports_remove(struct ovsdb *db, const struct ovs_port_row *rows, size_t n, char **errorp);

/* Waits until ovs-vswitchd has done all that the database says now, at most the connection's time
 * limit: -ETIMEDOUT. Needed between the removal of a port and its return with another device of the
 * same name: where ovs-vswitchd sees both at once, its userspace datapath goes on listening to the
 * device that is gone. */
int ovs_settle(struct ovsdb *db, char **errorp);

/* The operations that ovs_ports_add() would send first, as the JSON text of an array, one
 * operation a line when `pretty`; caller frees. Needs no connection. */
char *ovs_ports_describe(const struct ovs_port *ports, size_t n, const char *plug_id,
                         const char *caller, bool pretty);

/* Compares a wish with a row. Returns true when they agree; else false, and stores a malloc'd text
 * such as `tag is 200 instead of 100, bridge is "br1" instead of "br0"` in *differences, which the
 * caller frees. Keys of external_ids that others added do not count. */
bool ovs_port_matches(const struct ovs_port *wish, const struct ovs_port_row *row,
                      char **differences);

#endif
