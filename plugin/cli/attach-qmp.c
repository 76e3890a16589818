/* vifplug attach --qmp: as run plugs, and into a QEMU that is there already.
 *
 * Taps are not persistent: it is QEMU's descriptors that keep them, and they go with QEMU. Until
 * QEMU has its card the record names this process, and from then on that QEMU. So gc undoes what is
 * left of either; and should this process be killed in between, what QEMU has open is left alone.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/hotplug.h"
#include "cli/plugged.h"
#include "qemu/args.h"
#include "qemu/card.h"
#include "qemu/hotplug.h"
#include "qemu/monitor.h"
#include "qemu/qmp.h"
#include "qemu/slots.h"

/* The guest, and how it is to be served. */
struct attaching {
    struct qmp *qmp;
    const char *socket;
    pid_t pid;        /* QEMU's, or 0 */
    const char *bus;  /* that was asked for, or NULL */
    unsigned wait_ms; /* for a guest that is to give back what it got */
};

/* Whether this QEMU has the device of an interface, or another one of its id. */
static int has_nic(struct qmp *qmp, const struct vif_port *port, bool *has, char **errorp)
{
    auto_free char *id = card_id(port->name, port->alias);

    return slots_has_device(qmp, id, has, errorp);
}

/* What can be refused before anything is made: above all, that there is no slot. */
static int check(const struct cli *cli, const struct vif_plan *plan, void *data, char **errorp)
{
    struct attaching *attaching = data;
    char **buses;
    size_t n_new = 0;
    int error = 0;

    (void)cli;
    for (size_t i = 0; i < plan->n_ports && !error; i++) {
        const struct vif_port *port = &plan->ports[i];
        bool there = false;

        error = qemu_check_port(port, errorp);
        if (!error && port->device == VIF_DEVICE_BY_QEMU) {
            error = error_set(errorp, EINVAL,
                              "%s: <target mode='ifname'> is for QEMU's command line; a QEMU that "
                              "runs is handed the device open",
                              port->where);
        }
        if (!error) {
            error = has_nic(attaching->qmp, port, &there, errorp);
        }
        n_new += !there;
    }
    if (!error) {
        error = slots_find(attaching->qmp, attaching->bus, n_new, &buses, errorp);
    }
    if (!error) {
        slots_free(buses, n_new);
    }
    return error;
}

/* Checks that an interface which was plugged before is this guest's, for which there is nothing to
 * be done then. */
static int check_there(const struct attaching *attaching, const struct vif_record *record,
                       char **errorp)
{
    const struct vif_port *port = &record->port;
    bool there = false;
    int error = record->qemu_id ? slots_has_device(attaching->qmp, record->qemu_id, &there, errorp)
                                : 0;

    if (!error && (!there || (attaching->pid && record->pid != attaching->pid))) {
        error = error_set(errorp, EEXIST,
                          "\"%s\" is plugged already, but not into this guest: detach or unplug it "
                          "first",
                          port->name);
    }
    return error;
}

/* The interfaces that the guest does not have yet. */
struct gift {
    struct vif_plugged **plugged; /* borrowed */
    struct hotplug_nic *nics;
    char **buses;
    size_t n;
};

static void clear_gift(struct gift *gift)
{
    slots_free(gift->buses, gift->buses ? gift->n : 0);
    free(gift->plugged);
    free(gift->nics);
}

/* Sorts out what is new, and finds the buses for it. */
static int wrap_up(const struct attaching *attaching, struct vif_plugged *plugged, size_t n,
                   struct gift *gift, char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        if (!plugged[i].already) {
            gift->plugged[gift->n++] = &plugged[i];
        } else if (!error) {
            error = check_there(attaching, &plugged[i].record, errorp);
        }
    }
    return error ? error
                 : slots_find(attaching->qmp, attaching->bus, gift->n, &gift->buses, errorp);
}

/* Makes an interface ready to be given, and writes down what QEMU is about to get of it. */
static int prepare(struct vif_records *records, const struct attaching *attaching,
                   struct vif_plugged *plugged, const char *bus, struct hotplug_nic *nic,
                   char **errorp)
{
    struct vif_record *record = &plugged->record;

    record->qemu_id = card_id(record->port.name, record->port.alias);
    record->qemu_netdev = card_netdev(record->qemu_id, 0);
    record->qemu_bus = str_dup(bus);
    record->qmp = monitor_absolute(attaching->socket);
    *nic = (struct hotplug_nic){
        .name = record->port.name,
        .id = record->qemu_id,
        .port = &record->port,
        .bus = bus,
        .hub = qemu_has_hub(&record->port),
        .fds = plugged->fds,
        .n_fds = plugged->n_fds,
    };
    return vif_records_write(records, record, errorp);
}

