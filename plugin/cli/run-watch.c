#include "cli/run-watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/args.h"
#include "qemu/card.h"
#include "qemu/monitor.h"

/* Splits --bus at its commas. */
static void split_buses(const char *list, char ***buses, size_t *n)
{
    auto_free char *copy = str_dup_or_null(list);
    char *rest = copy;
    const char *bus;

    while ((bus = strsep(&rest, ","))) {
        *buses = mem_resize(*buses, *n + 1, sizeof **buses);
        (*buses)[(*n)++] = str_dup(bus);
    }
}

/* Whether the watcher may have something to do for the interface. */
static bool is_watched(const struct vif_port *port)
{
    return port->device == VIF_DEVICE_MACVTAP && port->strategy != VIF_STRATEGY_NONE;
}

/* Checks that nothing is asked for that only works where the arguments for the interfaces are ours.
 */
static int check_places(const struct cli *cli, const struct vif_plan *plan, char **errorp)
{
    static const enum cli_option_id ours[] = {CLI_OPT_RUN_QMP, CLI_OPT_RUN_BUS};

    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (cli_given(cli, ours[i])) {
            return error_set(errorp, EINVAL,
                             "--%s goes without {fd:N} and the like, where QEMU's arguments are "
                             "all yours",
                             cli_options[ours[i]].name);
        }
    }
    for (size_t i = 0; i < plan->n_ports; i++) {
        if (qemu_has_hub(&plan->ports[i])) {
            return error_set(errorp, EINVAL,
                             "%s: strategy hub goes without {fd:N} and the like, where QEMU's "
                             "arguments are all yours",
                             plan->ports[i].where);
        }
    }
    return 0;
}

/* Checks that the buses are as many as cards, or fewer, and that what has to can leave them. */
static int check_buses(const struct cli *cli, const struct vif_plan *plan, char **errorp)
{
    char **buses = NULL;
    size_t n = 0;
    int error = 0;

    split_buses(cli_value(cli, CLI_OPT_RUN_BUS), &buses, &n);
    if (n > plan->n_ports) {
        error = error_set(errorp, EINVAL, "--bus names %zu buses, and there are %zu interfaces", n,
                          plan->n_ports);
    }
    for (size_t i = 0; i < n && !error; i++) {
        if (!buses[i][0]) {
            error = error_set(errorp, EINVAL, "--bus has an empty name");
        } else if (str_eq(buses[i], "pcie.0") && is_watched(&plan->ports[i]) &&
                   !qemu_has_hub(&plan->ports[i])) {
            error = error_set(errorp, EINVAL,
                              "%s: nothing can be taken out of bus \"pcie.0\" while QEMU runs, as "
                              "strategy replug does: name that of a pcie-root-port, or take "
                              "strategy hub",
                              plan->ports[i].where);
        }
    }
    for (size_t i = 0; i < n; i++) {
        free(buses[i]);
    }
    free(buses);
    return error;
}

int run_watch_check(const struct cli *cli, const struct vif_plan *plan, char **errorp)
{
    int error = qemu_args_have_places(cli->rest) ? check_places(cli, plan, errorp) : 0;

    return error ? error : check_buses(cli, plan, errorp);
}

void run_watch_init(struct run_watch *watch, const struct cli *cli)
{
    *watch = (struct run_watch){.fd = -1};
    split_buses(cli_value(cli, CLI_OPT_RUN_BUS), &watch->buses, &watch->n_buses);
}

void run_watch_clear(struct run_watch *watch)
{
    run_watch_end(watch);
    for (size_t i = 0; i < watch->n_buses; i++) {
        free(watch->buses[i]);
    }
    free(watch->buses);
    free(watch->path);
}

const char *run_watch_bus(const struct run_watch *watch, size_t index)
{
    return index < watch->n_buses ? watch->buses[index] : NULL;
}

/* The path of the socket that the watcher gets: the one that was asked for, or else one in the
 * run-time folder; NULL and no sentence where there is nothing to watch. Caller frees. */
static char *watch_path(const struct cli *cli, struct vif_records *records,
                        const struct vif_plugged *plugged, size_t n, char **errorp)
{
    const char *asked = cli_value(cli, CLI_OPT_RUN_QMP);

    for (size_t i = 0; i < n && !asked; i++) {
        if (is_watched(&plugged[i].record.port)) {
            return vif_records_socket(records, plugged[i].record.port.name, errorp);
        }
    }
    return asked ? monitor_absolute(asked) : NULL;
}

/* Writes down what QEMU gets of the interfaces, and where it can be asked. */
static int write_down(const struct run_watch *watch, struct vif_records *records,
                      struct vif_plugged *plugged, size_t n, char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        struct vif_record *record = &plugged[i].record;

        record->qemu_id = qemu_device_id(&record->port, i);
        record->qemu_netdev = card_netdev(record->qemu_id, 0);
        record->qemu_bus = str_dup_or_null(run_watch_bus(watch, i));
        record->qmp = str_dup_or_null(watch->path);
        error = vif_records_write(records, record, errorp);
    }
    return error;
}

/* The records come before the socket: one that no record names is swept away. */
int run_watch_begin(struct run_watch *watch, const struct cli *cli, struct vif_host *host,
                    struct vif_plugged *plugged, size_t n, char **errorp)
{
    struct vif_records *records;
    auto_free char *sentence = NULL;
    int error = vif_host_records(host, &records, errorp);

    if (error) {
        return error;
    }
    watch->path = watch_path(cli, records, plugged, n, &sentence);
    if (!watch->path) {
        return sentence ? error_set(errorp, EIO, "%s", sentence) : 0;
    }
    error = write_down(watch, records, plugged, n, errorp);
    return error ? error : monitor_listen(watch->path, &watch->fd, errorp);
}

void run_watch_end(struct run_watch *watch)
{
    if (watch->fd >= 0) {
        close(steal_fd(&watch->fd));
        unlink(watch->path);
    }
}
