#include "watch/watcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nofile.h"
#include "netdev/link-events.h"
#include "ovs/loop.h"
#include "watch/folder.h"
#include "watch/lock.h"
#include "watch/metrics.h"
#include "watch/notify.h"
#include "watch/plugged.h"
#include "watch/rows.h"
#include "watch/world.h"

struct watcher {
    const struct watcher_options *options;
    const char *rundir;
    struct world world;
    struct link_events *link_events;
    struct folder *folder;
    int lock_fd;
    int signal_fd;

    struct plugged plugged;
    size_t turn; /* the endpoint whose turn it is */
    struct rows *rows;
    struct metrics *metrics;

    bool networks_stale; /* they could not be read again */
    char *status;        /* that the service manager was told last */
};

/* What is told of rows. */
static void rows_told(void *data, const struct rows_report *report)
{
    struct watcher *watcher = data;

    switch (report->kind) {
    case ROWS_PUT_BACK:
        world_log(&watcher->world, LOG_NOTICE,
                  "\"%s\": its port in Open vSwitch was gone and is put back, after %lld ms",
                  report->name, (long long)report->gap_ms);
        metrics_put_back(watcher->metrics, report->name, report->gap_ms);
        break;
    case ROWS_REMOVED:
        world_log(&watcher->world, LOG_NOTICE, "\"%s\": it is unplugged, since %s", report->name,
                  report->why);
        break;
    case ROWS_FAILED:
        world_log(&watcher->world, LOG_WARNING, "\"%s\": %s", report->name, report->why);
        break;
    }
}

/* Whether the folder is still there: the lock was in it, and holds nobody off who makes another. */
static int check_folder(const struct watcher *watcher, char **errorp)
{
    auto_free char *ports = str_printf("%s/ports", watcher->rundir);

    return access(ports, F_OK) == 0
               ? 0
               : error_set(errorp, ENOENT, "the run-time folder %s is gone", watcher->rundir);
}

static int hear_folder(struct watcher *watcher, char **errorp)
{
    enum folder_event event;
    char name[IFNAMSIZ];
    int error = 0;

    while (!error && (event = folder_next(watcher->folder, name)) != FOLDER_QUIET) {
        if (event == FOLDER_RECORD) {
            plugged_read(&watcher->plugged, name);
            continue;
        }
        error = check_folder(watcher, errorp);
        if (!error) {
            error = plugged_read_all(&watcher->plugged, errorp);
        }
    }
    return error;
}

static void look_at_all(struct watcher *watcher)
{
    for (size_t i = 0; i < watcher->plugged.n_endpoints; i++) {
        endpoint_look(watcher->plugged.endpoints[i]);
    }
    rows_look(watcher->rows);
}

/* Whether something is another that decides on what can be put on a link. */
static bool matters(const struct link_info *before, const struct link_info *now)
{
    return !str_eq(before->name, now->name) || !mac_equal(&before->mac, &now->mac) ||
           before->up != now->up || before->carrier != now->carrier ||
           before->master != now->master || before->mtu != now->mtu;
}

static void link_is_there(struct watcher *watcher, const struct link_info *link)
{
    struct link_info before;
    bool known = links_put(&watcher->world.links, link, &before);

    if (!known || matters(&before, link)) {
        for (size_t i = 0; i < watcher->plugged.n_endpoints; i++) {
            endpoint_link_came(watcher->plugged.endpoints[i], link);
        }
    }
    rows_link_there(watcher->rows, link->name, link->ifindex);
}

static int hear_links(struct watcher *watcher, char **errorp)
{
    struct link_event event;
    int error;

    while ((error = link_events_next(watcher->link_events, &event, errorp)) == 0) {
        switch (event.kind) {
        case LINK_IS_THERE:
            link_is_there(watcher, &event.link);
            break;
        case LINK_IS_GONE:
            links_remove(&watcher->world.links, event.link.ifindex);
            rows_link_gone(watcher->rows, event.link.ifindex);
            break;
        case LINKS_MISSED:
            error = links_read(&watcher->world.links, watcher->world.rtnl, errorp);
            if (error) {
                return error;
            }
            look_at_all(watcher);
            break;
        }
    }
    return error == -EAGAIN ? 0 : error;
}

/* Returns whether they had anything to tell. */
static bool hear_guests(struct watcher *watcher)
{
    struct guest_event event;
    bool heard = false;

    while (guests_next(watcher->world.guests, &event)) {
        heard = true;
        for (size_t i = 0; i < watcher->plugged.n_endpoints; i++) {
            struct endpoint *endpoint = watcher->plugged.endpoints[i];

            if (event.name[0] ? str_eq(endpoint_name(endpoint), event.name)
                              : endpoint_is_at(endpoint, event.socket)) {
                endpoint_guest_event(endpoint, &event);
            }
        }
    }
    return heard;
}

