/* vifplug detach --qmp: out of a running QEMU, and unplug. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/hotplug.h"
#include "qemu/args.h"
#include "qemu/card.h"
#include "qemu/hotplug.h"
#include "qemu/qmp.h"
#include "qemu/slots.h"
#include "vif/device.h"
#include "vif/plug.h"

/* The guest, and what it is to lose. */
struct detaching {
    struct qmp *qmp;
    struct vif_record *records; /* with no more than a name where there is none */
    struct hotplug_nic *nics;
    char **ids;
    size_t n;
};

static void clear(struct detaching *detaching)
{
    for (size_t i = 0; i < detaching->n; i++) {
        vif_record_clear(&detaching->records[i]);
        free(detaching->ids[i]);
    }
    free(detaching->records);
    free(detaching->nics);
    free(detaching->ids);
    qmp_close(detaching->qmp);
}

/* What this QEMU did not get from attach is not ours to take from it. */
static int check_record(const struct vif_record *record, pid_t pid, char **errorp)
{
    if (!record->qemu_id) {
        return error_set(errorp, EBUSY, "\"%s\" was not plugged by \"vifplug attach --qmp\"",
                         record->port.name);
    }
    if (pid && pid != record->pid && vif_record_owner_lives(record)) {
        return error_set(errorp, EBUSY, "\"%s\" belongs to process %ld, and this QEMU is %ld",
                         record->port.name, (long)record->pid, (long)pid);
    }
    return 0;
}

/* Finds out what QEMU has of an interface. One without a record may have been unplugged from under
 * the guest, and then still has its card. */
static int look_up(struct detaching *detaching, struct vif_records *records, const char *name,
                   char **errorp)
{
    struct vif_record *record = &detaching->records[detaching->n];
    struct hotplug_nic *nic = &detaching->nics[detaching->n];
    char **id = &detaching->ids[detaching->n];
    int error = vif_records_read(records, name, record, errorp);

    if (error == -ENOENT) {
        *record = (struct vif_record){0};
        error = str_copy(record->port.name, sizeof record->port.name, name)
                    ? 0
                    : error_set(errorp, EINVAL, "\"%s\" is no name of a device", name);
        *id = card_id(name, NULL);
    } else if (!error) {
        error = check_record(record, qmp_peer(detaching->qmp), errorp);
        *id = str_dup_or_null(record->qemu_id);
    } else {
        return error;
    }
    detaching->n++;
    /* The netdev may be left even where the guest has let go of the device. */
    *nic = (struct hotplug_nic){
        .name = record->port.name,
        .id = *id,
        .there = true,
        .n_fds = record->port.n_queues,
        .hub = !record->qemu_id || qemu_has_hub(&record->port),
    };
    return error;
}

static int look_up_all(struct detaching *detaching, const struct cli *cli, struct vif_host *host,
                       char **errorp)
{
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    detaching->records = mem_zalloc(cli->n_args * sizeof *detaching->records);
    detaching->nics = mem_zalloc(cli->n_args * sizeof *detaching->nics);
    detaching->ids = mem_zalloc(cli->n_args * sizeof *detaching->ids);
    for (size_t i = 0; i < cli->n_args && !error; i++) {
        error = look_up(detaching, records, cli->args[i], errorp);
    }
    return error;
}

static int refuse_open(const struct vif_record *record, pid_t user, char **errorp)
{
    int error = error_set(errorp, EBUSY, "\"%s\" is open in another process than this QEMU",
                          record->port.name);

    if (user) {
        error_append(errorp, "it is process %ld", (long)user);
    }
    return error;
}

/* Unplugs what the guest has let go of. What is open even so is of another QEMU, which got it from
 * an attach that was killed before it could write that down. */
static int unplug(const struct detaching *detaching, struct vif_host *host, char **errorp)
{
    struct vif_record *gone = mem_resize(NULL, detaching->n, sizeof *gone);
    struct vif_device_state *devices = NULL;
    int error = vif_device_look(host, detaching->records, detaching->n, &devices, errorp);
    size_t n = 0;

    for (size_t i = 0; i < detaching->n && !error; i++) {
        const struct vif_record *record = &detaching->records[i];

        if (!detaching->nics[i].there && devices[i].in_use && record->qemu_id) {
            error = refuse_open(record, devices[i].user, errorp);
        } else if (!detaching->nics[i].there) {
            gone[n++] = *record;
        }
    }
    if (!error) {
        error = vif_unplug_known(host, gone, n, errorp);
    }
    free(devices);
    free(gone);
    return error;
}

static int detach(struct detaching *detaching, struct vif_host *host, int wait_ms, char **errorp)
{
    auto_free char *sentence = NULL;

    vif_host_log(host, "waiting until the guest has let go of %zu network card%s", detaching->n,
                 detaching->n == 1 ? "" : "s");
    int error = hotplug_unplug(detaching->qmp, detaching->nics, detaching->n, wait_ms, errorp);
    if (error == -ETIME) {
        error_append(errorp, "it stays plugged till then: detach it again");
    }
    int left = unplug(detaching, host, &sentence);
    if (left && error) {
        error_append(errorp, "%s", sentence);
    } else if (left) {
        error = error_set(errorp, -left, "%s", sentence);
    }
    return error;
}

int detach_from_qemu(const struct cli *cli, struct vif_host *host, char **errorp)
{
    struct detaching detaching = {0};
    unsigned timeout_ms;
    unsigned wait_ms = 0;
    int error = cli_timeout(cli, CLI_TIMEOUT_MS, &timeout_ms, errorp);

    if (!error) {
        error = cli_timeout(cli, HOTPLUG_SECONDS * 1000, &wait_ms, errorp);
    }
    if (!error) {
        error = qmp_connect(cli_value(cli, CLI_OPT_QMP), (int)timeout_ms, &detaching.qmp, errorp);
    }
    if (!error) {
        error = look_up_all(&detaching, cli, host, errorp);
    }
    if (!error) {
        error = detach(&detaching, host, (int)wait_ms, errorp);
    }
    clear(&detaching);
    return error;
}
