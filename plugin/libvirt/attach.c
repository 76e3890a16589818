#include "libvirt/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "libvirt/adopt.h"
#include "libvirt/adopted.h"
#include "vif/xml.h"
#include "vif/xmlfile.h"

/* Between two looks whether an interface is gone. */
#define DETACH_POLL_MS 20

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

/* Makes the guest's metadata tell of the interfaces that it has and, besides, of those in `forms`.
 * Under the lock, from before that until the guest has those, too. */
static int set_metadata(struct libvirt_guest *guest, const struct form *forms, size_t n,
                        char **errorp)
{
    struct vif_document domain;
    struct adopted *there;
    size_t n_there;
    int error = libvirt_read(guest, &domain, errorp);

    if (error) {
        return error;
    }
    error = adopted_read(&domain, true, &there, &n_there, errorp);
    if (!error) {
        if (n || n_there != count(adopted_metadata(vif_document_root(&domain)))) {
            const xmlNode *ours = adopted_metadata(vif_document_root(&domain));
            auto_free char *text = n + n_there ? join_metadata(ours, there, n_there, forms, n)
                                               : NULL;

            error = libvirt_guest_set_metadata(guest, VIF_NAMESPACE_PREFIX, VIF_NAMESPACE, text,
                                               errorp);
        }
        adopted_free(there, n_there);
    }
    vif_document_clear(&domain);
    return error;
}

/* The first of these interfaces that the guest still has in *name, or NULL. */
static int find_remaining(struct libvirt_guest *guest, const char *const *names, size_t n,
                          const char **name, char **errorp)
{
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    *name = NULL;
    if (error) {
        return error;
    }
    for (size_t i = 0; i < n && !*name; i++) {
        *name = libvirt_has_nic(&domain, names[i]) ? names[i] : NULL;
    }
    vif_document_clear(&domain);
    return 0;
}

/* Asks the guest to let go of one interface. That it did so by itself, meanwhile, is fine: it may
 * have been asked before. */
static int ask(struct libvirt_guest *guest, const char *name, xmlNode *element, char **errorp)
{
    auto_free char *xml = xml_dump_node(element);
    auto_free char *sentence = NULL;
    const char *remaining;
    int error = libvirt_guest_detach(guest, xml, &sentence);

    if (!error || (find_remaining(guest, &name, 1, &remaining, NULL) == 0 && !remaining)) {
        return 0;
    }
    return error_set(errorp, -error, "%s", sentence);
}

static int ask_all(struct libvirt_guest *guest, const struct vif_document *domain,
                   const char *const *names, size_t n, char **errorp)
{
    xmlNode **elements = vif_document_interfaces(domain);
    int error = 0;

    for (size_t i = 0; i < domain->n_specs && !error; i++) {
        for (size_t k = 0; k < n && !error; k++) {
            if (libvirt_is_nic(&domain->specs[i], names[k])) {
                error = ask(guest, names[k], elements[i], errorp);
            }
        }
    }
    free(elements);
    return error;
}

static int wait_until_gone(struct libvirt_guest *guest, const char *const *names, size_t n,
                           int64_t end, char **errorp)
{
    const struct timespec pause = {.tv_nsec = DETACH_POLL_MS * 1000000L};
    const char *name;

    for (;;) {
        int error = find_remaining(guest, names, n, &name, errorp);

        if (error || !name) {
            return error;
        }
        if (clock_ms() >= end) {
            return error_set(errorp, ETIME,
                             "\"%s\": the guest does not let go of it, so it stays plugged; try "
                             "again when the guest has booted",
                             name);
        }
        nanosleep(&pause, NULL);
    }
}

int libvirt_take(struct libvirt_guest *guest, const char *const *names, size_t n, char **errorp)
{
    int64_t end = clock_ms() + LIBVIRT_DETACH_SECONDS * INT64_C(1000);
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    if (error) {
        return error;
    }
    error = ask_all(guest, &domain, names, n, errorp);
    vif_document_clear(&domain);
    return error ? error : wait_until_gone(guest, names, n, end, errorp);
}

int libvirt_detach(struct libvirt_guest *guest, const char *rundir, const char *const *names,
                   size_t n, char **errorp)
{
    int error = libvirt_take(guest, names, n, errorp);

    if (!error) {
        int fd = lock(rundir);

        error = set_metadata(guest, NULL, 0, errorp);
        unlock(fd);
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
    int error = libvirt_take(guest, names, n_names, &sentence);
    for (size_t i = 0; i < n && !error; i++) {
        nics[i].attached = false;
    }
    if (!error) {
        error = set_metadata(guest, NULL, 0, &sentence);
    }
    if (error) {
        error_append(errorp, "%s", sentence);
    }
    free(names);
}

/* Makes the forms of the interfaces that the guest does not have yet; the others have none. */
static int make_forms(struct libvirt_guest *guest, const struct libvirt_nic *nics, size_t n,
                      struct form *forms, size_t *n_new, char **errorp)
{
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    *n_new = 0;
    if (error) {
        return error;
    }
    for (size_t i = 0; i < n && !error; i++) {
        if (!libvirt_has_nic(&domain, nics[i].name)) {
            error = make_form(&nics[i], &forms[i], errorp);
            (*n_new)++;
        }
    }
    vif_document_clear(&domain);
    return error;
}

static int give_all(struct libvirt_guest *guest, struct libvirt_nic *nics, const struct form *forms,
                    size_t n, char **errorp)
{
    /* The metadata first: should the guest be saved in between, then too much of it is known, and
     * not too little. */
    int error = set_metadata(guest, forms, n, errorp);

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

int libvirt_attach(struct libvirt_guest *guest, const char *rundir, struct libvirt_nic *nics,
                   size_t n, char **errorp)
{
    struct form *forms = mem_zalloc(n * sizeof *forms);
    size_t n_new;
    int error = make_forms(guest, nics, n, forms, &n_new, errorp);

    if (!error && n_new) {
        int fd = lock(rundir);

        error = give_all(guest, nics, forms, n, errorp);
        unlock(fd);
    }
    for (size_t i = 0; i < n; i++) {
        clear_form(&forms[i]);
    }
    free(forms);
    return error;
}
