#include "vif/xml.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/libxml2.h"
#include "vif/uuidtext.h"

/* libxml2 takes pointers to what it does not change as pointers to non-const. */
static xmlNode *unconst(const xmlNode *node)
{
    return (xmlNode *)(uintptr_t)node;
}

/* libxml2 answers NULL when memory runs out; base/mem.h has our way with that. */
static void *need(void *made)
{
    if (!made) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return made;
}

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

bool xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns && xmlStrEqual(node->name, chars(name));
}

bool xml_is_own(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           xmlStrEqual(node->ns->href, chars(VIF_NAMESPACE)) &&
           (!name || xmlStrEqual(node->name, chars(name)));
}

static xmlNode *first_named(xmlNode *node, const char *name)
{
    while (node && !xml_is(node, name)) {
        node = node->next;
    }
    return node;
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
    return first_named(parent->children, name);
}

xmlNode *xml_next(const xmlNode *node)
{
    return first_named(node->next, (const char *)node->name);
}

static char *take(xmlChar *text)
{
    char *copy = str_dup_or_null((const char *)text);

    libxml2_free(text);
    return copy;
}

char *xml_attribute(const xmlNode *node, const char *name)
{
    return take(xmlGetNoNsProp(unconst(node), chars(name)));
}

char *xml_text(const xmlNode *node)
{
    auto_free char *text = take(xmlNodeGetContent(unconst(node)));

    if (!text) {
        return NULL;
    }
    const char *start = text + strspn(text, " \t\r\n");
    size_t length = strlen(start);

    while (length > 0 && strchr(" \t\r\n", start[length - 1])) {
        length--;
    }
    return length > 0 ? str_printf("%.*s", (int)length, start) : NULL;
}

int xml_get_name(const xmlNode *node, const char *attribute, char **value, char **errorp)
{
    char *text = node ? xml_attribute(node, attribute) : NULL;

    if (!text) {
        return 0;
    }
    if (!*text) {
        free(text);
        return error_set(errorp, EINVAL, "<%s %s=''> is empty", node->name, attribute);
    }
    free(*value);
    *value = text;
    return 0;
}

static int parse_number(const char *text, uint64_t *value)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    if (*text == '+') {
        text++;
    }
    if (!isdigit((unsigned char)*text)) {
        return -EINVAL;
    }

    char *end;

    errno = 0;
    *value = strtoumax(text, &end, 10);
    if (*end) {
        return -EINVAL;
    }
    return errno ? -ERANGE : 0;
}

int xml_get_number(const xmlNode *node, const char *attribute, uint64_t max, uint64_t *value,
                   char **errorp)
{
    auto_free char *text = node ? xml_attribute(node, attribute) : NULL;
    uint64_t number;

    if (!text) {
        return 0;
    }

    int error = parse_number(text, &number);

    if (error == -EINVAL) {
        return error_set(errorp, EINVAL, "<%s %s='%s'> is not a number", node->name, attribute,
                         text);
    }
    if (error || number > max) {
        return error_set(errorp, EINVAL, "<%s %s='%s'> is too large: at most %" PRIu64, node->name,
                         attribute, text, max);
    }
    *value = number;
    return 0;
}

int xml_get_tristate(const xmlNode *node, const char *attribute, enum vif_tristate *value,
                     char **errorp)
{
    auto_free char *text = node ? xml_attribute(node, attribute) : NULL;

    if (!text) {
        return 0;
    }
    if (strcmp(text, "yes") == 0) {
        *value = VIF_YES;
    } else if (strcmp(text, "no") == 0) {
        *value = VIF_NO;
    } else {
        return error_set(errorp, EINVAL, "<%s %s='%s'>: must be 'yes' or 'no'", node->name,
                         attribute, text);
    }
    return 0;
}

int xml_get_uuid(const xmlNode *node, const char *attribute, char **value, char **errorp)
{
    auto_free char *text = node ? xml_attribute(node, attribute) : NULL;
    char uuid[UUID_TEXT_SIZE];

    if (!text) {
        return 0;
    }
    if (!uuid_normalize(text, uuid)) {
        return error_set(errorp, EINVAL, "<%s %s='%s'> is not a UUID", node->name, attribute, text);
    }
    str_assign(value, uuid);
    return 0;
}

xmlNode *xml_new(const char *name)
{
    return need(xmlNewNode(NULL, chars(name)));
}

xmlNode *xml_new_own(const char *name)
{
    xmlNode *node = xml_new(name);

    xmlSetNs(node, need(xmlNewNs(node, chars(VIF_NAMESPACE), chars(VIF_NAMESPACE_PREFIX))));
    return node;
}