/* Makes the interfaces those of QEMU, as long as it lives. */
static int entrust(struct vif_records *records, const struct attaching *attaching,
                   const struct gift *gift, char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < gift->n && !error; i++) {
        vif_record_give_to(&gift->plugged[i]->record, attaching->pid);
        error = vif_records_write(records, &gift->plugged[i]->record, errorp);
    }
    return error;
}

/* Gives the guest what it does not have yet. On failure `there` is set in what it has now of it. */
static int give_all(struct vif_host *host, const struct attaching *attaching,
                    struct vif_plugged *plugged, size_t n, struct gift *gift, char **errorp)
{
    int wait_ms = (int)attaching->wait_ms;
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    if (!error) {
        error = wrap_up(attaching, plugged, n, gift, errorp);
    }
    for (size_t i = 0; i < gift->n && !error; i++) {
        error = prepare(records, attaching, gift->plugged[i], gift->buses[i], &gift->nics[i],
                        errorp);
    }
    if (!error) {
        vif_host_log(host, "plugging %zu network card%s into the guest", gift->n,
                     gift->n == 1 ? "" : "s");
        error = hotplug_plug(attaching->qmp, gift->nics, gift->n, wait_ms, errorp);
    }
    if (!error) {
        error = entrust(records, attaching, gift, errorp);
        if (error) {
            hotplug_unplug(attaching->qmp, gift->nics, gift->n, wait_ms, NULL);
        }
    }
    return error;
}

/* Leaves to QEMU what it has of an interface, and says so. */
static void leave(struct vif_host *host, const struct attaching *attaching, const char *socket,
                  struct vif_record *record, char **errorp)
{
    struct vif_records *records;

    vif_record_give_to(record, attaching->pid);
    if (vif_host_records(host, &records, NULL) == 0) {
        vif_records_write(records, record, NULL);
    }
    error_append(errorp,
                 "\"%s\" stays plugged, since QEMU may have it: see to it by \"vifplug detach %s "
                 "--qmp %s\"",
                 record->port.name, record->port.name, socket);
}

static bool has_ended(pid_t pid)
{
    struct vif_record record = {0};

    vif_record_give_to(&record, pid);
    return pid && !vif_record_owner_lives(&record);
}

/* Unplugs what the guest did not take. */
static void take_back(struct vif_host *host, const struct attaching *attaching, const char *socket,
                      const struct gift *gift, char **errorp)
{
    struct vif_plugged *rest = mem_resize(NULL, gift->n, sizeof *rest);
    bool ended = has_ended(attaching->pid);
    size_t n_rest = 0;

    for (size_t i = 0; i < gift->n; i++) {
        if (gift->nics[i].there && !ended) {
            leave(host, attaching, socket, &gift->plugged[i]->record, errorp);
        } else {
            rest[n_rest++] = *gift->plugged[i];
        }
    }
    plugged_take_back(host, rest, n_rest);
    free(rest);
}

static enum cli_status give(struct cli *cli, struct vif_host *host, struct vif_plugged *plugged,
                            size_t n, const struct signals *signals, void *data, char **errorp)
{
    const struct attaching *attaching = data;
    struct gift gift = {
        .plugged = mem_zalloc(n * sizeof(struct vif_plugged *)),
        .nics = mem_zalloc(n * sizeof *gift.nics),
    };

    (void)signals; /* it is not left half done */
    int error = give_all(host, attaching, plugged, n, &gift, errorp);
    if (error) {
        take_back(host, attaching, cli_value(cli, CLI_OPT_QMP), &gift, errorp);
    } else {
        plugged_print(cli, plugged, n);
    }
    clear_gift(&gift);
    return error ? CLI_FAILED : CLI_DONE;
}

enum cli_status attach_to_qemu(struct cli *cli, struct vif_host *host,
                               const struct request *request, char **errorp)
{
    struct attaching attaching = {
        .socket = cli_value(cli, CLI_OPT_QMP),
        .bus = cli_value(cli, CLI_OPT_BUS),
    };
    const struct request_plug how = {
        .options = {.no_wait = cli_given(cli, CLI_OPT_NO_WAIT), .supervised = true},
        .data = &attaching,
        .check = check,
        .use = give,
    };
    enum cli_status status = CLI_FAILED;
    unsigned timeout_ms;
    int error = cli_timeout(cli, CLI_TIMEOUT_MS, &timeout_ms, errorp);

    if (!error) {
        error = cli_timeout(cli, HOTPLUG_SECONDS * 1000, &attaching.wait_ms, errorp);
    }
    if (!error) {
        error = qmp_connect(attaching.socket, (int)timeout_ms, &attaching.qmp, errorp);
    }
    if (!error) {
        attaching.pid = qmp_peer(attaching.qmp);
        status = request_plug(cli, host, request, &how, errorp);
    }
    qmp_close(attaching.qmp);
    return status;
}
