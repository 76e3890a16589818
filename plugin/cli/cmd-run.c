/* vifplug run: the interfaces live as long as the program that uses them.
 *
 * The taps are not persistent, and we keep their descriptors open beside QEMU's: when QEMU has
 * ended, the ports leave Open vSwitch first and the devices go after them. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/request.h"
#include "cli/run-wait.h"
#include "cli/run-watch.h"
#include "cli/signals.h"
#include "netdev/tap.h"
#include "qemu/args.h"
#include "qemu/launch.h"
#include "qemu/monitor.h"
#include "qemu/qmp.h"
#include "qemu/vhost.h"
#include "vif/plug.h"

#define QMP_TIMEOUT                                                                                \
    30000 /* ms; the first answer comes after QEMU has loaded firmware and kernel                  \
           */

/* Everything that QEMU is handed. */
struct hand_over {
    struct vif_plugged *plugged;
    size_t n;
    struct qemu_nic *nics;
    int *fds; /* all that it inherits */
    size_t n_fds;
    int *vhost_fds; /* of all nics; closed here */
    size_t n_vhost_fds;
    int qmp_fds[2]; /* ours and QEMU's; -1 where no QMP is needed */
    struct run_watch watch;
    struct qemu_argv args;
};

static void inherit(struct hand_over *over, int fd)
{
    over->fds = mem_resize(over->fds, over->n_fds + 1, sizeof *over->fds);
    over->fds[over->n_fds++] = fd;
}

/* Opens vhost-net for the queues of a nic, where it is to have that. */
static int open_vhost(struct hand_over *over, struct qemu_nic *nic, char **errorp)
{
    int *fds = &over->vhost_fds[over->n_vhost_fds];
    int error = vhost_open(nic->port, nic->n_fds, fds, &nic->n_vhost_fds, errorp);

    nic->vhost_fds = fds;
    over->n_vhost_fds += nic->n_vhost_fds;
    for (size_t i = 0; i < nic->n_vhost_fds; i++) {
        inherit(over, fds[i]);
    }
    return error;
}

static bool wants_qmp(const struct hand_over *over)
{
    for (size_t i = 0; i < over->n; i++) {
        if (over->plugged[i].record.port.link_down) {
            return true;
        }
    }
    return false;
}

/* Prepares a control connection of our own, for what the command line cannot say: that a link is
 * down. */
static int add_qmp(struct hand_over *over, char **errorp)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, over->qmp_fds)) {
        return error_set(errorp, errno, "cannot make a socket pair: %m");
    }
    inherit(over, over->qmp_fds[1]);
    qemu_argv_add(&over->args, "-chardev");
    qemu_argv_add(&over->args, "socket,id=vifplug-qmp,fd=%d", over->qmp_fds[1]);
    qemu_argv_add(&over->args, "-mon");
    qemu_argv_add(&over->args, "chardev=vifplug-qmp,mode=control");
    return 0;
}

static int make_arguments(struct hand_over *over, const struct cli *cli, struct vif_host *host,
                          char **errorp)
{
    bool places = qemu_args_have_places(cli->rest);
    size_t n_queues = 0;
    int error = 0;

    for (size_t i = 0; i < over->n; i++) {
        n_queues += over->plugged[i].n_fds;
    }
    over->vhost_fds = mem_resize(NULL, n_queues, sizeof *over->vhost_fds);
    over->nics = mem_zalloc(over->n * sizeof *over->nics);
    for (size_t i = 0; i < over->n; i++) {
        struct qemu_nic *nic = &over->nics[i];

        nic->port = &over->plugged[i].record.port;
        nic->fds = over->plugged[i].fds;
        nic->n_fds = over->plugged[i].n_fds;
        nic->bus = run_watch_bus(&over->watch, i);
        for (size_t q = 0; q < nic->n_fds; q++) {
            inherit(over, nic->fds[q]);
        }
        if (!error && !places && nic->n_fds) {
            error = open_vhost(over, nic, errorp);
        }
    }
    if (!error) {
        error = qemu_args_fill(cli->rest, over->nics, over->n, &over->args, errorp);
    }
    if (!error && !places) {
        qemu_args_for(over->nics, over->n, &over->args);
        error = run_watch_begin(&over->watch, cli, host, over->plugged, over->n, errorp);
        if (!error && over->watch.fd >= 0) {
            inherit(over, over->watch.fd);
            monitor_add_arguments(over->watch.fd, &over->args);
        }
        if (!error && wants_qmp(over)) {
            error = add_qmp(over, errorp);
        }
    }
    return error;
}

static void clear_hand_over(struct hand_over *over)
{
    for (size_t i = 0; i < over->n_vhost_fds; i++) {
        close(over->vhost_fds[i]);
    }
    free(over->vhost_fds);
    free(over->nics);
    free(over->fds);
    for (size_t i = 0; i < ARRAY_LEN(over->qmp_fds); i++) {
        if (over->qmp_fds[i] >= 0) {
            close(over->qmp_fds[i]);
        }
    }
    run_watch_clear(&over->watch);
    qemu_argv_clear(&over->args);
}

