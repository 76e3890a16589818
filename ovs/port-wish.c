/* The wish for a port: filled, given back, and compared with what stands in the database. */
#include <inttypes.h>
#include <stdarg.h>

#include "base/mem.h"
#include "ovs/port.h"

const char *ovs_vlan_mode_name(enum ovs_vlan_mode mode)
{
    switch (mode) {
    case OVS_VLAN_TRUNK:
        return "trunk";
    case OVS_VLAN_ACCESS:
        return "access";
    case OVS_VLAN_NATIVE_TAGGED:
        return "native-tagged";
    case OVS_VLAN_NATIVE_UNTAGGED:
        return "native-untagged";
    case OVS_VLAN_DOT1Q_TUNNEL:
        return "dot1q-tunnel";
    }
    return "trunk";
}

void ovs_port_clear(struct ovs_port *port)
{
    free(port->name);
    free(port->bridge);
    free(port->vlan.trunks);
    for (size_t i = 0; i < port->n_interface_ids; i++) {
        free(port->interface_ids[i].key);
        free(port->interface_ids[i].value);
    }
    free(port->interface_ids);
    *port = (struct ovs_port){0};
}

void ovs_port_add_id(struct ovs_port *port, const char *key, const char *value)
{
    size_t place = 0;

    if (!value || !*value) {
        return;
    }
    while (place < port->n_interface_ids && strcmp(port->interface_ids[place].key, key) < 0) {
        place++;
    }
    if (place < port->n_interface_ids && str_eq(port->interface_ids[place].key, key)) {
        str_assign(&port->interface_ids[place].value, value);
        return;
    }
    port->interface_ids = mem_resize(port->interface_ids, port->n_interface_ids + 1,
                                     sizeof *port->interface_ids);
    memmove(&port->interface_ids[place + 1], &port->interface_ids[place],
            (port->n_interface_ids - place) * sizeof *port->interface_ids);
    port->interface_ids[place] = (struct ovs_id){str_dup(key), str_dup(value)};
    port->n_interface_ids++;
}

static void differ(char **differences, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void differ(char **differences, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *one = str_vprintf(format, args);
    va_end(args);
    auto_free char *old = *differences;

    *differences = old ? str_printf("%s, %s", old, one) : str_dup(one);
}

static char *quoted_or_none(const char *text)
{
    return text ? str_printf("\"%s\"", text) : str_dup("none");
}

static void compare_texts(char **differences, const char *what, const char *is, const char *wished)
{
    if (!str_eq(is, wished)) {
        auto_free char *a = quoted_or_none(is);
        auto_free char *b = quoted_or_none(wished);

        differ(differences, "%s is %s instead of %s", what, a, b);
    }
}

static void compare_numbers(char **differences, const char *what, uint64_t is, uint64_t wished)
{
    if (is != wished) {
        differ(differences, "%s is %" PRIu64 " instead of %" PRIu64, what, is, wished);
    }
}

static void compare_bools(char **differences, const char *what, bool is, bool wished)
{
    if (is != wished) {
        differ(differences, "%s is %s instead of %s", what, is ? "true" : "false",
               wished ? "true" : "false");
    }
}

static char *tag_text(int tag)
{
    return tag < 0 ? str_dup("none") : str_printf("%d", tag);
}

/* "10,20", or "all" for no trunks. */
static char *trunks_text(const struct ovs_vlan *vlan)
{
    char *text = NULL;

    for (size_t i = 0; i < vlan->n_trunks; i++) {
        auto_free char *old = text;

        text = old ? str_printf("%s,%d", old, vlan->trunks[i]) : str_printf("%d", vlan->trunks[i]);
    }
    return text ? text : str_dup("all");
}

static bool same_trunks(const struct ovs_vlan *a, const struct ovs_vlan *b)
{
    return a->n_trunks == b->n_trunks &&
           (!a->n_trunks || !memcmp(a->trunks, b->trunks, a->n_trunks * sizeof *a->trunks));
}

static void compare_vlans(char **differences, const struct ovs_vlan *is,
                          const struct ovs_vlan *wished)
{
    if (is->mode != wished->mode) {
        differ(differences, "vlan_mode is %s instead of %s", ovs_vlan_mode_name(is->mode),
               ovs_vlan_mode_name(wished->mode));
    }
    if (is->tag != wished->tag) {
        auto_free char *a = tag_text(is->tag);
        auto_free char *b = tag_text(wished->tag);

        differ(differences, "tag is %s instead of %s", a, b);
    }
    if (!same_trunks(is, wished)) {
        auto_free char *a = trunks_text(is);
        auto_free char *b = trunks_text(wished);

        differ(differences, "trunks are %s instead of %s", a, b);
    }
}

static void compare_qos(char **differences, const struct ovs_qos *is, const struct ovs_qos *wished)
{
    compare_numbers(differences, "ingress_policing_rate", is->ingress_kbps, wished->ingress_kbps);
    compare_numbers(differences, "ingress_policing_burst", is->ingress_burst_kb,
                    wished->ingress_burst_kb);
    compare_numbers(differences, "min-rate", is->egress_min_bps, wished->egress_min_bps);
    compare_numbers(differences, "max-rate", is->egress_max_bps, wished->egress_max_bps);
    compare_numbers(differences, "burst", is->egress_burst_bits, wished->egress_burst_bits);
}

static const char *find_id(const struct ovs_port *port, const char *key)
{
    for (size_t i = 0; i < port->n_interface_ids; i++) {
        if (str_eq(port->interface_ids[i].key, key)) {
            return port->interface_ids[i].value;
        }
    }
    return NULL;
}

bool ovs_port_matches(const struct ovs_port *wish, const struct ovs_port_row *row,
                      char **differences)
{
    const struct ovs_port *is = &row->port;
    char *found = NULL;

    compare_texts(&found, "name", is->name, wish->name);
    compare_texts(&found, "bridge", is->bridge, wish->bridge);
    if (!row->interface_uuid[0]) {
        differ(&found, "it is a port of several interfaces");
    } else if (row->interface_type && *row->interface_type) {
        differ(&found, "type is \"%s\" instead of a system device", row->interface_type);
    }
    compare_vlans(&found, &is->vlan, &wish->vlan);
    compare_bools(&found, "protected", is->isolated, wish->isolated);
    compare_bools(&found, "transient", is->transient, wish->transient);
    compare_numbers(&found, "mtu_request", is->mtu_request, wish->mtu_request);
    compare_qos(&found, &is->qos, &wish->qos);
    for (size_t i = 0; i < wish->n_interface_ids; i++) {
        const struct ovs_id *id = &wish->interface_ids[i];
        auto_free char *what = str_printf("external_ids:%s", id->key);

        compare_texts(&found, what, find_id(is, id->key), id->value);
    }
    if (!found) {
        return true;
    }
    if (differences) {
        *differences = found;
    } else {
        free(found);
    }
    return false;
}
