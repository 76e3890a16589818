/* libvifplug: the functions of vifplug.h, over plugin/vif. */
#include "vifplug.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/document.h"
#include "vif/host.h"
#include "vif/network.h"
#include "vif/owner.h"
#include "vif/plug.h"
#include "vif/wishes.h"

#define DEFAULT_TIMEOUT_MS 5000

/* No struct of options is as large as that; what says so is not initialised. */
#define SIZE_SANE 4096

struct vifplug {
    struct vif_host *host; /* NULL where vifplug_open() failed */
    char *rundir;
    char *db;
    char *private_key;
    char *certificate;
    char *ca_certificate;
    char *caller;
    void (*log)(void *log_data, const char *sentence);
    void *log_data;
    char *errmsg;
};

/* An interface of a result, with what its members point to. */
struct owned_interface {
    struct vifplug_interface interface;
    struct vif_record record;
    char mac[MAC_TEXT_SIZE];
    char *node;
};

/* Rooms below, libopenvswitch above all, have state that belongs to the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The end of each call that can fail: keeps the sentence. Returns `error`. */
static int finish(struct vifplug *handle, int error, char *sentence)
{
    if (error) {
        free(handle->errmsg);
        handle->errmsg = sentence ? sentence : str_dup(strerror(-error));
    } else {
        free(sentence);
    }
    return error;
}