/* Tells QEMU which links are down in the guest. */
static int set_links(struct hand_over *over, char **errorp)
{
    struct qmp *qmp;
    int error;

    if (over->qmp_fds[0] < 0) {
        return 0;
    }
    close(over->qmp_fds[1]);
    over->qmp_fds[1] = -1;
    error = qmp_open(steal_fd(&over->qmp_fds[0]), QMP_TIMEOUT, &qmp, errorp);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < over->n && !error; i++) {
        const struct vif_port *port = &over->plugged[i].record.port;

        if (port->link_down) {
            auto_free char *id = qemu_device_id(port, i);
            cJSON *arguments = cJSON_CreateObject();

            cJSON_AddStringToObject(arguments, "name", id);
            cJSON_AddBoolToObject(arguments, "up", false);
            error = qmp_execute(qmp, "set_link", arguments, errorp);
        }
    }
    qmp_close(qmp);
    return error;
}

/* The queues of a macvtap are QEMU's alone from here on: one that nobody reads would get a part of
 * the frames as soon as QEMU has others. */
static void close_macvtaps(const struct hand_over *over)
{
    for (size_t i = 0; i < over->n; i++) {
        struct vif_plugged *plugged = &over->plugged[i];

        while (plugged->record.port.device == VIF_DEVICE_MACVTAP && plugged->n_fds) {
            close(plugged->fds[--plugged->n_fds]);
        }
    }
}

/* Runs the program from beginning to end. Returns a negative errno value when that was not
 * possible, else its exit status. */
static int run_program(struct hand_over *over, struct vif_host *host, const struct signals *signals,
                       char **errorp)
{
    const struct qemu_start start = {
        .argv = over->args.argv,
        .fds = over->fds,
        .n_fds = over->n_fds,
        .mask = &signals->before,
    };
    struct run_wait *wait;
    pid_t pid;
    progress_clear();
    int error = run_wait_new(host, over->plugged, over->n, &signals->held, &wait, errorp);

    if (error) {
        return error;
    }
    error = qemu_start(&start, &pid, errorp);
    if (error) {
        run_wait_free(wait);
        return error;
    }
    close_macvtaps(over);
    error = set_links(over, errorp);
    if (error) {
        /* A guest must not come up with a link that was to be down. */
        kill(pid, SIGTERM);
    }
    int status = run_wait(wait, pid);

    run_wait_free(wait);
    return error ? error : status;
}

static int take_down(struct vif_host *host, const struct vif_plugged *plugged, size_t n,
                     char **errorp)
{
    struct vif_record *records = mem_resize(NULL, n, sizeof *records);

    for (size_t i = 0; i < n; i++) {
        records[i] = plugged[i].record;
    }
    int error = vif_unplug_known(host, records, n, errorp);
    free(records);
    return error;
}

/* Runs the program with what is plugged, and unplugs that. */
static enum cli_status run_and_take_down(struct cli *cli, struct vif_host *host,
                                         struct vif_plugged *plugged, size_t n,
                                         const struct signals *signals, void *data, char **errorp)
{
    (void)data;
    struct hand_over over = {.plugged = plugged, .n = n, .qmp_fds = {-1, -1}};
    auto_free char *sentence = NULL;

    run_watch_init(&over.watch, cli);
    int result = make_arguments(&over, cli, host, errorp);

    if (!result) {
        result = run_program(&over, host, signals, errorp);
    }
    run_watch_end(&over.watch);
    int error = take_down(host, plugged, n, &sentence);
    if (error && result < 0) {
        error_append(errorp, "%s", sentence);
    } else if (error) {
        result = error_set(errorp, -error, "%s", sentence);
    }
    clear_hand_over(&over);
    progress_clear();
    return result < 0 ? CLI_FAILED : (enum cli_status)result;
}

/* Whether the places in the arguments can be filled; with what descriptors does not matter yet. */
static int check_places(char *const *rest, const struct vif_plan *plan, char **errorp)
{
    static const int fds[TAP_MAX_QUEUES];
    struct qemu_nic *nics = mem_zalloc(plan->n_ports * sizeof *nics);
    struct qemu_argv args;

    for (size_t i = 0; i < plan->n_ports; i++) {
        nics[i].port = &plan->ports[i];
        nics[i].fds = fds;
        nics[i].n_fds = plan->ports[i].device == VIF_DEVICE_BY_QEMU ? 0 : plan->ports[i].n_queues;
    }
    int error = qemu_args_fill(rest, nics, plan->n_ports, &args, errorp);
    if (!error) {
        qemu_argv_clear(&args);
    }
    free(nics);
    return error;
}

/* What can be refused before anything is made. */
static int check_program(const struct cli *cli, const struct vif_plan *plan, void *data,
                         char **errorp)
{
    (void)data;
    int error = qemu_find_program(cli->rest[0], errorp);

    for (size_t i = 0; i < plan->n_ports && !error; i++) {
        error = qemu_check_port(&plan->ports[i], errorp);
    }
    if (!error) {
        error = run_watch_check(cli, plan, errorp);
    }
    return error ? error : check_places(cli->rest, plan, errorp);
}

static enum cli_status run(struct cli *cli, struct vif_host *host, const struct request *request,
                           char **errorp)
{
    const struct request_plug how = {
        .options =
            {
                .no_wait = cli_given(cli, CLI_OPT_NO_WAIT),
                .fresh = true,
                .supervised = true,
            },
        .check = check_program,
        .use = run_and_take_down,
    };

    return request_plug(cli, host, request, &how, errorp);
}

enum cli_status cli_cmd_run(struct cli *cli)
{
    if (!cli->rest || !cli->rest[0]) {
        return cli_fail(CLI_USAGE, str_dup("run needs a command line after --, such as: -- "
                                           "qemu-system-x86_64 -m 1024 disk.img"));
    }
    return request_act(cli, run);
}
