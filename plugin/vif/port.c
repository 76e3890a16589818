#include "vif/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vif/strategy.h"

void vif_port_clear(struct vif_port *port)
{
    free(port->where);
    free(port->domain_name);
    free(port->domain_uuid);
    free(port->profile_id);
    free(port->bridge);
    free(port->vlan.trunks);
    free(port->lower);
    for (size_t i = 0; i < port->n_lowers; i++) {
        free(port->lowers[i]);
    }
    free(port->lowers);
    free(port->network);
    free(port->script);
    free(port->downscript);
    free(port->model);
    free(port->alias);
    for (size_t i = 0; i < port->n_notes; i++) {
        free(port->notes[i]);
    }
    free(port->notes);
    if (port->alternative) {
        vif_port_clear(port->alternative);
        free(port->alternative);
    }
    free(port->other_error);
    memset(port, 0, sizeof *port);
}

void vif_port_copy(struct vif_port *dst, const struct vif_port *src)
{
    *dst = *src;
    dst->where = str_dup_or_null(src->where);
    dst->domain_name = str_dup_or_null(src->domain_name);
    dst->domain_uuid = str_dup_or_null(src->domain_uuid);
    dst->profile_id = str_dup_or_null(src->profile_id);
    dst->bridge = str_dup_or_null(src->bridge);
    dst->vlan.trunks = NULL;
    if (src->vlan.n_trunks) {
        dst->vlan.trunks = mem_resize(NULL, src->vlan.n_trunks, sizeof *dst->vlan.trunks);
        memcpy(dst->vlan.trunks, src->vlan.trunks, src->vlan.n_trunks * sizeof *dst->vlan.trunks);
    }
    dst->lower = str_dup_or_null(src->lower);
    dst->lowers = NULL;
    if (src->n_lowers) {
        dst->lowers = mem_resize(NULL, src->n_lowers, sizeof *dst->lowers);
        for (size_t i = 0; i < src->n_lowers; i++) {
            dst->lowers[i] = str_dup(src->lowers[i]);
        }
    }
    dst->network = str_dup_or_null(src->network);
    dst->script = str_dup_or_null(src->script);
    dst->downscript = str_dup_or_null(src->downscript);
    dst->model = str_dup_or_null(src->model);
    dst->alias = str_dup_or_null(src->alias);
    dst->notes = NULL;
    dst->n_notes = 0;
    for (size_t i = 0; i < src->n_notes; i++) {
        vif_port_note(dst, "%s", src->notes[i]);
    }
    dst->alternative = NULL;
    if (src->alternative) {
        dst->alternative = mem_zalloc(sizeof *dst->alternative);
        vif_port_copy(dst->alternative, src->alternative);
    }
    dst->other_error = str_dup_or_null(src->other_error);
}

void vif_port_note(struct vif_port *port, const char *format, ...)
{
    va_list args;

    port->notes = mem_resize(port->notes, port->n_notes + 1, sizeof *port->notes);
    va_start(args, format);
    port->notes[port->n_notes++] = str_vprintf(format, args);
    va_end(args);
}

const char *vif_device_name(enum vif_device device)
{
    switch (device) {
    case VIF_DEVICE_TAP:
        return "tap";
    case VIF_DEVICE_MACVTAP:
        return "macvtap";
    case VIF_DEVICE_EXISTING:
        return "existing";
    case VIF_DEVICE_BY_QEMU:
        return "qemu";
    }
    return NULL;
}

const char *vif_attachment_name(enum vif_attachment attachment)
{
    switch (attachment) {
    case VIF_ATTACH_NONE:
        return "none";
    case VIF_ATTACH_OVS:
        return "ovs";
    case VIF_ATTACH_LINUX_BRIDGE:
        return "bridge";
    case VIF_ATTACH_LOWER:
        return "lower";
    }
    return NULL;
}

/* "10,20,30"; "all" for an empty list, which is what Open vSwitch takes it for. */
static char *trunks_text(const struct ovs_vlan *vlan)
{
    char *text = NULL;

    if (!vlan->n_trunks) {
        return str_dup("all");
    }
    for (size_t i = 0; i < vlan->n_trunks; i++) {
        char *longer = text ? str_printf("%s,%u", text, vlan->trunks[i])
                            : str_printf("%u", vlan->trunks[i]);
        free(text);
        text = longer;
    }
    return text;
}

char *vif_port_vlan_text(const struct vif_port *port)
{
    if (port->attachment != VIF_ATTACH_OVS &&
        (port->attachment != VIF_ATTACH_LOWER || port->vlan.mode != OVS_VLAN_ACCESS)) {
        return str_dup("-");
    }
    auto_free char *trunks = trunks_text(&port->vlan);
    switch (port->vlan.mode) {
    case OVS_VLAN_ACCESS:
        return str_printf("%d", port->vlan.tag);
    case OVS_VLAN_TRUNK:
        return port->vlan.n_trunks ? str_printf("trunk %s", trunks) : str_dup("all");
    case OVS_VLAN_NATIVE_TAGGED:
    case OVS_VLAN_NATIVE_UNTAGGED:
    case OVS_VLAN_DOT1Q_TUNNEL:
        return str_printf("trunk %s, %d %s", trunks, port->vlan.tag,
                          ovs_vlan_mode_name(port->vlan.mode));
    }
    return NULL;
}

char *vif_port_mark(const struct vif_port *port)
{
    return str_printf("%s%s", VIF_MARK_PREFIX,
                      port->domain_uuid ? port->domain_uuid : port->interface_id);
}

/* The keys that integrators and other tools look for: OVS's topics/integration and
 * ovs-vswitchd.conf.db(5) name attached-mac, iface-id, iface-status and vm-id; os-vif writes
 * vm-uuid in the place of vm-id; libvirt writes ifname and port-profile. */
