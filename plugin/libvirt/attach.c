#include "libvirt/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "libvirt/adopt.h"
#include "libvirt/adopted.h"
#include "libvirt/take.h"
#include "vif/xml.h"
#include "vif/xmlfile.h"

int libvirt_read(struct libvirt_guest *guest, struct vif_document *domain, char **errorp)
{
    auto_free char *xml = NULL;
    int error = libvirt_guest_xml(guest, &xml, errorp);

    return error ? error : vif_document_parse("libvirt", xml, strlen(xml), domain, errorp);
}

bool libvirt_is_nic(const struct vif_spec *spec, const char *name)
{
    return spec->type == VIF_TYPE_ETHERNET && spec->managed == VIF_NO && str_eq(spec->target, name);
}

bool libvirt_has_nic(const struct vif_document *domain, const char *name)
{
    for (size_t i = 0; i < domain->n_specs; i++) {
        if (libvirt_is_nic(&domain->specs[i], name)) {
            return true;
        }
    }
    return false;
}

/* What libvirt is told of one interface. */
struct form {
    char *device; /* what it is to plug in */
    char *inside; /* the part in the metadata */
};

static void clear_form(struct form *form)
{
    free(form->device);
    free(form->inside);
}

/* A domain that has nothing but this interface, as it was wished and with what was chosen. */
static int domain_of_one(const struct libvirt_nic *nic, struct vif_document *domain, char **errorp)
{
    struct vif_spec spec;

    vif_spec_copy(&spec, nic->spec);
    str_assign(&spec.target, nic->name);
    spec.has_mac = true;
    spec.mac = nic->mac;
    str_assign(&spec.model, nic->model);
    xmlNode *element = vif_spec_format(&spec, VIF_FORM_ACTIVE);
    auto_free char *xml = xml_dump_node(element);
    auto_free char *text = str_printf("<domain><devices>%s</devices></domain>", xml);
    int error = vif_document_parse(nic->name, text, strlen(text), domain, errorp);

    xmlFreeNode(element);
    vif_spec_clear(&spec);
    return error;
}

/* Adopts the only interface of that domain; the text is what it is then, which the caller frees. */
static int adopt_one(const struct libvirt_nic *nic, char **text, char **errorp)
{
    const struct adopt_options options = {0};
    struct adopt_change *changes;
    struct vif_document domain;
    size_t n;
    int error = domain_of_one(nic, &domain, errorp);

    if (error) {
        return error;
    }
    error = adopt_domain(&domain, &options, &changes, &n, errorp);
    if (!error) {
        if (n == 1) {
            *text = vif_document_text(&domain);
        } else {
            error = error_set(errorp, EINVAL,
                              "%s: type='%s': only bridge, network and direct can be attached",
                              nic->name, nic->spec->type_name);
        }
        adopt_changes_free(changes, n);
    }
    vif_document_clear(&domain);
    return error;
}

static int make_form(const struct libvirt_nic *nic, struct form *form, char **errorp)
{
    auto_free char *text = NULL;
    struct vif_document domain;
    struct adopted *adopted;
    size_t n;
    int error = adopt_one(nic, &text, errorp);

    if (!error) {
        error = vif_document_parse(nic->name, text, strlen(text), &domain, errorp);
    }
    if (error) {
        return error;
    }
    error = adopted_read(&domain, false, &adopted, &n, errorp);
    if (!error) {
        form->device = xml_dump_node(adopted[0].outside);
        form->inside = xml_dump_node(adopted[0].inside);
        adopted_free(adopted, n);
    }
    vif_document_clear(&domain);
    return error;
}

static size_t count(const xmlNode *interfaces)
{
    size_t n = 0;

    for (const xmlNode *node = interfaces ? xml_child(interfaces, "interface") : NULL; node;
         node = xml_next(node)) {
        n++;
    }
    return n;
}

/* Adds `part`, and frees it. */
static void add(char **text, char *part)
{
    auto_free char *before = *text;

    *text = str_printf("%s%s", before, part ? part : "");
    free(part);
}

/* An element by itself, its namespace declared in it; caller frees. */
static char *dump(const xmlNode *node)
{
    xmlNode *copy = xml_copy(node);
    char *text = xml_dump_node(copy);

    xmlFreeNode(copy);
    return text;
}

/* The metadata for what is there, and what is to come; what else stands in `ours`, those that there
 * are, stays. Caller frees. */
static char *join_metadata(const xmlNode *ours, const struct adopted *there, size_t n_there,
                           const struct form *forms, size_t n)
{
    char *text = str_dup("<interfaces>");

    for (const xmlNode *node = ours ? ours->children : NULL; node; node = node->next) {
        if (xml_is_own(node, "reconnect")) {
            add(&text, dump(node));
        }
    }
    for (size_t i = 0; i < n_there; i++) {
        add(&text, dump(there[i].inside));
    }
    for (size_t i = 0; i < n; i++) {
        add(&text, str_dup_or_null(forms[i].inside));
    }
    add(&text, str_dup("</interfaces>"));
    return text;
}

