/* What was read from XML as text, one field a line, so that two readings can be compared and the
 * difference seen. */
#ifndef TESTS_SUPPORT_DESCRIBE_H
#define TESTS_SUPPORT_DESCRIBE_H

#include <inttypes.h>
#include <stdio.h>

#include "vif/document.h"
#include "vif/strategy.h"

static inline void describe_text_(FILE *out, const char *field, const char *value)
{
    if (value) {
        fprintf(out, "%s '%s'\n", field, value);
    }
}

static inline void describe_vlan_(FILE *out, const struct vif_vlan *vlan)
{
    if (vlan->n_tags) {
        fprintf(out, "vlan trunk %d:", vlan->trunk);
        for (size_t i = 0; i < vlan->n_tags; i++) {
            fprintf(out, " %u/%d", vlan->tags[i].id, (int)vlan->tags[i].native);
        }
        fprintf(out, "\n");
    }
}

static inline void describe_virtualport_(FILE *out, const struct vif_virtualport *virtualport)
{
    fprintf(out, "virtualport %d\n", virtualport->present);
    describe_text_(out, "virtualport type", virtualport->type);
    describe_text_(out, "interfaceid", virtualport->interface_id);
    describe_text_(out, "profileid", virtualport->profile_id);
    describe_text_(out, "managerid", virtualport->manager_id);
    describe_text_(out, "typeid", virtualport->type_id);
    describe_text_(out, "typeidversion", virtualport->type_id_version);
    describe_text_(out, "instanceid", virtualport->instance_id);
}

static inline void describe_rate_(FILE *out, const char *direction, const struct vif_rate *rate)
{
    fprintf(out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", direction,
            rate->average_kBps, rate->peak_kBps, rate->burst_KiB, rate->floor_kBps);
}

static inline void describe_bandwidth_(FILE *out, const struct vif_bandwidth *bandwidth)
{
    if (bandwidth->present) {
        describe_rate_(out, "inbound", &bandwidth->inbound);
        describe_rate_(out, "outbound", &bandwidth->outbound);
    }
}

static inline void describe_spec_(FILE *out, const struct vif_spec *spec)
{
    char mac[MAC_TEXT_SIZE];

    fprintf(out, "interface %d\n", (int)spec->type);
    describe_text_(out, "type", spec->type_name);
    describe_text_(out, "mac", spec->has_mac ? mac_format(&spec->mac, mac) : NULL);
    describe_text_(out, "bridge", spec->source_bridge);
    describe_text_(out, "network", spec->source_network);
    describe_text_(out, "portgroup", spec->source_portgroup);
    describe_text_(out, "dev", spec->source_dev);
    describe_text_(out, "mode", spec->source_mode);
    describe_text_(out, "target", spec->target);
    fprintf(out, "managed %d mode %d/%d\n", (int)spec->managed, spec->target_mode_given,
            (int)spec->target_mode);
    describe_text_(out, "model", spec->model);
    fprintf(out, "queues %u mtu %u down %d isolated %d trust %d\n", spec->n_queues, spec->mtu,
            spec->link_down, (int)spec->isolated, (int)spec->trust_guest_rx_filters);
    describe_text_(out, "reconnect", vif_strategy_name(spec->strategy));
    describe_text_(out, "find", vif_find_name(spec->find));
    describe_text_(out, "script", spec->script);
    describe_text_(out, "downscript", spec->downscript);
    describe_text_(out, "alias", spec->alias);
    describe_vlan_(out, &spec->vlan);
    describe_virtualport_(out, &spec->virtualport);
    describe_bandwidth_(out, &spec->bandwidth);
}

static inline void describe_network_(FILE *out, const struct vif_network *network)
{
    describe_text_(out, "network", network->name);
    describe_text_(out, "uuid", network->uuid);
    describe_text_(out, "forward", network->forward_mode);
    describe_text_(out, "bridge", network->bridge);
    for (size_t i = 0; i < network->n_lowers; i++) {
        describe_text_(out, "lower", network->lowers[i]);
    }
    describe_text_(out, "extbridge", network->extbridge_dev);
    describe_text_(out, "extbridge mode", network->extbridge_mode);
    describe_text_(out, "ignored", network->extbridge_ignored);
    describe_text_(out, "pf", network->forward_pf);
    if (network->alternative.dev) {
        describe_text_(out, "alternative", network->alternative.dev);
        describe_text_(out, "alternative mode", network->alternative.mode);
        fprintf(out, "preferred %d\n", network->alternative.preferred);
    }
    describe_text_(out, "reconnect", vif_strategy_name(network->strategy));
    describe_text_(out, "find", vif_find_name(network->find));
    fprintf(out, "mtu %u isolated %d trust %d\n", network->mtu, (int)network->isolated,
            (int)network->trust_guest_rx_filters);
    describe_vlan_(out, &network->vlan);
    describe_virtualport_(out, &network->virtualport);
    for (size_t i = 0; i < network->n_portgroups; i++) {
        const struct vif_portgroup *portgroup = &network->portgroups[i];

        describe_text_(out, "portgroup", portgroup->name);
        fprintf(out, "default %d trust %d\n", portgroup->is_default,
                (int)portgroup->trust_guest_rx_filters);
        describe_vlan_(out, &portgroup->vlan);
        describe_virtualport_(out, &portgroup->virtualport);
        describe_bandwidth_(out, &portgroup->bandwidth);
    }
}

/* All fields of the document as text; caller frees. */
static inline char *describe_document(const struct vif_document *document)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    describe_text_(out, "domain", document->domain_name);
    describe_text_(out, "domain uuid", document->domain_uuid);
    for (size_t i = 0; i < document->n_specs; i++) {
        describe_spec_(out, &document->specs[i]);
    }
    if (document->kind == VIF_DOCUMENT_NETWORK) {
        describe_network_(out, &document->network);
    }
    fclose(out);
    return text;
}

#endif
