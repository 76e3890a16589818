#include "vif/virtualport.h"

#include <errno.h>
#include <inttypes.h>
#include <libxml/tree.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/xml.h"

enum {
    OPENVSWITCH = 1 << 0,
    MIDONET = 1 << 1,
    QBG = 1 << 2,
    QBH = 1 << 3,
    UNTYPED = 1 << 4,
    ANY = OPENVSWITCH | MIDONET | QBG | QBH | UNTYPED,
};

static const struct {
    const char *name;
    unsigned bit;
} types[] = {
    {"openvswitch", OPENVSWITCH},
    {"midonet", MIDONET},
    {"802.1Qbg", QBG},
    {"802.1Qbh", QBH},
};

/* libvirt's PROFILEID is 40 bytes with the terminator. */
#define PROFILE_ID_MAX 39

/* The parameters in libvirt's order. `max` is 0 for UUIDs and other text. */
static const struct parameter {
    const char *name;
    size_t offset;
    unsigned written;   /* types with which it is written */
    unsigned tolerated; /* types with which it may be given */
    unsigned required;  /* types that cannot do without */
    enum { NUMBER, UUID, PROFILE } kind;
    uint64_t max;
} parameters[] = {
    {"managerid", offsetof(struct vif_virtualport, manager_id), QBG | UNTYPED,
     QBG | MIDONET | UNTYPED, QBG, NUMBER, 0xff},
    {"typeid", offsetof(struct vif_virtualport, type_id), QBG | UNTYPED, QBG | MIDONET | UNTYPED,
     QBG, NUMBER, 0xffffff},
    {"typeidversion", offsetof(struct vif_virtualport, type_id_version), QBG | UNTYPED,
     QBG | MIDONET | UNTYPED, QBG, NUMBER, 0xff},
    {"instanceid", offsetof(struct vif_virtualport, instance_id), QBG | UNTYPED,
     QBG | MIDONET | UNTYPED, 0, UUID, 0},
    {"interfaceid", offsetof(struct vif_virtualport, interface_id), OPENVSWITCH | MIDONET | UNTYPED,
     OPENVSWITCH | MIDONET | UNTYPED, MIDONET, UUID, 0},
    {"profileid", offsetof(struct vif_virtualport, profile_id), OPENVSWITCH | QBH | UNTYPED,
     OPENVSWITCH | QBH | MIDONET | UNTYPED, QBH, PROFILE, 0},
};

static char **value_of(struct vif_virtualport *virtualport, const struct parameter *parameter)
{
    return (char **)(void *)((char *)virtualport + parameter->offset);
}

static const char *value_in(const struct vif_virtualport *virtualport,
                            const struct parameter *parameter)
{
    return *(char *const *)(const void *)((const char *)virtualport + parameter->offset);
}

static unsigned type_bit(const char *name)
{
    if (!name) {
        return UNTYPED;
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return types[i].bit;
        }
    }
    return 0;
}

/* Numbers may be in hexadecimal or octal here, as in libvirt; they are kept in decimal. */
static int get_any_base(const xmlNode *node, const struct parameter *parameter, char **value,
                        char **errorp)
{
    auto_free char *text = xml_attribute(node, parameter->name);
    char *end;

    if (!text) {
        return 0;
    }
    errno = 0;

    uintmax_t number = strtoumax(text, &end, 0);

    if (end == text || *end || strchr(text, '-')) {
        return error_set(errorp, EINVAL, "<parameters %s='%s'> is not a number", parameter->name,
                         text);
    }
    if (errno || number > parameter->max) {
        return error_set(errorp, EINVAL, "<parameters %s='%s'> is too large: at most %" PRIu64,
                         parameter->name, text, parameter->max);
    }
    free(*value);
    *value = str_printf("%ju", number);
    return 0;
}

static int get_profile(const xmlNode *node, const struct parameter *parameter, char **value,
                       char **errorp)
{
    char *text = xml_attribute(node, parameter->name);

    if (text && strlen(text) > PROFILE_ID_MAX) {
        error_set(errorp, EINVAL, "<parameters profileid='%s'> is too long: at most %d bytes", text,
                  PROFILE_ID_MAX);
        free(text);
        return -EINVAL;
    }
    if (text && !*text) {
        free(text);
        text = NULL;
    }
    free(*value);
    *value = text;
    return 0;
}

static int parse_parameters(const xmlNode *node, struct vif_virtualport *virtualport, char **errorp)
{
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        const struct parameter *parameter = &parameters[i];
        char **value = value_of(virtualport, parameter);
        int error = 0;

        switch (parameter->kind) {
        case NUMBER:
            error = get_any_base(node, parameter, value, errorp);
            break;
        case UUID:
            error = xml_get_uuid(node, parameter->name, value, errorp);
            break;
        case PROFILE:
            error = get_profile(node, parameter, value, errorp);
            break;
        }
        if (error) {
            return error;
        }
        virtualport->present |= *value != NULL;
    }
    return 0;
}

