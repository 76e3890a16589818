/* vifplug attach: plug, and into a running guest with it. Here are those of libvirt's. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/hotplug.h"
#include "cli/plugged.h"
#include "cli/request.h"
#include "libvirt/adopted.h"
#include "libvirt/attach.h"
#include "vif/identity.h"

/* The guest, and what it is to get. */
struct attaching {
    struct libvirt_guest *guest;
    struct vif_document domain; /* as it was before */
    struct vif_spec *specs;     /* the wishes, completed, and without what libvirt does */
    struct vif_wish *wishes;
    size_t n;
    const struct vif_wish *originals; /* the wishes as they were */
};

/* The interface of the guest with that target, or NULL. */
static const struct vif_spec *find_spec(const struct vif_document *domain, const char *target)
{
    for (size_t i = 0; target && i < domain->n_specs; i++) {
        if (str_eq(domain->specs[i].target, target)) {
            return &domain->specs[i];
        }
    }
    return NULL;
}

/* Chooses an address where there is none: that of the interface that the guest has by this name, or
 * a new one. What a plug makes of the domain and the position in it would be the same for each
 * interface that is ever attached. */
static void choose_mac(const struct vif_document *domain, struct vif_spec *spec)
{
    const struct vif_spec *there = find_spec(domain, spec->target);
    char id[37];

    if (spec->has_mac) {
        return;
    }
    spec->has_mac = true;
    if (there && there->has_mac) {
        spec->mac = there->mac;
    } else {
        vif_identity_random(id);
        spec->mac = vif_identity_mac(id);
    }
}

/* Makes the wishes those of the guest. */
static int take_wishes(struct attaching *attaching, const struct vif_wishes *wishes, char **errorp)
{
    attaching->specs = mem_zalloc(wishes->n * sizeof *attaching->specs);
    attaching->wishes = mem_zalloc(wishes->n * sizeof *attaching->wishes);
    for (size_t i = 0; i < wishes->n; i++) {
        const struct vif_spec *spec = wishes->list[i].spec;

        if (spec->type == VIF_TYPE_ETHERNET) {
            return error_set(errorp, EINVAL,
                             "%s: type='ethernet' has no place on the host's network that vifplug "
                             "could plug; virsh attach-device does all there is to do",
                             wishes->list[i].where);
        }
        vif_spec_copy(&attaching->specs[i], spec);
        attaching->n++;
        choose_mac(&attaching->domain, &attaching->specs[i]);
        adopted_leave_to_libvirt(&attaching->specs[i]);
        attaching->wishes[i] = (struct vif_wish){
            .spec = &attaching->specs[i],
            .domain_name = attaching->domain.domain_name,
            .domain_uuid = attaching->domain.domain_uuid,
            .where = wishes->list[i].where,
        };
    }
    return 0;
}

static void clear(struct attaching *attaching)
{
    for (size_t i = 0; i < attaching->n; i++) {
        vif_spec_clear(&attaching->specs[i]);
    }
    free(attaching->specs);
    free(attaching->wishes);
    vif_document_clear(&attaching->domain);
    libvirt_guest_close(attaching->guest);
}

/* Unplugs what the guest did not take. */
static void take_back(struct vif_host *host, const struct vif_plugged *plugged,
                      const struct libvirt_nic *nics, size_t n)
{
    struct vif_plugged *rest = mem_resize(NULL, n, sizeof *rest);
    size_t n_rest = 0;

    for (size_t i = 0; i < n; i++) {
        if (!nics[i].attached) {
            rest[n_rest++] = plugged[i];
        }
    }
    plugged_take_back(host, rest, n_rest);
    free(rest);
}

static enum cli_status give(struct cli *cli, struct vif_host *host, struct vif_plugged *plugged,
                            size_t n, const struct signals *signals, void *data, char **errorp)
{
    struct attaching *attaching = data;
    struct libvirt_nic *nics = mem_zalloc(n * sizeof *nics);

    (void)signals; /* it is not left half done */
    for (size_t i = 0; i < n; i++) {
        nics[i].spec = attaching->originals[i].spec;
        nics[i].name = plugged[i].record.port.name;
        nics[i].mac = plugged[i].record.port.mac;
        nics[i].model = plugged[i].record.port.model;
    }
    int error = libvirt_attach(attaching->guest, cli_rundir(cli), nics, n, errorp);
    if (error) {
        take_back(host, plugged, nics, n);
    } else {
        plugged_print(cli, plugged, n);
    }
    free(nics);
    return error ? CLI_FAILED : CLI_DONE;
}

static enum cli_status attach_to_libvirt(struct cli *cli, struct vif_host *host,
                                         const struct request *request, char **errorp)
{
    struct attaching attaching = {.originals = request->wishes.list};
    struct request of_guest = *request;
    const struct request_plug how = {
        .persistent = true,
        .options = {.no_wait = cli_given(cli, CLI_OPT_NO_WAIT), .of_libvirt = true},
        .data = &attaching,
        .use = give,
    };
    enum cli_status status = CLI_FAILED;
    int error = libvirt_guest_open(cli_value(cli, CLI_OPT_LIBVIRT), &attaching.guest, errorp);

    if (!error) {
        error = libvirt_read(attaching.guest, &attaching.domain, errorp);
    }
    if (!error) {
        error = take_wishes(&attaching, &request->wishes, errorp);
        status = error ? CLI_USAGE : status;
    }
    if (!error) {
        of_guest.wishes.list = attaching.wishes;
        status = request_plug(cli, host, &of_guest, &how, errorp);
    }
    clear(&attaching);
    return status;
}

enum cli_status cli_cmd_attach(struct cli *cli)
{
    char *sentence = NULL;

    if (cli_check_guest(cli, "into", &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    if (cli_given(cli, CLI_OPT_BUS) && !cli_given(cli, CLI_OPT_QMP)) {
        return cli_fail(CLI_USAGE, str_dup("--bus goes with --qmp: libvirt chooses by itself"));
    }
    return request_act(cli, cli_given(cli, CLI_OPT_QMP) ? attach_to_qemu : attach_to_libvirt);
}
