#include "vif/bandwidth.h"

#include <errno.h>
#include <libxml/tree.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/xml.h"

/* In libvirt's order. */
static const struct rate_attribute {
    const char *name;
    size_t offset;
} rate_attributes[] = {
    {"average", offsetof(struct vif_rate, average_kBps)},
    {"peak", offsetof(struct vif_rate, peak_kBps)},
    {"floor", offsetof(struct vif_rate, floor_kBps)},
    {"burst", offsetof(struct vif_rate, burst_KiB)},
};

static bool has(const xmlNode *node, const char *attribute)
{
    auto_free char *text = xml_attribute(node, attribute);

    return text != NULL;
}

static int parse_rate(const xmlNode *parent, const char *direction, bool floor_allowed,
                      struct vif_rate *rate, char **errorp)
{
    const xmlNode *node = xml_child(parent, direction);

    *rate = (struct vif_rate){0};
    if (!node) {
        return 0;
    }
    if (xml_next(node)) {
        return error_set(errorp, EINVAL, "<bandwidth> has more than one <%s>", direction);
    }
    for (size_t i = 0; i < ARRAY_LEN(rate_attributes); i++) {
        uint64_t *value = (uint64_t *)(void *)((char *)rate + rate_attributes[i].offset);
        /* The schema's limit, which also keeps sums in bit/s far from overflow. */
        int error = xml_get_number(node, rate_attributes[i].name, UINT32_MAX, value, errorp);

        if (error) {
            return error;
        }
    }
    if (!has(node, "average") && !has(node, "floor")) {
        return error_set(errorp, EINVAL, "<%s> of <bandwidth> lacks its average", direction);
    }
    if (!has(node, "average") && (has(node, "peak") || has(node, "burst"))) {
        return error_set(errorp, EINVAL,
                         "<%s> of <bandwidth> has a peak or a burst, but no average", direction);
    }
    if (rate->floor_kBps && !floor_allowed) {
        return error_set(errorp, EINVAL,
                         "<%s floor=''>: a floor is possible only for <inbound> of type='network'",
                         direction);
    }
    if (!rate->average_kBps && !rate->floor_kBps) {
        *rate = (struct vif_rate){0};
    }
    return 0;
}

int vif_bandwidth_parse(const xmlNode *parent, bool floor_allowed, struct vif_bandwidth *bandwidth,
                        char **errorp)
{
    const xmlNode *node = xml_child(parent, "bandwidth");
    struct vif_bandwidth new = {0};

    if (node) {
        if (has(node, "classID")) {
            return error_set(errorp, EINVAL,
                             "<bandwidth classID=''> is libvirt's own business and "
                             "not allowed here");
        }

        int error = parse_rate(node, "inbound", floor_allowed, &new.inbound, errorp);

        if (!error) {
            error = parse_rate(node, "outbound", false, &new.outbound, errorp);
        }
        if (error) {
            return error;
        }
        new.present = new.inbound.average_kBps || new.inbound.floor_kBps ||
                      new.outbound.average_kBps;
    }
    *bandwidth = new;
    return 0;
}

static void write_rate(const struct vif_rate *rate, xmlNode *parent, const char *direction)
{
    xmlNode *node = xml_child(parent, direction);

    if (node) {
        /* To the end, so that the two come in libvirt's order. */
        xmlUnlinkNode(node);
        xmlAddChild(parent, node);
    } else {
        node = xml_add(parent, direction);
    }
    for (size_t i = 0; i < ARRAY_LEN(rate_attributes); i++) {
        const uint64_t *value = (const uint64_t *)(const void *)((const char *)rate +
                                                                 rate_attributes[i].offset);

        xml_set_number(node, rate_attributes[i].name, *value);
    }
    if (!rate->average_kBps && !rate->floor_kBps) {
        /* What else stands there says nothing without a rate, and could not be read again. */
        xml_remove(node);
    }
}

void vif_bandwidth_write(const struct vif_bandwidth *bandwidth, xmlNode *node)
{
    write_rate(&bandwidth->inbound, node, "inbound");
    write_rate(&bandwidth->outbound, node, "outbound");
}
