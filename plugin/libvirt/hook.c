#include "libvirt/hook.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "libvirt/adopted.h"
#include "libvirt/network-hook.h"
#include "vif/plug.h"
#include "vif/repair.h"
#include "vif/uuidtext.h"
#include "vif/verify.h"
#include "vif/wishes.h"
#include "vif/xml.h"
#include "vif/xmlfile.h"

/* For each of connecting, a transaction, and the wait for ovs-vswitchd; vifplug's own default. */
#define TIMEOUT_MS 5000

/* What an operation works on. */
struct hook {
    struct vif_host *host;
    char *name; /* of the domain, for sentences */
    const char *text;
    size_t length;
};

/* The adopted interfaces of a domain, and the wishes they stand for. */
struct adoption {
    struct vif_document domain;
    struct adopted *list;
    size_t n;
    struct vif_wishes wishes;
};

static void adoption_clear(struct adoption *adoption)
{
    vif_wishes_clear(&adoption->wishes);
    adopted_free(adoption->list, adoption->n);
    vif_document_clear(&adoption->domain);
}

/* The caller calls adoption_clear() either way. */
static int read_adoption(const struct hook *hook, struct adoption *adoption, char **errorp)
{
    /* Also a domain that is about to start may be one that ran before, and was saved. */
    const bool is_live = true;
    int error = vif_document_parse(hook->name, hook->text, hook->length, &adoption->domain, errorp);

    if (!error && adoption->domain.kind != VIF_DOCUMENT_DOMAIN) {
        error = error_set(errorp, EINVAL, "%s: no <domain> in it", hook->name);
    }
    if (!error) {
        error = adopted_read(&adoption->domain, is_live, &adoption->list, &adoption->n, errorp);
    }
    for (size_t i = 0; i < adoption->n && !error; i++) {
        auto_free char *where = str_printf("%s: interface \"%s\"", hook->name,
                                           adoption->list[i].spec.target);

        adopted_leave_to_libvirt(&adoption->list[i].spec);
        vif_wishes_add_of(&adoption->wishes, &adoption->list[i].spec, &adoption->domain, where);
    }
    return error;
}

static int plug(const struct hook *hook, const struct vif_wish *wishes, size_t n, char **errorp)
{
    /* libvirt opens the taps itself and hands descriptors to QEMU, whatever user that runs as. */
    const struct vif_plan_options options = {
        .persistent = true, .owner = geteuid(), .group = (gid_t)-1};
    const struct vif_plug_options plug_options = {.of_libvirt = true};
    struct vif_networks *networks;
    struct vif_plugged *plugged;

    if (!n) {
        return 0;
    }
    int error = vif_networks_new(NULL, 0, vif_network_folders, ARRAY_LEN(vif_network_folders),
                                 &networks, errorp);
    if (error) {
        return error;
    }
    error = vif_plug_wishes(hook->host, wishes, n, networks, &options, &plug_options, &plugged,
                            errorp);
    if (!error) {
        vif_plugged_free(plugged, n);
    }
    vif_networks_free(networks);
    return error;
}

static int prepare(struct hook *hook, char **errorp)
{
    struct adoption adoption = {0};
    int error = read_adoption(hook, &adoption, errorp);

    if (!error) {
        error = plug(hook, adoption.wishes.list, adoption.wishes.n, errorp);
    }
    adoption_clear(&adoption);
    return error;
}

/* The UUID of the domain and no more of it: what cannot be plugged must be unplugged all the same.
 * Stays as it is where a network has stopped. */
static int read_uuid(const struct hook *hook, char uuid[UUID_TEXT_SIZE], char **errorp)
{
    xmlDoc *doc;
    int error = xml_parse_text(hook->text, hook->length, &doc, errorp);

    if (!error) {
        const xmlNode *root = xmlDocGetRootElement(doc);
        const xmlNode *element = xml_child(root, "uuid");
        auto_free char *said = element ? xml_text(element) : NULL;

        if (!xml_is(root, "hookData") && (!said || !uuid_normalize(said, uuid))) {
            error = error_set(errorp, EINVAL, "no <uuid> of a domain in it");
        }
        xmlFreeDoc(doc);
    }
    return error ? error_wrap(errorp, error, "%s", hook->name) : 0;
}

/* Reads the records of the domain; the caller calls vif_records_free(). */
static int read_records(const struct hook *hook, const char *uuid, struct vif_record **list,
                        size_t *n, char **errorp)
{
    struct vif_records *records;
    int error = vif_host_records(hook->host, &records, errorp);

    return error ? error : vif_records_read_domain(records, uuid, list, n, errorp);
}

static int take_down(struct hook *hook, char **errorp)
{
    char uuid[UUID_TEXT_SIZE] = "";
    struct vif_record *records;
    size_t n;
    int error = read_uuid(hook, uuid, errorp);

    if (error || !*uuid) {
        return error;
    }
    error = read_records(hook, uuid, &records, &n, errorp);
    if (!error) {
        error = vif_unplug_known(hook->host, records, n, errorp);
        vif_records_free(records, n);
        if (error) {
            error_wrap(errorp, error, "%s", hook->name);
        }
    }
    return error;
}

