#include "vif/plan-vlan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

static int ascending(const void *a, const void *b)
{
    uint16_t ia = *(const uint16_t *)a;
    uint16_t ib = *(const uint16_t *)b;

    return (ia > ib) - (ia < ib);
}

static int check_tags(const struct ovs_vlan *vlan, const uint16_t *ids, size_t n,
                      struct vif_port *port, char **errorp)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == 4095) {
            return error_set(
                errorp, EINVAL,
                "VLAN 4095 is reserved (IEEE 802.1Q) and no switch forwards it; use 1 to "
                "4094");
        }
        if (i && ids[i] == ids[i - 1]) {
            return error_set(errorp, EINVAL, "VLAN %u is listed twice; remove one of the tags",
                             ids[i]);
        }
    }
    if (n && ids[0] == 0) {
        if (vlan->mode == OVS_VLAN_ACCESS) {
            vif_port_note(
                port, "VLAN 0 is no VLAN to Open vSwitch: the guest's frames stay untagged, and "
                      "reach other ports without a VLAN and trunks that carry 0");
        } else {
            vif_port_note(port,
                          "VLAN 0 in a trunk means, to Open vSwitch, frames without a VLAN tag");
        }
    }
    return 0;
}

int vif_plan_vlan(const struct vif_vlan *vlan, struct vif_port *port, char **errorp)
{
    struct ovs_vlan *out = &port->vlan;

    out->mode = OVS_VLAN_TRUNK;
    out->tag = -1;
    if (!vlan->n_tags) {
        return 0;
    }
    uint16_t *ids = mem_resize(NULL, vlan->n_tags, sizeof *ids);
    for (size_t i = 0; i < vlan->n_tags; i++) {
        ids[i] = vlan->tags[i].id;
        if (vlan->tags[i].native != VIF_NATIVE_NONE) {
            out->mode = vlan->tags[i].native == VIF_NATIVE_TAGGED ? OVS_VLAN_NATIVE_TAGGED
                                                                  : OVS_VLAN_NATIVE_UNTAGGED;
            out->tag = vlan->tags[i].id;
        }
    }
    if (!vlan->trunk) {
        out->mode = OVS_VLAN_ACCESS;
        out->tag = ids[0];
    }
    qsort(ids, vlan->n_tags, sizeof *ids, ascending);
    int error = check_tags(out, ids, vlan->n_tags, port, errorp);
    if (error || out->mode == OVS_VLAN_ACCESS) {
        free(ids);
    } else {
        out->trunks = ids;
        out->n_trunks = vlan->n_tags;
    }
    return error;
}

/* libvirt counts in 1000 byte/s and 1024 byte, Open vSwitch in bits. 2^40 kB/s is beyond any link,
 * and keeps the products within 64 bits. */
static int check_rate(const char *direction, const struct vif_rate *rate, char **errorp)
{
    const uint64_t most = UINT64_C(1) << 40;

    if (rate->floor_kBps) {
        return error_set(errorp, EINVAL,
                         "<bandwidth> %s floor='%" PRIu64
                         "': a guaranteed share needs libvirt's own "
                         "network; use average and peak",
                         direction, rate->floor_kBps);
    }
    if (rate->average_kBps > most || rate->peak_kBps > most || rate->burst_KiB > most) {
        return error_set(errorp, EINVAL, "<bandwidth> %s is out of range", direction);
    }
    return 0;
}

int vif_plan_bandwidth(const struct vif_bandwidth *bandwidth, struct vif_port *port, char **errorp)
{
    const struct vif_rate *in = &bandwidth->inbound;
    const struct vif_rate *out = &bandwidth->outbound;
    int error = check_rate("inbound", in, errorp);

    if (!error) {
        error = check_rate("outbound", out, errorp);
    }
    if (error) {
        return error;
    }
    /* What the guest receives leaves the switch, and the other way round. Without a peak the
     * average is the limit: linux-htb would otherwise take the speed of the link, which a tap does
     * not have. */
    port->qos.egress_min_bps = in->average_kBps * 8000;
    port->qos.egress_max_bps = (in->peak_kBps ? in->peak_kBps : in->average_kBps) * 8000;
    port->qos.egress_burst_bits = in->burst_KiB * 8192;
    port->qos.ingress_kbps = out->average_kBps * 8;
    port->qos.ingress_burst_kb = out->burst_KiB * 8192 / 1000;
    if (out->peak_kBps && out->peak_kBps != out->average_kBps) {
        vif_port_note(port,
                      "<bandwidth> outbound peak is not used: Open vSwitch polices what a guest "
                      "sends by one rate, the average");
    }
    return 0;
}