xmlNode *xml_add(xmlNode *parent, const char *name)
{
    return need(xmlAddChild(parent, xml_new(name)));
}

xmlNode *xml_copy(const xmlNode *node)
{
    return need(xmlCopyNode(unconst(node), 1));
}

xmlNode *xml_copy_shallow(const xmlNode *node)
{
    return need(xmlCopyNode(unconst(node), 2));
}

void xml_remove(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

void xml_set(xmlNode *node, const char *attribute, const char *value)
{
    if (value) {
        need(xmlSetNsProp(node, NULL, chars(attribute), chars(value)));
    } else {
        xmlUnsetNsProp(node, NULL, chars(attribute));
    }
}

void xml_set_number(xmlNode *node, const char *attribute, uint64_t value)
{
    char text[sizeof "18446744073709551615"];

    snprintf(text, sizeof text, "%" PRIu64, value);
    xml_set(node, attribute, value ? text : NULL);
}

void xml_set_tristate(xmlNode *node, const char *attribute, enum vif_tristate value)
{
    static const char *const text[] = {[VIF_YES] = "yes", [VIF_NO] = "no"};

    xml_set(node, attribute, text[value]);
}

static bool is_text(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE ||
           node->type == XML_ENTITY_REF_NODE;
}

void xml_set_text(xmlNode *node, const char *text)
{
    xmlNodeSetContent(node, NULL);
    if (text) {
        xmlAddChild(node, need(xmlNewText(chars(text))));
    }
}

void xml_strip(xmlNode *node)
{
    while (node->properties) {
        xmlRemoveProp(node->properties);
    }
    xmlNodeSetContent(node, NULL);
}

bool xml_is_bare(const xmlNode *node)
{
    auto_free char *text = xml_text(node);

    if (node->properties || text) {
        return false;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            return false;
        }
    }
    return true;
}

/* Whether the white space between the children of `node` is there for looks only. */
static bool is_layout(const xmlNode *node)
{
    bool has_parts = false;

    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!is_text(child)) {
            has_parts = true;
        } else if (child->type != XML_TEXT_NODE || !xmlIsBlankNode(unconst(child))) {
            return false;
        }
    }
    return has_parts;
}

void xml_lay_out(xmlNode *node, const char *indent)
{
    xmlNode *next;

    if (node->type != XML_ELEMENT_NODE || !is_layout(node)) {
        return;
    }

    auto_free char *outer = str_printf("\n%s", indent);
    auto_free char *inner = str_printf("%s  ", outer);

    for (xmlNode *child = node->children; child; child = next) {
        next = child->next;
        if (is_text(child)) {
            xml_remove(child);
        } else {
            need(xmlAddPrevSibling(child, need(xmlNewText(chars(inner)))));
            xml_lay_out(child, inner + 1);
        }
    }
    need(xmlAddChild(node, need(xmlNewText(chars(outer)))));
}

char *xml_indent(const xmlNode *node)
{
    const xmlNode *before = node->prev;

    if (!before || before->type != XML_TEXT_NODE) {
        return str_dup("");
    }

    const char *text = (const char *)before->content;
    const char *newline = strrchr(text, '\n');
    const char *indent = newline ? newline + 1 : text;

    return str_dup(indent[strspn(indent, " \t")] ? "" : indent);
}

static bool is_blank(const xmlNode *node)
{
    return node && node->type == XML_TEXT_NODE && xmlIsBlankNode(unconst(node));
}

void xml_insert_after(xmlNode *sibling, xmlNode *new)
{
    auto_free char *indent = xml_indent(sibling);
    bool own_line = is_blank(sibling->prev) && strchr((const char *)sibling->prev->content, '\n');

    if (sibling->next) {
        need(xmlAddPrevSibling(sibling->next, new));
    } else {
        need(xmlAddChild(sibling->parent, new));
    }
    if (own_line) {
        auto_free char *line = str_printf("\n%s", indent);

        need(xmlAddPrevSibling(new, need(xmlNewText(chars(line)))));
    }
    xml_lay_out(new, indent);
}

void xml_cut(xmlNode *node)
{
    if (is_blank(node->prev)) {
        xml_remove(node->prev);
    }
    xml_remove(node);
}

void xml_replace(xmlNode *old, xmlNode *new)
{
    auto_free char *indent = xml_indent(old);

    xml_lay_out(new, indent);
    xmlReplaceNode(old, new);
    xmlFreeNode(old);
}
