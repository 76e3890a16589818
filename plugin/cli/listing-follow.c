/* `vifplug list --watch`. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/host.h"
#include "cli/listing.h"
#include "netdev/link-events.h"
#include "watch/folder.h"

/* Changes come in bursts: what a plug does is shown at once, and not step by step. */
#define PAUSE_MS 100

/* An interface as it was shown. */
struct shown {
    char name[IFNAMSIZ];
    char *json;
};

struct follower {
    const struct cli *cli;
    int signal_fd;
    struct link_events *links;
    struct folder *folder;
    struct shown *shown; /* by name */
    size_t n_shown;
    bool began;
};

static void clear_shown(struct follower *follower)
{
    for (size_t i = 0; i < follower->n_shown; i++) {
        free(follower->shown[i].json);
    }
    free(follower->shown);
    follower->shown = NULL;
    follower->n_shown = 0;
}

/* A line {"event": WHAT, "interface": {...}}. */
static void print_event(const char *what, const char *json)
{
    printf("{\"event\":\"%s\",\"interface\":%s}\n", what, json);
}

/* What was shown of that interface, or NULL. */
static const char *find_shown(const struct follower *follower, const char *name)
{
    for (size_t i = 0; i < follower->n_shown; i++) {
        if (str_eq(follower->shown[i].name, name)) {
            return follower->shown[i].json;
        }
    }
    return NULL;
}

static bool is_listed(const struct listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->n; i++) {
        if (str_eq(listing->records[i].port.name, name)) {
            return true;
        }
    }
    return false;
}

static void print_changes(const struct follower *follower, const struct listing *listing,
                          const struct shown *now)
{
    for (size_t i = 0; i < follower->n_shown; i++) {
        if (!is_listed(listing, follower->shown[i].name)) {
            print_event("gone", follower->shown[i].json);
        }
    }
    for (size_t i = 0; i < listing->n; i++) {
        const char *before = find_shown(follower, now[i].name);

        if (!str_eq(before, now[i].json)) {
            print_event(before ? "changed" : follower->began ? "new" : "there", now[i].json);
        }
    }
}

/* Whether it is the same as before. */
static bool is_same(const struct follower *follower, const struct shown *now, size_t n)
{
    bool same = follower->began && n == follower->n_shown;

    for (size_t i = 0; i < n && same; i++) {
        same = str_eq(now[i].json, follower->shown[i].json);
    }
    return same;
}

static void print_table(const struct follower *follower, const struct listing *listing)
{
    if (isatty(STDOUT_FILENO)) {
        printf("\033[H\033[2J"); /* to the first line, and all of it empty */
    } else if (follower->began) {
        printf("\n");
    }
    listing_print(listing);
}

static enum cli_status show(struct follower *follower, char **errorp)
{
    struct listing listing;
    enum cli_status status = listing_read(follower->cli, &listing, errorp);

    if (status) {
        return status;
    }
    struct shown *now = mem_zalloc((listing.n + 1) * sizeof *now);
    for (size_t i = 0; i < listing.n; i++) {
        cJSON *json = listing_json(&listing, i);

        str_copy(now[i].name, sizeof now[i].name, listing.records[i].port.name);
        now[i].json = cJSON_PrintUnformatted(json);
        cJSON_Delete(json);
    }
    if (!is_same(follower, now, listing.n)) {
        if (cli_given(follower->cli, CLI_OPT_JSON)) {
            print_changes(follower, &listing, now);
        } else {
            print_table(follower, &listing);
        }
        fflush(stdout);
    }
    clear_shown(follower);
    follower->shown = now;
    follower->n_shown = listing.n;
    follower->began = true;
    listing_clear(&listing);
    return CLI_DONE;
}

/* Takes all events that there are; what they say is looked at as a whole. */
static int take_events(struct follower *follower, char **errorp)
{
    struct link_event event;
    char name[IFNAMSIZ];
    int error;

    while (folder_next(follower->folder, name) != FOLDER_QUIET) {
    }
    do {
        error = link_events_next(follower->links, &event, errorp);
    } while (!error);
    return error == -EAGAIN ? 0 : error;
}

/* Waits for an event, and then a little for those that come with it. Returns whether it was a
 * signal. */
static bool wait_for_event(const struct follower *follower)
{
    struct pollfd fds[] = {
        {.fd = follower->signal_fd, .events = POLLIN},
        {.fd = folder_fd(follower->folder), .events = POLLIN},
        {.fd = link_events_fd(follower->links), .events = POLLIN},
    };

    while (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno == EINTR) {
    }
    return fds[0].revents || poll(fds, 1, PAUSE_MS) > 0;
}

static enum cli_status follow(struct follower *follower, char **errorp)
{
    enum cli_status status;

    do {
        status = take_events(follower, errorp) ? CLI_FAILED : show(follower, errorp);
    } while (!status && !wait_for_event(follower));
    return status;
}

enum cli_status listing_follow(const struct cli *cli)
{
    struct follower follower = {.cli = cli};
    enum cli_status status = CLI_FAILED;
    char *sentence = NULL;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    follower.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    int error = follower.signal_fd < 0 ? error_set(&sentence, errno, "signalfd: %m") : 0;
    if (!error) {
        error = link_events_open(&follower.links, &sentence);
    }
    if (!error) {
        error = folder_open(cli_rundir(cli), &follower.folder, &sentence);
    }
    if (!error) {
        status = follow(&follower, &sentence);
    }
    clear_shown(&follower);
    folder_close(follower.folder);
    if (follower.links) {
        link_events_close(follower.links);
    }
    close(follower.signal_fd);
    return status ? cli_fail(status, sentence) : CLI_DONE;
}
