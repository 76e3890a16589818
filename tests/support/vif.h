/* For C tests of plugin/vif: plans made from a piece of libvirt's XML, and views of a host that
 * does not exist. */
#ifndef TESTS_SUPPORT_VIF_H
#define TESTS_SUPPORT_VIF_H

#include "base/mem.h"
#include "support/test.h"
#include "vif/document.h"
#include "vif/plan.h"

/* Who asks for the XML's interfaces, and with what. */
struct draft_context {
    struct vif_networks *networks;
    struct vif_plan_options options;
};

/* Drafts the interfaces of an <interface> or <domain>, which must be readable. As
 * vif_plan_draft(). */
__attribute__((unused)) static int draft_with(const struct draft_context *context, const char *xml,
                                              struct vif_plan *plan, char **errorp)
{
    struct vif_document document;
    struct vif_wish wishes[8] = {0};
    char *wheres[8];
    char *error = NULL;

    check_ok(vif_document_parse("test.xml", xml, strlen(xml), &document, &error), &error);
    assert_in_range(document.n_specs, 1, ARRAY_LEN(wishes));
    for (size_t i = 0; i < document.n_specs; i++) {
        wheres[i] = str_printf("test.xml: interface %zu", i + 1);
        wishes[i] = (struct vif_wish){
            .spec = &document.specs[i],
            .domain_name = document.domain_name,
            .domain_uuid = document.domain_uuid,
            .where = wheres[i],
        };
    }
    int result = vif_plan_draft(wishes, document.n_specs, context->networks, &context->options,
                                plan, errorp);

    for (size_t i = 0; i < document.n_specs; i++) {
        free(wheres[i]);
    }
    vif_document_clear(&document);
    return result;
}

/* draft_with() no network and no option. */
__attribute__((unused)) static int draft(const char *xml, struct vif_plan *plan, char **errorp)
{
    const struct draft_context context = {.options = {.group = (gid_t)-1}};

    return draft_with(&context, xml, plan, errorp);
}

/* The same, when nothing is wrong with it. */
__attribute__((unused)) static struct vif_plan drafted(const char *xml)
{
    struct vif_plan plan;
    char *error = NULL;

    check_ok(draft(xml, &plan, &error), &error);
    return plan;
}

/* Checks that the XML is read, and refused when it is drafted. */
#define check_refused(xml, expected, part)                                                         \
    do {                                                                                           \
        struct vif_plan refused_;                                                                  \
        char *error_ = NULL;                                                                       \
        check_error(draft(xml, &refused_, &error_), expected, &error_, part);                      \
    } while (0)

/* Whether one of the port's notes has `part`. */
__attribute__((unused)) static int has_note(const struct vif_port *port, const char *part)
{
    for (size_t i = 0; i < port->n_notes; i++) {
        if (strstr(port->notes[i], part)) {
            return 1;
        }
    }
    return 0;
}

#endif
