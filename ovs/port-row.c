#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/port-row.h"

#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/value.h"

/* vlan_mode may be unset; then `tag` makes it an access port (ovs-vswitchd.conf.db(5)). */
static enum ovs_vlan_mode read_vlan_mode(const struct json *port)
{
    const char *name = row_text(port, "vlan_mode");

    if (!name) {
        return row_count(port, "tag") ? OVS_VLAN_ACCESS : OVS_VLAN_TRUNK;
    }
    for (int mode = OVS_VLAN_TRUNK; mode <= OVS_VLAN_DOT1Q_TUNNEL; mode++) {
        if (str_eq(name, ovs_vlan_mode_name((enum ovs_vlan_mode)mode))) {
            return (enum ovs_vlan_mode)mode;
        }
    }
    return OVS_VLAN_TRUNK;
}

static int compare_vlans(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void read_vlan(const struct json *port, struct ovs_vlan *vlan)
{
    size_t n = row_count(port, "trunks");

    vlan->mode = read_vlan_mode(port);
    vlan->tag = (int)row_integer(port, "tag", -1);
    if (!n) {
        return;
    }
    vlan->trunks = mem_zalloc(n * sizeof *vlan->trunks);
    for (size_t i = 0; i < n; i++) {
        const struct json *trunk = row_at(port, "trunks", i);

        if (trunk && trunk->type == JSON_INTEGER) {
            vlan->trunks[vlan->n_trunks++] = (uint16_t)json_integer(trunk);
        }
    }
    qsort(vlan->trunks, vlan->n_trunks, sizeof *vlan->trunks, compare_vlans);
}

static uint64_t read_rate(const struct json *row, const char *key)
{
    const char *text = row_map_text(row, "other_config", key);

    return text ? strtoull(text, NULL, 10) : 0;
}

static uint64_t read_unsigned(const struct json *row, const char *column)
{
    int64_t value = row_integer(row, column, 0);

    return value > 0 ? (uint64_t)value : 0;
}

static void read_qos(const struct port_rows *rows, struct ovs_qos *qos)
{
    qos->ingress_kbps = read_unsigned(rows->interface, "ingress_policing_rate");
    qos->ingress_burst_kb = read_unsigned(rows->interface, "ingress_policing_burst");
    qos->egress_min_bps = read_rate(rows->queue, "min-rate");
    qos->egress_max_bps = read_rate(rows->queue, "max-rate");
    qos->egress_burst_bits = read_rate(rows->queue, "burst");
}

static void read_interface(const struct json *interface, struct ovs_port_row *described)
{
    struct ovs_port *port = &described->port;
    const char *type = row_text(interface, "type");

    uuid_copy(described->interface_uuid, row_uuid(interface, "_uuid", 0));
    described->interface_type = str_dup(type && !str_eq(type, "system") ? type : "");
    described->ofport = row_integer(interface, "ofport", 0);
    described->ifindex = row_integer(interface, "ifindex", 0);
    described->link_up = str_eq(row_text(interface, "link_state"), "up");
    described->error = str_dup_or_null(row_text(interface, "error"));
    port->mtu_request = (unsigned)read_unsigned(interface, "mtu_request");
    for (size_t i = 0; i < row_map_count(interface, "external_ids"); i++) {
        const struct json *pair = row_map_pair(interface, "external_ids", i);
        const char *key = text_of(array_at(pair, 0));

        if (key) {
            ovs_port_add_id(port, key, text_of(array_at(pair, 1)));
        }
    }
}

void port_row_read(struct ovs_port_row *described, const struct port_rows *rows)
{
    struct ovs_port *port = &described->port;
    const char *name = row_text(rows->port, "name");

    *described = (struct ovs_port_row){0};
    uuid_copy(described->uuid, row_uuid(rows->port, "_uuid", 0));
    described->owner = str_dup_or_null(row_map_text(rows->port, "external_ids", OVS_OWNER_KEY));
    described->plug_id = str_dup_or_null(row_map_text(rows->port, "external_ids", OVS_PLUG_ID_KEY));
    port->name = str_dup(name ? name : "");
    port->bridge = str_dup_or_null(row_text(rows->bridge, "name"));
    port->isolated = row_bool(rows->port, "protected");
    port->transient = str_eq(row_map_text(rows->port, "other_config", "transient"), "true");
    read_vlan(rows->port, &port->vlan);
    read_interface(rows->interface, described);
    read_qos(rows, &port->qos);
}

const char *port_row_queue(const struct json *qos)
{
    for (size_t i = 0; i < row_map_count(qos, "queues"); i++) {
        const struct json *pair = row_map_pair(qos, "queues", i);
        const struct json *number = array_at(pair, 0);

        if (number && number->type == JSON_INTEGER && json_integer(number) == 0) {
            return uuid_of(array_at(pair, 1));
        }
    }
    return NULL;
}

void ovs_port_rows_free(struct ovs_port_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ovs_port_clear(&rows[i].port);
        free(rows[i].interface_type);
        free(rows[i].owner);
        free(rows[i].plug_id);
        free(rows[i].error);
    }
    free(rows);
}