void vif_port_to_ovs(const struct vif_port *port, struct ovs_port *ovs)
{
    char mac[MAC_TEXT_SIZE];

    memset(ovs, 0, sizeof *ovs);
    ovs->name = str_dup(port->name);
    ovs->bridge = str_dup(port->bridge);
    ovs->vlan = port->vlan;
    if (port->vlan.n_trunks) {
        ovs->vlan.trunks = mem_resize(NULL, port->vlan.n_trunks, sizeof *ovs->vlan.trunks);
        memcpy(ovs->vlan.trunks, port->vlan.trunks, port->vlan.n_trunks * sizeof *ovs->vlan.trunks);
    }
    ovs->isolated = port->isolated;
    ovs->transient = port->transient;
    ovs->mtu_request = port->mtu;
    ovs->qos = port->qos;
    ovs_port_add_id(ovs, "attached-mac", mac_format(&port->mac, mac));
    ovs_port_add_id(ovs, "iface-id", port->interface_id);
    ovs_port_add_id(ovs, "iface-status", "active");
    ovs_port_add_id(ovs, "ifname", port->name);
    ovs_port_add_id(ovs, "port-profile", port->profile_id);
    ovs_port_add_id(ovs, "vm-id", port->domain_uuid);
    ovs_port_add_id(ovs, "vm-name", port->domain_name);
    ovs_port_add_id(ovs, "vm-uuid", port->domain_uuid);
}

/* Collects differences: `text` is what is known so far, or NULL; returns the longer text. */
static char *differ(char *text, const char *what, const char *fact, const char *wish)
{
    if (str_eq(fact, wish)) {
        return text;
    }
    char *more = str_printf("%s%s%s is %s%s%s instead of %s%s%s", text ? text : "",
                            text ? ", " : "", what, fact ? "\"" : "", fact ? fact : "unset",
                            fact ? "\"" : "", wish ? "\"" : "", wish ? wish : "unset",
                            wish ? "\"" : "");
    free(text);
    return more;
}

static char *differ_number(char *text, const char *what, uint64_t fact, uint64_t wish)
{
    auto_free char *fact_text = str_printf("%llu", (unsigned long long)fact);
    auto_free char *wish_text = str_printf("%llu", (unsigned long long)wish);

    return differ(text, what, fact_text, wish_text);
}

static char *differ_bool(char *text, const char *what, bool fact, bool wish)
{
    return differ(text, what, fact ? "yes" : "no", wish ? "yes" : "no");
}

char *vif_port_differences(const struct vif_port *wish, const struct vif_port *fact)
{
    char wish_mac[MAC_TEXT_SIZE];
    char fact_mac[MAC_TEXT_SIZE];
    auto_free char *wish_vlan = vif_port_vlan_text(wish);
    auto_free char *fact_vlan = vif_port_vlan_text(fact);
    char *text = NULL;

    text = differ(text, "domain", fact->domain_uuid, wish->domain_uuid);
    text = differ(text, "interface id", fact->interface_id, wish->interface_id);
    text = differ(text, "profile id", fact->profile_id, wish->profile_id);
    text = differ(text, "device", vif_device_name(fact->device), vif_device_name(wish->device));
    text = differ(text, "attachment", vif_attachment_name(fact->attachment),
                  vif_attachment_name(wish->attachment));
    text = differ(text, "bridge", fact->bridge, wish->bridge);
    text = differ(text, "lower device", fact->lower, wish->lower);
    text = differ_bool(text, "mode left to vifplug", fact->mode_auto, wish->mode_auto);
    text = differ(text, "mode", macvtap_mode_name(fact->mode), macvtap_mode_name(wish->mode));
    text = differ(text, "way to be connected again", vif_strategy_name(fact->strategy),
                  vif_strategy_name(wish->strategy));
    text = differ(text, "way to find the lower device again", vif_find_name(fact->find),
                  vif_find_name(wish->find));
    text = differ_bool(text, "guest trusted with its address", fact->follows_mac,
                       wish->follows_mac);
    text = differ(text, "MAC address", mac_format(&fact->mac, fact_mac),
                  mac_format(&wish->mac, wish_mac));
    text = differ(text, "VLAN", fact_vlan, wish_vlan);
    text = differ_number(text, "MTU", fact->mtu, wish->mtu);
    text = differ_number(text, "number of queues", fact->n_queues, wish->n_queues);
    text = differ_bool(text, "persistent", fact->persistent, wish->persistent);
    text = differ_number(text, "user", fact->owner, wish->owner);
    text = differ_number(text, "group", fact->group, wish->group);
    text = differ_bool(text, "isolated", fact->isolated, wish->isolated);
    text = differ_bool(text, "transient", fact->transient, wish->transient);
    text = differ(text, "script", fact->script, wish->script);
    text = differ(text, "downscript", fact->downscript, wish->downscript);
    text = differ_number(text, "ingress rate in kbit/s", fact->qos.ingress_kbps,
                         wish->qos.ingress_kbps);
    text = differ_number(text, "ingress burst in kbit", fact->qos.ingress_burst_kb,
                         wish->qos.ingress_burst_kb);
    text = differ_number(text, "least egress rate in bit/s", fact->qos.egress_min_bps,
                         wish->qos.egress_min_bps);
    text = differ_number(text, "greatest egress rate in bit/s", fact->qos.egress_max_bps,
                         wish->qos.egress_max_bps);
    text = differ_number(text, "egress burst in bit", fact->qos.egress_burst_bits,
                         wish->qos.egress_burst_bits);
    return text;
}
