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

static int check_owners(const struct cli *cli, struct vif_host *host,
                        const struct vif_document *domain, char **errorp)
{
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    for (size_t i = 0; i < cli->n_args && !error; i++) {
        error = check_owner(records, domain, cli->args[i], errorp);
    }
    return error;
}

/* The unplugging, which happens as soon as the guest is done with the interfaces. */
struct unplugging {
    struct vif_host *host;
    const char *const *names;
    size_t n;
    bool done;
    int error;
    char *sentence;
};

static void unplug(void *data)
{
    struct unplugging *unplugging = data;

    unplugging->done = true;
    unplugging->error = vif_unplug(unplugging->host, unplugging->names, unplugging->n,
                                   &unplugging->sentence);
}

static int take(const struct cli *cli, struct unplugging *unplugging, struct libvirt_guest *guest,
                char **errorp)
{
    const struct libvirt_left left = {unplug, unplugging};
    struct vif_document domain;
    int error = libvirt_read(guest, &domain, errorp);

    if (error) {
        return error;
    }
    error = check_owners(cli, unplugging->host, &domain, errorp);
    if (!error) {
        error = libvirt_detach(guest, &domain, cli_rundir(cli), unplugging->names, unplugging->n,
                               &left, errorp);
    }
    vif_document_clear(&domain);
    return error;
}

static int detach(const struct cli *cli, struct unplugging *unplugging, struct libvirt_guest *guest,
                  char **errorp)
{
    int error = take(cli, unplugging, guest, errorp);

    if (!error && !unplugging->done) {
        unplug(unplugging);
    }
    if (error && unplugging->error) {
        error_append(errorp, "%s", unplugging->sentence);
    } else if (unplugging->error) {
        error = error_set(errorp, -unplugging->error, "%s", unplugging->sentence);
    }
    free(unplugging->sentence);
    return error;
}

static int detach_from_libvirt(const struct cli *cli, struct vif_host *host, char **errorp)
{
    struct unplugging unplugging = {
        .host = host,
        .names = (const char *const *)cli->args,
        .n = cli->n_args,
    };
    struct libvirt_guest *guest;
    int error = libvirt_guest_open(cli_value(cli, CLI_OPT_LIBVIRT), &guest, errorp);

    if (!error) {
        error = detach(cli, &unplugging, guest, errorp);
        libvirt_guest_close(guest);
    }
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