/* Refuses parameters that do not go with the type, and drops those that libvirt overlooks. */
static int sift(struct vif_virtualport *virtualport, char **errorp)
{
    unsigned type = type_bit(virtualport->type);

    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        char **value = value_of(virtualport, &parameters[i]);

        if (*value && !(parameters[i].tolerated & type)) {
            return error_set(errorp, EINVAL, "<virtualport type='%s'> has no parameter \"%s\"",
                             virtualport->type, parameters[i].name);
        }
        if (!(parameters[i].written & type)) {
            str_assign(value, NULL);
        }
    }
    return 0;
}

int vif_virtualport_check_complete(const struct vif_virtualport *virtualport, char **errorp)
{
    unsigned type = type_bit(virtualport->type);

    for (size_t i = 0; virtualport->present && i < ARRAY_LEN(parameters); i++) {
        if ((parameters[i].required & type) && !value_in(virtualport, &parameters[i])) {
            return error_set(errorp, EINVAL, "<virtualport type='%s'> lacks its parameter \"%s\"",
                             virtualport->type, parameters[i].name);
        }
    }
    return 0;
}

static int parse(const xmlNode *node, unsigned rules, struct vif_virtualport *virtualport,
                 char **errorp)
{
    const xmlNode *given = xml_child(node, "parameters");
    int error = 0;

    virtualport->type = xml_attribute(node, "type");
    if (!virtualport->type && (rules & VIRTUALPORT_TYPE_REQUIRED)) {
        return error_set(errorp, EINVAL, "<virtualport> lacks its type");
    }
    if (!type_bit(virtualport->type)) {
        return error_set(errorp, EINVAL,
                         "unknown <virtualport type='%s'>: there are openvswitch, midonet, "
                         "802.1Qbg and 802.1Qbh",
                         virtualport->type);
    }
    virtualport->present = virtualport->type != NULL;
    if (given) {
        error = parse_parameters(given, virtualport, errorp);
    }
    if (!error) {
        error = sift(virtualport, errorp);
    }
    if (!error && (rules & VIRTUALPORT_COMPLETE)) {
        error = vif_virtualport_check_complete(virtualport, errorp);
    }
    return error;
}

int vif_virtualport_parse(const xmlNode *parent, unsigned rules,
                          struct vif_virtualport *virtualport, char **errorp)
{
    const xmlNode *node = xml_child(parent, "virtualport");
    int error;

    *virtualport = (struct vif_virtualport){0};
    if (!node) {
        return 0;
    }
    error = parse(node, rules, virtualport, errorp);
    if (error) {
        vif_virtualport_clear(virtualport);
    }
    return error;
}

void vif_virtualport_write(const struct vif_virtualport *virtualport, xmlNode *node)
{
    unsigned type = type_bit(virtualport->type);
    xmlNode *given = xml_child(node, "parameters");

    if (!virtualport->present) {
        xml_strip(node);
        return;
    }
    xml_set(node, "type", virtualport->type);
    if (!given) {
        given = xml_add(node, "parameters");
    }
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        bool written = parameters[i].written & type;

        xml_set(given, parameters[i].name, written ? value_in(virtualport, &parameters[i]) : NULL);
    }
    if (xml_is_bare(given)) {
        xml_remove(given);
    }
}

int vif_virtualport_merge(struct vif_virtualport *virtualport, const struct vif_virtualport *from,
                          const char *whence, char **errorp)
{
    if (!from->present) {
        return 0;
    }
    if (from->type && virtualport->type && strcmp(from->type, virtualport->type) != 0) {
        return error_set(errorp, EINVAL, "<virtualport type='%s'> contradicts type='%s' of %s",
                         virtualport->type, from->type, whence);
    }
    if (from->type) {
        str_assign(&virtualport->type, from->type);
    }

    unsigned type = type_bit(virtualport->type);

    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        char **value = value_of(virtualport, &parameters[i]);
        const char *other = value_in(from, &parameters[i]);

        if (!other || !(parameters[i].written & type)) {
            continue;
        }
        if (*value && strcmp(*value, other) != 0) {
            return error_set(errorp, EINVAL, "<virtualport> has %s '%s', and %s has '%s'",
                             parameters[i].name, *value, whence, other);
        }
        str_assign(value, other);
    }
    virtualport->present = true;
    return 0;
}

void vif_virtualport_copy(struct vif_virtualport *dst, const struct vif_virtualport *src)
{
    *dst = *src;
    dst->type = str_dup_or_null(src->type);
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        *value_of(dst, &parameters[i]) = str_dup_or_null(value_in(src, &parameters[i]));
    }
}

void vif_virtualport_clear(struct vif_virtualport *virtualport)
{
    free(virtualport->type);
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
        free(*value_of(virtualport, &parameters[i]));
    }
    *virtualport = (struct vif_virtualport){0};
}
