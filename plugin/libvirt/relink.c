#include "libvirt/relink.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/mem.h"
#include "libvirt/attach.h"
#include "libvirt/take.h"
#include "vif/xml.h"
#include "vif/xmlfile.h"

/* A libvirtd that does not answer is given up: longer than it waits for a guest itself. */
#define LIMIT_SECONDS 60

/* What the process is to do. */
struct task {
    const struct vif_record *record;
    const char *rundir;
    bool up;
    int (*run)(const struct task *task, struct libvirt_guest *guest, char **errorp);
};

/* Sets <link state> of an <interface>, which is up where nothing is said. Returns whether that is
 * another than before. */
static bool set_state(xmlNode *interface, bool up)
{
    xmlNode *link = xml_child(interface, "link");
    auto_free char *state = link ? xml_attribute(link, "state") : NULL;
    bool was_up = !str_eq(state, "down");

    if (link && up) {
        xml_cut(link);
    } else if (!up) {
        xml_set(link ? link : xml_add(interface, "link"), "state", "down");
    }
    return was_up != up;
}

/* The <interface> of that device in the guest's XML, with its link in that state: NULL where the
 * guest has none, and the caller frees it. */
static char *find_interface(const struct vif_document *domain, const char *name, bool up,
                            bool *differs)
{
    xmlNode **elements = vif_document_interfaces(domain);
    char *xml = NULL;

    for (size_t i = 0; i < domain->n_specs && !xml; i++) {
        if (libvirt_is_nic(&domain->specs[i], name)) {
            *differs = set_state(elements[i], up);
            xml = xml_dump_node(elements[i]);
        }
    }
    free(elements);
    return xml;
}

static int set_link(const struct task *task, struct libvirt_guest *guest, char **errorp)
{
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    if (error) {
        return error;
    }
    bool differs = false;
    auto_free char *xml = find_interface(&domain, task->record->port.name, task->up, &differs);

    vif_document_clear(&domain);
    return xml && differs ? libvirt_guest_update(guest, xml, errorp) : 0;
}

/* Where it is written down what the guest had; caller frees. The plug is in the name, so that
 * nothing else is ever taken for it. */
static char *note_path(const struct vif_record *record, const char *rundir)
{
    return str_printf("%s/libvirt/%s-%s.xml", rundir, record->port.name, record->plug_id);
}

static int write_note(const struct task *task, const char *xml, char **errorp)
{
    auto_free char *folder = str_printf("%s/libvirt", task->rundir);
    auto_free char *path = note_path(task->record, task->rundir);
    auto_free char *temp = str_printf("%s.new", path);

    mkdir(folder, 0755);
    FILE *file = fopen(temp, "we");
    bool bad = !file || fputs(xml, file) < 0;
    bad = (file && fclose(file)) || bad;
    if (bad || rename(temp, path)) {
        int error = error_set(errorp, errno ? errno : EIO, "cannot write %s: %m", path);

        unlink(temp);
        return error;
    }
    return 0;
}

/* What an earlier process took from the guest and did not give back; NULL where there is none. */
static char *read_note(const struct task *task)
{
    auto_free char *path = note_path(task->record, task->rundir);
    auto_free char *text = NULL;
    size_t length;

    return xml_read_file(path, VIF_DOCUMENT_MAX, &text, &length, NULL)
               ? NULL
               : str_printf("%.*s", (int)length, text);
}

void libvirt_relink_forget(const struct vif_record *record, const char *rundir)
{
    auto_free char *path = note_path(record, rundir);

    unlink(path);
}

/* Takes the interface from the guest, after writing down what it was: *xml, or, where the guest has
 * none, what is written. Caller frees it. */
static int take(const struct task *task, struct libvirt_guest *guest, char **xml, char **errorp)
{
    const char *name = task->record->port.name;
    struct vif_document domain;
    bool differs;
    int error = libvirt_read(guest, &domain, errorp);

    if (error) {
        return error;
    }
    *xml = find_interface(&domain, name, !task->record->port.link_down, &differs);
    if (*xml) {
        error = write_note(task, *xml, errorp);
        if (!error) {
            error = libvirt_take(guest, &domain, &name, 1, NULL, errorp);
        }
    } else {
        *xml = read_note(task);
    }
    vif_document_clear(&domain);
    if (!*xml) {
        error = error_set(errorp, ENOENT, "the guest has no interface with the device \"%s\"",
                          name);
    }
    return error;
}

static int replace(const struct task *task, struct libvirt_guest *guest, char **errorp)
{
    auto_free char *xml = NULL;
    int error = take(task, guest, &xml, errorp);

    if (!error) {
        error = libvirt_guest_attach(guest, xml, errorp);
    }
    if (!error) {
        libvirt_relink_forget(task->record, task->rundir);
    }
    return error;
}

/* In the new process. */
static int run(void *data, char **sentence)
{
    const struct task *task = data;
    struct libvirt_guest *guest;
    int error = libvirt_guest_open(task->record->port.domain_uuid, &guest, sentence);

    if (!error) {
        error = task->run(task, guest, sentence);
        libvirt_guest_close(guest);
    }
    return error;
}

int libvirt_relink_set_link(const struct vif_record *record, bool up, struct child *child,
                            char **errorp)
{
    struct task task = {.record = record, .up = up, .run = set_link};

    return child_start(child, run, &task, LIMIT_SECONDS, errorp);
}

int libvirt_relink_replace(const struct vif_record *record, const char *rundir, struct child *child,
                           char **errorp)
{
    struct task task = {.record = record, .rundir = rundir, .run = replace};

    return child_start(child, run, &task, LIMIT_SECONDS, errorp);
}