/* Processes that have ended. */
static void hear_owners(struct watcher *watcher)
{
    struct epoll_event event;

    while (epoll_wait(watcher->world.owners_fd, &event, 1, 0) > 0) {
        endpoint_owner_ended(event.data.ptr);
    }
}

static int read_networks(struct watcher *watcher, char **errorp)
{
    struct vif_networks *networks;
    int error = vif_networks_new(watcher->options->networks, watcher->options->n_networks,
                                 vif_network_folders, ARRAY_LEN(vif_network_folders), &networks,
                                 errorp);

    if (!error) {
        vif_networks_free(watcher->world.networks);
        watcher->world.networks = networks;
    }
    return error;
}

/* What there is to say to the service manager; caller frees. */
static char *status_now(const struct watcher *watcher)
{
    const struct plugged *plugged = &watcher->plugged;
    size_t n_waiting = 0;

    for (size_t i = 0; i < plugged->n; i++) {
        n_waiting += plugged->records[i].waiting;
    }
    auto_free char *bad = plugged->n_bad
                              ? str_printf(", %zu record%s that cannot be read", plugged->n_bad,
                                           plugged->n_bad == 1 ? "" : "s")
                              : str_dup("");
    return str_printf("%zu interface%s, %zu waiting for the device below%s%s", plugged->n,
                      plugged->n == 1 ? "" : "s", n_waiting, bad,
                      watcher->networks_stale ? "; networks as before, since they cannot be read"
                                              : "");
}

static void tell_ready(struct watcher *watcher)
{
    free(watcher->status);
    watcher->status = status_now(watcher);
    notify_ready(watcher->status);
}

static void tell_status(struct watcher *watcher)
{
    char *status = status_now(watcher);

    if (!str_eq(watcher->status, status)) {
        notify_status(status);
    }
    free(watcher->status);
    watcher->status = status;
}

/* Networks that cannot be read leave those in force that were. */
static void reload(struct watcher *watcher)
{
    auto_free char *sentence = NULL;

    notify_reloading();
    watcher->networks_stale = read_networks(watcher, &sentence) != 0;
    if (watcher->networks_stale) {
        world_log(&watcher->world, LOG_ERR, "networks stay as they were: %s", sentence);
    } else {
        world_log(&watcher->world, LOG_INFO, "networks are read again");
    }
    look_at_all(watcher);
    tell_ready(watcher);
}

/* Returns whether this is the end. */
static bool hear_signals(struct watcher *watcher)
{
    struct signalfd_siginfo info;
    bool end = false;

    while (read(watcher->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload(watcher);
        } else if (info.ssi_signo != SIGCHLD) {
            end = true;
        }
    }
    return end;
}

/* Lets endpoints act, each in its turn, until one has done something. Returns whether one has. */
static bool run_endpoint(struct watcher *watcher)
{
    const struct plugged *plugged = &watcher->plugged;

    for (size_t i = 0; i < plugged->n_endpoints; i++) {
        size_t turn = (watcher->turn + i) % plugged->n_endpoints;

        if (endpoint_run(plugged->endpoints[turn])) {
            watcher->turn = turn + 1;
            return true;
        }
    }
    return false;
}

/* Does what can be done now. Returns whether there may be more of it. */
static bool act(struct watcher *watcher)
{
    auto_free char *sentence = NULL;
    bool more = run_endpoint(watcher);

    if (watcher->plugged.changed) {
        watcher->plugged.changed = false;
        rows_set_records(watcher->rows, watcher->plugged.records, watcher->plugged.n);
        metrics_changed(watcher->metrics);
        tell_status(watcher);
    }
    rows_run(watcher->rows);
    if (metrics_run(watcher->metrics, watcher->plugged.records, watcher->plugged.n, &sentence)) {
        world_log(&watcher->world, LOG_WARNING, "%s", sentence);
    }
    return more;
}

static void wait_for_all(struct watcher *watcher)
{
    int64_t deadlines[] = {metrics_deadline(watcher->metrics), world_deadline(&watcher->world),
                           plugged_deadline(&watcher->plugged)};
    int64_t deadline = INT64_MAX;

    for (size_t i = 0; i < ARRAY_LEN(deadlines); i++) {
        deadline = deadlines[i] < deadline ? deadlines[i] : deadline;
    }
    for (size_t i = 0; i < watcher->plugged.n_endpoints; i++) {
        int64_t other = endpoint_deadline(watcher->plugged.endpoints[i]);

        deadline = other < deadline ? other : deadline;
    }
    if (deadline != INT64_MAX) {
        ovs_loop_until(deadline);
    }
    ovs_loop_fd(watcher->signal_fd, POLLIN);
    ovs_loop_fd(link_events_fd(watcher->link_events), POLLIN);
    ovs_loop_fd(folder_fd(watcher->folder), POLLIN);
    ovs_loop_fd(watcher->world.owners_fd, POLLIN);
    guests_wait(watcher->world.guests);
    rows_wait(watcher->rows);
    ovs_loop_block();
}

