#include "vif/vlan.h"

#include <errno.h>
#include <libxml/tree.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/xml.h"

#define VLAN_ID_MAX 4095

static int parse_native(const xmlNode *node, struct vif_vlan_tag *tag, char **errorp)
{
    auto_free char *mode = xml_attribute(node, "nativeMode");

    if (!mode) {
        tag->native = VIF_NATIVE_NONE;
    } else if (strcmp(mode, "tagged") == 0) {
        tag->native = VIF_NATIVE_TAGGED;
    } else if (strcmp(mode, "untagged") == 0) {
        tag->native = VIF_NATIVE_UNTAGGED;
    } else {
        return error_set(errorp, EINVAL, "<tag nativeMode='%s'>: must be 'tagged' or 'untagged'",
                         mode);
    }
    return 0;
}

static int parse_tag(const xmlNode *node, struct vif_vlan_tag *tag, char **errorp)
{
    uint64_t id = UINT64_MAX;
    int error = xml_get_number(node, "id", VLAN_ID_MAX, &id, errorp);

    if (error) {
        return error;
    }
    if (id == UINT64_MAX) {
        return error_set(errorp, EINVAL, "<tag> lacks its id");
    }
    tag->id = (uint16_t)id;
    return parse_native(node, tag, errorp);
}

static int parse_tags(const xmlNode *node, struct vif_vlan *vlan, bool *has_native, char **errorp)
{
    *has_native = false;
    for (const xmlNode *child = xml_child(node, "tag"); child; child = xml_next(child)) {
        struct vif_vlan_tag tag;
        int error = parse_tag(child, &tag, errorp);

        if (error) {
            return error;
        }
        if (tag.native && *has_native) {
            return error_set(errorp, EINVAL, "<vlan> has more than one tag with a nativeMode");
        }
        *has_native |= tag.native != VIF_NATIVE_NONE;
        vlan->tags = mem_resize(vlan->tags, vlan->n_tags + 1, sizeof *vlan->tags);
        vlan->tags[vlan->n_tags++] = tag;
    }
    if (vlan->n_tags == 0) {
        return error_set(errorp, EINVAL, "<vlan> has no <tag id=''/>");
    }
    return 0;
}

/* Whether it is a trunk follows from the tags; the attribute can only make one of a single tag, and
 * may not deny what the tags say. libvirt takes it in upper case too. */
static int parse_trunk(const xmlNode *node, struct vif_vlan *vlan, bool has_native, char **errorp)
{
    auto_free char *trunk = xml_attribute(node, "trunk");

    vlan->trunk = vlan->n_tags > 1 || has_native;
    if (!trunk) {
        return 0;
    }
    if (strcasecmp(trunk, "yes") == 0) {
        vlan->trunk = true;
        return 0;
    }
    if (strcasecmp(trunk, "no") != 0) {
        return error_set(errorp, EINVAL, "<vlan trunk='%s'>: must be 'yes' or 'no'", trunk);
    }
    if (vlan->n_tags > 1) {
        return error_set(errorp, EINVAL, "<vlan trunk='no'> with more than one tag");
    }
    if (has_native) {
        return error_set(errorp, EINVAL, "<vlan trunk='no'> with a native tag");
    }
    return 0;
}

int vif_vlan_parse(const xmlNode *parent, struct vif_vlan *vlan, char **errorp)
{
    const xmlNode *node = xml_child(parent, "vlan");
    bool has_native;

    *vlan = (struct vif_vlan){0};
    if (!node) {
        return 0;
    }

    int error = parse_tags(node, vlan, &has_native, errorp);

    if (!error) {
        error = parse_trunk(node, vlan, has_native, errorp);
    }
    if (error) {
        vif_vlan_clear(vlan);
    }
    return error;
}

static bool has_native_tag(const struct vif_vlan *vlan)
{
    for (size_t i = 0; i < vlan->n_tags; i++) {
        if (vlan->tags[i].native) {
            return true;
        }
    }
    return false;
}

void vif_vlan_write(const struct vif_vlan *vlan, xmlNode *node)
{
    static const char *const native[] = {
        [VIF_NATIVE_TAGGED] = "tagged", [VIF_NATIVE_UNTAGGED] = "untagged"};
    auto_free char *said = xml_attribute(node, "trunk");
    /* A single native tag is a trunk without saying so, and libvirt leaves it at that. */
    bool implied = vlan->n_tags == 1 && has_native_tag(vlan);
    xmlNode *tag;

    if (!vlan->n_tags) {
        xml_strip(node);
        return;
    }
    xml_set(node, "trunk", vlan->trunk && (said || !implied) ? "yes" : NULL);
    while ((tag = xml_child(node, "tag"))) {
        xml_remove(tag);
    }
    for (size_t i = 0; i < vlan->n_tags; i++) {
        auto_free char *id = str_printf("%u", vlan->tags[i].id);

        tag = xml_add(node, "tag");
        xml_set(tag, "id", id);
        xml_set(tag, "nativeMode", native[vlan->tags[i].native]);
    }
}

void vif_vlan_copy(struct vif_vlan *dst, const struct vif_vlan *src)
{
    *dst = *src;
    dst->tags = NULL;
    if (src->n_tags) {
        dst->tags = mem_resize(NULL, src->n_tags, sizeof *dst->tags);
        memcpy(dst->tags, src->tags, src->n_tags * sizeof *dst->tags);
    }
}

void vif_vlan_clear(struct vif_vlan *vlan)
{
    free(vlan->tags);
    *vlan = (struct vif_vlan){0};
}
