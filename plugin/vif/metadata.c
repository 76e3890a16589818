#include "vif/metadata.h"

#include <errno.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/model.h"
#include "vif/xml.h"

/* Our attributes are in no namespace, as XML has it for those of one element. */
static int check_attributes(const xmlNode *node, char **errorp)
{
    static const char *const known[] = {"dev", "mode", "prefer"};

    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        bool is_known = attr->ns && !str_eq((const char *)attr->ns->href, VIF_NAMESPACE);

        for (size_t i = 0; i < ARRAY_LEN(known) && !attr->ns; i++) {
            is_known = is_known || str_eq((const char *)attr->name, known[i]);
        }
        if (!is_known) {
            return error_set(errorp, EINVAL,
                             "<alternative> of " VIF_NAMESPACE
                             " has no attribute '%s'; it has dev, mode and prefer",
                             (const char *)attr->name);
        }
    }
    return 0;
}

static int check_empty(const xmlNode *node, char **errorp)
{
    auto_free char *text = xml_text(node);

    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            return error_set(errorp, EINVAL,
                             "<alternative> of " VIF_NAMESPACE " has no <%s>; it is empty",
                             (const char *)child->name);
        }
    }
    return text ? error_set(errorp, EINVAL,
                            "<alternative> of " VIF_NAMESPACE " holds text; it is empty")
                : 0;
}

static int parse_alternative(const xmlNode *node, struct vif_alternative *alternative,
                             char **errorp)
{
    enum vif_tristate prefer = VIF_UNSET;
    int error = check_attributes(node, errorp);

    if (!error) {
        error = check_empty(node, errorp);
    }
    if (!error) {
        error = xml_get_name(node, "dev", &alternative->dev, errorp);
    }
    if (!error) {
        error = xml_get_tristate(node, "prefer", &prefer, errorp);
    }
    if (error) {
        return error;
    }
    if (!alternative->dev) {
        return error_set(errorp, EINVAL, "<alternative> of " VIF_NAMESPACE " lacks its dev");
    }
    alternative->preferred = prefer == VIF_YES;
    alternative->mode = xml_attribute(node, "mode");
    if (alternative->mode && !vif_mode_is_known(alternative->mode)) {
        return error_set(errorp, EINVAL, "<alternative mode='%s'>: must be one of " VIF_MODES,
                         alternative->mode);
    }
    return 0;
}

int vif_metadata_parse(const xmlNode *network, struct vif_alternative *alternative, char **errorp)
{
    const xmlNode *metadata = xml_child(network, "metadata");

    for (const xmlNode *node = metadata ? metadata->children : NULL; node; node = node->next) {
        if (!xml_is_own(node, NULL)) {
            continue;
        }
        if (!xml_is_own(node, "alternative")) {
            return error_set(errorp, EINVAL, "<%s> is unknown in " VIF_NAMESPACE,
                             (const char *)node->name);
        }
        if (alternative->dev) {
            return error_set(errorp, EINVAL, "there is more than one <alternative>");
        }
        int error = parse_alternative(node, alternative, errorp);

        if (error) {
            return error;
        }
    }
    return 0;
}

void vif_alternative_clear(struct vif_alternative *alternative)
{
    free(alternative->dev);
    free(alternative->mode);
    memset(alternative, 0, sizeof *alternative);
}