static void say(const struct hook *hook, const char *sentence)
{
    fprintf(stderr, "vifplug-libvirt-hook: %s: %s\n", hook->name, sentence);
}

/* Says what is still not as it should be. */
static int check(const struct hook *hook, const char *uuid, char **errorp)
{
    struct vif_verdict *verdicts;
    struct vif_record *records;
    size_t n;
    int error = read_records(hook, uuid, &records, &n, errorp);

    if (error) {
        return error;
    }
    error = vif_verify(hook->host, records, n, &verdicts, errorp);
    for (size_t i = 0; i < n && !error; i++) {
        for (size_t f = 0; f < verdicts[i].n_faults; f++) {
            auto_free char *sentence = str_printf("\"%s\": %s", records[i].port.name,
                                                  verdicts[i].faults[f]);

            say(hook, sentence);
        }
    }
    if (!error) {
        vif_verdicts_free(verdicts, n);
    }
    vif_records_free(records, n);
    return error;
}

/* Whether an interface is a macvtap that is plugged. The guest that runs has that open, or had it
 * and cannot be given another one from here: it is for the watcher to make it again, which knows by
 * this very record that the guest waits. */
static bool is_for_the_watcher(const char *name, const struct vif_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(records[i].port.name, name)) {
            return records[i].state == VIF_PLUGGED && records[i].port.device == VIF_DEVICE_MACVTAP;
        }
    }
    return false;
}

/* Plugs anew what the records do not leave to the watcher. */
static int plug_missing(const struct hook *hook, const struct adoption *adoption,
                        const struct vif_record *records, size_t n_records, char **errorp)
{
    const struct vif_wishes *all = &adoption->wishes;
    struct vif_wish *missing = mem_resize(NULL, all->n + 1, sizeof *missing);
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        if (!is_for_the_watcher(all->list[i].spec->target, records, n_records)) {
            missing[n++] = all->list[i];
        }
    }
    int error = plug(hook, missing, n, errorp);
    free(missing);
    return error;
}

/* Puts back what devices that are there have lost, and then makes what is not there at all. */
static int repair(struct hook *hook, const struct adoption *adoption, char **errorp)
{
    const char *uuid = adoption->domain.domain_uuid;
    struct vif_record *records;
    size_t n;

    if (!uuid) {
        return error_set(errorp, EINVAL, "%s: no <uuid> of a domain in it", hook->name);
    }
    int error = read_records(hook, uuid, &records, &n, errorp);
    if (error) {
        return error;
    }
    error = vif_repair(hook->host, records, n, &(struct vif_repair_options){0}, errorp);
    if (!error) {
        error = plug_missing(hook, adoption, records, n, errorp);
    }
    vif_records_free(records, n);
    return error ? error : check(hook, uuid, errorp);
}

static int reconnect(struct hook *hook, char **errorp)
{
    struct adoption adoption = {0};
    int error = read_adoption(hook, &adoption, errorp);

    if (!error) {
        error = repair(hook, &adoption, errorp);
    }
    adoption_clear(&adoption);
    return error;
}

static const struct operation {
    const char *name;
    int (*run)(struct hook *hook, char **errorp);
} operations[] = {
    {"prepare", prepare},
    {"stopped", take_down},
    {"release", take_down},
    {"reconnect", reconnect},
};

static int run(const struct operation *operation, const char *guest, const char *text,
               size_t length, char **errorp)
{
    auto_free char *caller = str_printf("vifplug-libvirt-hook %s %s", operation->name, guest);
    auto_free char *name = str_printf("domain \"%s\"", guest);
    const struct vif_host_options options = {
        .ovsdb = {.timeout_ms = TIMEOUT_MS, .caller = caller},
    };
    struct hook hook = {
        .host = vif_host_open(&options), .name = name, .text = text, .length = length};
    int error = operation->run(&hook, errorp);

    vif_host_close(hook.host);
    return error;
}

int hook_run(const char *guest, const char *operation, char **errorp)
{
    static const char mark[] = VIF_NAMESPACE;
    auto_free char *text = NULL;
    size_t length;

    if (str_eq(operation, NETWORK_HOOK_DECIDES)) {
        return network_hook_decide(guest, errorp);
    }
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        if (!str_eq(operations[i].name, operation)) {
            continue;
        }
        int error = xml_read_file("-", VIF_DOCUMENT_MAX, &text, &length, errorp);

        if (error) {
            return error_wrap(errorp, error, "domain \"%s\" on standard input", guest);
        }
        /* Most domains on a host may have nothing of ours, and shall not pay for a parser. libvirt
         * writes these characters as themselves. */
        return memmem(text, length, mark, sizeof mark - 1)
                   ? run(&operations[i], guest, text, length, errorp)
                   : 0;
    }
    return 0;
}

bool hook_must_not_fail(const char *operation)
{
    return str_eq(operation, "reconnect");
}