static int watch(struct watcher *watcher, char **errorp)
{
    while (!hear_signals(watcher)) {
        world_begin_turn(&watcher->world);
        /* Records before links: of what a new record tells the link was there before. */
        int error = hear_folder(watcher, errorp);

        if (!error) {
            error = hear_links(watcher, errorp);
        }
        if (error) {
            return error;
        }
        plugged_read_late(&watcher->plugged);
        hear_owners(watcher);
        hear_guests(watcher);
        bool more = act(watcher);
        /* What was wished of guests is on its way before anybody waits. */
        if (!hear_guests(watcher) && !more) {
            wait_for_all(watcher);
        }
    }
    return 0;
}

static int catch_signals(struct watcher *watcher, sigset_t *before, char **errorp)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        sigaddset(&set, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &set, before);
    watcher->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return watcher->signal_fd < 0 ? error_set(errorp, errno, "signalfd: %m") : 0;
}

/* The run-time folder is made where it is missing, for the lock and for whoever plugs first. */
static int take_lock(struct watcher *watcher, char **errorp)
{
    int error = vif_records_make_folders(watcher->world.records, errorp);

    if (!error) {
        watcher->lock_fd = watch_lock(watcher->rundir, errorp);
        error = watcher->lock_fd < 0 ? watcher->lock_fd : 0;
    }
    return error;
}

/* Listens first and looks then, so that nothing is missed. */
static int begin(struct watcher *watcher, char **errorp)
{
    struct world *world = &watcher->world;
    int error = vif_host_records(world->host, &world->records, errorp);

    if (!error) {
        error = vif_host_rtnl(world->host, &world->rtnl, errorp);
    }
    if (!error) {
        error = read_networks(watcher, errorp);
    }
    if (!error) {
        error = take_lock(watcher, errorp);
    }
    if (!error) {
        world->owners_fd = epoll_create1(EPOLL_CLOEXEC);
        error = world->owners_fd < 0 ? error_set(errorp, errno, "epoll: %m") : 0;
    }
    if (!error) {
        error = link_events_open(&watcher->link_events, errorp);
    }
    if (!error) {
        error = folder_open(watcher->rundir, &watcher->folder, errorp);
    }
    if (!error) {
        error = links_read(&world->links, world->rtnl, errorp);
    }
    return error ? error : plugged_read_all(&watcher->plugged, errorp);
}

static void clear(struct watcher *watcher)
{
    plugged_clear(&watcher->plugged);
    rows_free(watcher->rows);
    guests_free(watcher->world.guests);
    metrics_free(watcher->metrics);
    folder_close(watcher->folder);
    if (watcher->link_events) {
        link_events_close(watcher->link_events);
    }
    vif_networks_free(watcher->world.networks);
    links_clear(&watcher->world.links);
    free(watcher->status);
    vif_host_close(watcher->world.host);
    const int fds[] = {watcher->world.owners_fd, watcher->signal_fd, watcher->lock_fd};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

int watcher_run(const struct watcher_options *options, char **errorp)
{
    struct watcher watcher = {
        .options = options,
        .rundir = options->host->rundir ? options->host->rundir : vif_default_rundir(),
        .world = {.owners_fd = -1, .log = options->log, .log_data = options->log_data},
        .lock_fd = -1,
        .signal_fd = -1,
    };
    sigset_t before;
    int error = catch_signals(&watcher, &before, errorp);

    nofile_raise(); /* each interface takes some: for its guest, its owner, and to be connected */
    watcher.plugged.world = &watcher.world;
    watcher.world.host = vif_host_open(options->host);
    watcher.world.guests = guests_new(watcher.world.host, watcher.rundir);
    watcher.metrics = metrics_new(NULL);
    watcher.rows = rows_new(&watcher.world, &options->host->ovsdb, rows_told, &watcher);
    if (!error) {
        error = begin(&watcher, errorp);
    }
    if (!error) {
        /* Not before the lock is ours: the file is another's till then. */
        metrics_free(watcher.metrics);
        watcher.metrics = metrics_new(options->metrics);
        world_log(&watcher.world, LOG_INFO, "watching %s, with %zu interface%s", watcher.rundir,
                  watcher.plugged.n, watcher.plugged.n == 1 ? "" : "s");
        watcher.plugged.began = true;
        tell_ready(&watcher);
        error = watch(&watcher, errorp);
    }
    notify_stopping(error, errorp ? *errorp : NULL);
    clear(&watcher);
    nofile_restore();
    sigprocmask(SIG_SETMASK, &before, NULL);
    return error;
}