static bool is_zero(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

/* Copies what a caller knew of a struct that begins with its size: what it did not know is zero,
 * and what this library does not know must be. */
static int take_options(void *own, size_t own_size, const void *given, const char *name,
                        char **errorp)
{
    size_t size = 0;

    memset(own, 0, own_size);
    if (!given) {
        return 0;
    }
    memcpy(&size, given, sizeof size);
    if (size < sizeof size || size > SIZE_SANE) {
        return error_set(errorp, EINVAL, "struct %s: its size is not set", name);
    }
    if (size > own_size && !is_zero((const char *)given + own_size, size - own_size)) {
        return error_set(errorp, EINVAL,
                         "struct %s: a member is set that libvifplug %s does not know", name,
                         VIFPLUG_VERSION);
    }
    memcpy(own, given, size < own_size ? size : own_size);
    return 0;
}

static void pass_log(void *data, const char *sentence)
{
    const struct vifplug *handle = data;

    if (handle->log) {
        handle->log(handle->log_data, sentence);
    }
}

static int open_host(struct vifplug *handle, const struct vifplug_options *given, char **errorp)
{
    struct vifplug_options options;
    int error = take_options(&options, sizeof options, given, "vifplug_options", errorp);

    if (error) {
        return error;
    }
    handle->rundir = str_dup_or_null(options.rundir);
    handle->db = str_dup_or_null(options.db);
    handle->private_key = str_dup_or_null(options.private_key);
    handle->certificate = str_dup_or_null(options.certificate);
    handle->ca_certificate = str_dup_or_null(options.ca_certificate);
    handle->caller = options.caller
                         ? str_dup(options.caller)
                         : str_printf("%s: pid %ld", program_invocation_short_name, (long)getpid());
    handle->log = options.log;
    handle->log_data = options.log_data;
    const struct vif_host_options host_options = {
        .rundir = handle->rundir,
        .ovsdb =
            {
                .remote = handle->db,
                .timeout_ms = options.timeout_ms ? options.timeout_ms : DEFAULT_TIMEOUT_MS,
                .private_key = handle->private_key,
                .certificate = handle->certificate,
                .ca_certificate = handle->ca_certificate,
                .caller = handle->caller,
            },
        .log = handle->log ? pass_log : NULL,
        .log_data = handle,
    };
    handle->host = vif_host_open(&host_options);
    return 0;
}

int vifplug_open(struct vifplug **handle, const struct vifplug_options *options)
{
    char *sentence = NULL;

    *handle = mem_zalloc(sizeof **handle);
    int error = open_host(*handle, options, &sentence);
    return finish(*handle, error, sentence);
}

void vifplug_close(struct vifplug *handle)
{
    if (handle) {
        pthread_mutex_lock(&lock);
        vif_host_close(handle->host);
        pthread_mutex_unlock(&lock);
        free(handle->rundir);
        free(handle->db);
        free(handle->private_key);
        free(handle->certificate);
        free(handle->ca_certificate);
        free(handle->caller);
        free(handle->errmsg);
        free(handle);
    }
}

const char *vifplug_errmsg(const struct vifplug *handle)
{
    return handle->errmsg ? handle->errmsg : "";
}

const char *vifplug_version(void)
{
    return VIFPLUG_VERSION;
}

/* Points the interface's members into the record; `mac` takes the text of the address, `node` that
 * of the path, which the caller frees. */
static void show_record(const struct vif_record *record, char mac[MAC_TEXT_SIZE], char **node,
                        struct vifplug_interface *interface)
{
    const struct vif_port *port = &record->port;

    *node = vif_record_node(record);
    *interface = (struct vifplug_interface){
        .name = port->name,
        .mac = mac_format(&port->mac, mac),
        .interface_id = port->interface_id,
        .domain_name = port->domain_name,
        .domain_uuid = port->domain_uuid,
        .bridge = port->bridge,
        .state = vif_state_name(record->state),
        .ifindex = record->ifindex,
        .ofport = record->ofport,
        .vnet_hdr = port->vnet_hdr,
        .lower = port->lower,
        .mode = macvtap_mode_name(port->mode),
        .node = *node,
    };
}

/* Takes over what is in `plugged`, but not the array itself. */
static struct vifplug_result *make_result(struct vif_plugged *plugged, size_t n)
{
    struct vifplug_result *result = mem_zalloc(sizeof *result);

    result->interfaces = mem_resize(NULL, n, sizeof *result->interfaces);
    result->n_interfaces = n;
    for (size_t i = 0; i < n; i++) {
        struct owned_interface *owned = mem_zalloc(sizeof *owned);

        owned->record = plugged[i].record;
        show_record(&owned->record, owned->mac, &owned->node, &owned->interface);
        owned->interface.already = plugged[i].already;
        owned->interface.fds = plugged[i].fds;
        owned->interface.n_fds = plugged[i].n_fds;
        plugged[i] = (struct vif_plugged){0};
        result->interfaces[i] = &owned->interface;
    }
    return result;
}

void vifplug_result_free(struct vifplug_result *result)
{
    for (size_t i = 0; result && i < result->n_interfaces; i++) {
        /* The interface is the first member of what was allocated. */
        struct owned_interface *owned = (struct owned_interface *)(void *)result->interfaces[i];

        for (size_t q = 0; q < owned->interface.n_fds; q++) {
            if (owned->interface.fds[q] >= 0) {
                close(owned->interface.fds[q]);
            }
        }
        free(owned->interface.fds);
        vif_record_clear(&owned->record);
        free(owned->node);
        free(owned);
    }
    if (result) {
        free(result->interfaces);
        free(result);
    }
}

static int plug_wishes(struct vifplug *handle, const struct vif_wishes *wishes,
                       struct vif_networks *networks, const struct vifplug_plug_options *options,
                       struct vifplug_result **result, char **errorp)
{
    const struct vif_plug_options plug_options = {
        .no_wait = options->no_wait,
        .supervised = !options->persistent,
    };
    struct vif_plan_options plan_options = {
        .persistent = options->persistent,
        .transient = options->transient,
    };
    struct vif_plugged *plugged;
    int error = vif_owner_choose(options->user, options->group, &plan_options, errorp);

    if (!error) {
        error = vif_plug_wishes(handle->host, wishes->list, wishes->n, networks, &plan_options,
                                &plug_options, &plugged, errorp);
    }
    if (!error) {
        *result = make_result(plugged, wishes->n);
        vif_plugged_free(plugged, wishes->n);
    }
    return error;
}

static int plug_document(struct vifplug *handle, const struct vif_document *document,
                         const struct vifplug_plug_options *options, struct vifplug_result **result,
                         char **errorp)
{
    struct vif_networks *networks = NULL;
    struct vif_wishes wishes = {0};
    size_t n_files = 0;

    while (options->network_files && options->network_files[n_files]) {
        n_files++;
    }
    int error = vif_networks_new(options->network_files, n_files, vif_network_folders,
                                 ARRAY_LEN(vif_network_folders), &networks, errorp);
    if (!error) {
        vif_wishes_add_document(&wishes, document, pass_log, handle);
        error = wishes.n ? plug_wishes(handle, &wishes, networks, options, result, errorp)
                         : error_set(errorp, EINVAL, "%s: no interface that vifplug could plug",
                                     document->file);
    }
    vif_wishes_clear(&wishes);
    vif_networks_free(networks);
    return error;
}

static int plug_xml(struct vifplug *handle, const char *xml,
                    const struct vifplug_plug_options *given, struct vifplug_result **result,
                    char **errorp)
{
    struct vifplug_plug_options options;
    struct vif_document document;
    int error = take_options(&options, sizeof options, given, "vifplug_plug_options", errorp);

    if (!error) {
        error = vif_document_parse("XML", xml, strlen(xml), &document, errorp);
    }
    if (error) {
        return error;
    }
    error = plug_document(handle, &document, &options, result, errorp);
    vif_document_clear(&document);
    return error;
}

int vifplug_plug_xml(struct vifplug *handle, const char *xml,
                     const struct vifplug_plug_options *options, struct vifplug_result **result)
{
    char *sentence = NULL;

    pthread_mutex_lock(&lock);
    int error = plug_xml(handle, xml, options, result, &sentence);
    pthread_mutex_unlock(&lock);
    return finish(handle, error, sentence);
}

int vifplug_unplug(struct vifplug *handle, const char *name)
{
    char *sentence = NULL;

    pthread_mutex_lock(&lock);
    int error = vif_unplug(handle->host, &name, 1, &sentence);
    pthread_mutex_unlock(&lock);
    return finish(handle, error, sentence);
}

int vifplug_list(struct vifplug *handle,
                 int (*each)(void *data, const struct vifplug_interface *interface), void *data)
{
    struct vif_records *records;
    struct vif_record *all = NULL;
    char *sentence = NULL;
    size_t n = 0;

    pthread_mutex_lock(&lock);
    int error = vif_host_records(handle->host, &records, &sentence);
    if (!error) {
        error = vif_records_read_all(records, &all, &n, &sentence);
    }
    pthread_mutex_unlock(&lock);
    if (error) {
        return finish(handle, error, sentence);
    }
    int result = 0;
    for (size_t i = 0; i < n && !result; i++) {
        struct vifplug_interface interface;
        char mac[MAC_TEXT_SIZE];
        char *node;

        show_record(&all[i], mac, &node, &interface);
        result = each(data, &interface);
        free(node);
    }
    vif_records_free(all, n);
    return result;
}
