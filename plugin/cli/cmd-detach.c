/* vifplug detach: out of a running guest, and unplug. Here are those of libvirt's. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/hotplug.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "libvirt/attach.h"
#include "vif/plug.h"

/* What the guest has, and we did not make, is not ours to take; nor is what we made for another. */
static int check_owner(struct vif_records *records, const struct vif_document *domain,
                       const char *name, char **errorp)
{
    struct vif_record record;
    int error = vif_records_read(records, name, &record, errorp);

    if (error == -ENOENT) {
        return libvirt_has_nic(domain, name)
                   ? error_set(errorp, ENOENT, "\"%s\" was not plugged by vifplug", name)
                   : 0;
    }
    if (error) {
        return error;
    }
    if (!str_eq(record.port.domain_uuid, domain->domain_uuid)) {
        const char *owner = record.port.domain_name;

        error = error_set(errorp, EBUSY, "\"%s\" belongs to %s%s%s, and not to domain \"%s\"", name,
                          owner ? "domain \"" : "no domain", owner ? owner : "", owner ? "\"" : "",
                          domain->domain_name);
    }
    vif_record_clear(&record);
    return error;
}

static int check_owners(const struct cli *cli, struct vif_host *host, struct libvirt_guest *guest,
                        char **errorp)
{
    struct vif_document domain;
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    if (!error) {
        error = libvirt_read(guest, &domain, errorp);
    }
    if (error) {
        return error;
    }
    for (size_t i = 0; i < cli->n_args && !error; i++) {
        error = check_owner(records, &domain, cli->args[i], errorp);
    }
    vif_document_clear(&domain);
    return error;
}

static int detach_from_libvirt(const struct cli *cli, struct vif_host *host, char **errorp)
{
    const char *const *names = (const char *const *)cli->args;
    struct libvirt_guest *guest;
    int error = libvirt_guest_open(cli_value(cli, CLI_OPT_LIBVIRT), &guest, errorp);

    if (error) {
        return error;
    }
    error = check_owners(cli, host, guest, errorp);
    if (!error) {
        error = libvirt_detach(guest, cli_rundir(cli), names, cli->n_args, errorp);
    }
    if (!error) {
        error = vif_unplug(host, names, cli->n_args, errorp);
    }
    libvirt_guest_close(guest);
    return error;
}

int cli_check_guest(const struct cli *cli, const char *way, char **errorp)
{
    bool qmp = cli_given(cli, CLI_OPT_QMP);

    if (cli_given(cli, CLI_OPT_LIBVIRT) == qmp) {
        return error_set(errorp, EINVAL,
                         "%s needs %s--libvirt DOMAIN or --qmp SOCKET: %s which guest?",
                         cli->command->name, qmp ? "either " : "", way);
    }
    return 0;
}

enum cli_status cli_cmd_detach(struct cli *cli)
{
    enum cli_status status = CLI_DONE;
    struct vif_host *host = NULL;
    struct signals signals;
    char *sentence = NULL;

    if (cli_check_guest(cli, "out of", &sentence) || cli_open_host(cli, &host, &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    signals_hold(&signals);
    int error = cli_given(cli, CLI_OPT_QMP) ? detach_from_qemu(cli, host, &sentence)
                                            : detach_from_libvirt(cli, host, &sentence);
    progress_clear();
    if (error) {
        status = cli_fail(CLI_FAILED, sentence);
    } else if (cli_given(cli, CLI_OPT_JSON)) {
        output_json_list("detached",
                         cJSON_CreateStringArray((const char *const *)cli->args, (int)cli->n_args));
    }
    vif_host_close(host);
    signals_release(&signals);
    return status;
}