/* Lets one process at a time change metadata, since libvirt replaces all of them. Where there is no
 * such folder, nothing was ever plugged. Returns a descriptor for unlock(), or -1. */
static int lock(const char *rundir)
{
    int fd = open(rundir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        flock(fd, LOCK_EX);
    }
    return fd;
}

static void unlock(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* Makes the guest's metadata tell of the interfaces that it has, by what was just read of it, and,
 * besides, of those in `forms`. Under the lock, from before it is read until the guest has those,
 * too. */
static int set_metadata(struct libvirt_guest *guest, const struct vif_document *domain,
                        const struct form *forms, size_t n, char **errorp)
{
    struct adopted *there;
    size_t n_there;
    int error = adopted_read(domain, true, &there, &n_there, errorp);

    if (error) {
        return error;
    }
    const xmlNode *ours = adopted_metadata(vif_document_root(domain));
    if (n || n_there != count(ours)) {
        auto_free char *text = n + n_there ? join_metadata(ours, there, n_there, forms, n) : NULL;

        error = libvirt_guest_set_metadata(guest, VIF_NAMESPACE_PREFIX, VIF_NAMESPACE, text,
                                           errorp);
    }
    adopted_free(there, n_there);
    return error;
}

/* Makes the guest's metadata tell of no other interfaces than it has. Under the lock. */
static int tidy_metadata(struct libvirt_guest *guest, char **errorp)
{
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    if (!error) {
        error = set_metadata(guest, &domain, NULL, 0, errorp);
        vif_document_clear(&domain);
    }
    return error;
}

int libvirt_detach(struct libvirt_guest *guest, const struct vif_document *domain,
                   const char *rundir, const char *const *names, size_t n,
                   const struct libvirt_left *left, char **errorp)
{
    int error = libvirt_take(guest, domain, names, n, left, errorp);

    if (!error) {
        int fd = lock(rundir);

        error = tidy_metadata(guest, errorp);
        unlock(fd);
    }
    return error;
}

static int take_back(struct libvirt_guest *guest, const char *const *names, size_t n, char **errorp)
{
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    if (!error) {
        error = libvirt_take(guest, &domain, names, n, NULL, errorp);
        vif_document_clear(&domain);
    }
    return error;
}

/* Takes away again what was given. */
static void undo(struct libvirt_guest *guest, struct libvirt_nic *nics, size_t n, char **errorp)
{
    const char **names = mem_resize(NULL, n, sizeof *names);
    auto_free char *sentence = NULL;
    size_t n_names = 0;

    for (size_t i = 0; i < n; i++) {
        if (nics[i].attached) {
            names[n_names++] = nics[i].name;
        }
    }
    int error = take_back(guest, names, n_names, &sentence);
    for (size_t i = 0; i < n && !error; i++) {
        nics[i].attached = false;
    }
    if (!error) {
        error = tidy_metadata(guest, &sentence);
    }
    if (error) {
        error_append(errorp, "%s", sentence);
    }
    free(names);
}

/* Makes the forms of the interfaces that the guest does not have yet; the others have none. */
static int make_forms(const struct vif_document *domain, const struct libvirt_nic *nics, size_t n,
                      struct form *forms, size_t *n_new, char **errorp)
{
    int error = 0;

    *n_new = 0;
    for (size_t i = 0; i < n && !error; i++) {
        if (!libvirt_has_nic(domain, nics[i].name)) {
            error = make_form(&nics[i], &forms[i], errorp);
            (*n_new)++;
        }
    }
    return error;
}

static int give_all(struct libvirt_guest *guest, const struct vif_document *domain,
                    struct libvirt_nic *nics, const struct form *forms, size_t n, char **errorp)
{
    /* The metadata first: should the guest be saved in between, then too much of it is known, and
     * not too little. */
    int error = set_metadata(guest, domain, forms, n, errorp);

    for (size_t i = 0; i < n && !error; i++) {
        if (forms[i].device) {
            error = libvirt_guest_attach(guest, forms[i].device, errorp);
            nics[i].attached = !error;
        }
    }
    if (error) {
        undo(guest, nics, n, errorp);
    }
    return error;
}

static int give_new(struct libvirt_guest *guest, const struct vif_document *domain,
                    struct libvirt_nic *nics, size_t n, char **errorp)
{
    struct form *forms = mem_zalloc(n * sizeof *forms);
    size_t n_new;
    int error = make_forms(domain, nics, n, forms, &n_new, errorp);

    if (!error && n_new) {
        error = give_all(guest, domain, nics, forms, n, errorp);
    }
    for (size_t i = 0; i < n; i++) {
        clear_form(&forms[i]);
    }
    free(forms);
    return error;
}

int libvirt_attach(struct libvirt_guest *guest, const char *rundir, struct libvirt_nic *nics,
                   size_t n, char **errorp)
{
    int fd = lock(rundir);
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    if (!error) {
        error = give_new(guest, &domain, nics, n, errorp);
        vif_document_clear(&domain);
    }
    unlock(fd);
    return error;
}
