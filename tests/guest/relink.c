/* relink NAME: drives plugin/qemu/relink.h for the interface NAME, as the watcher would, by what it
 * is told on standard input, and says what comes of it:
 *
 *      down, up        sets the link
 *      gone            the macvtap is
 *      replace LOWER   makes the macvtap again on LOWER, and gives it to the guest
 *      move LINK       gives the guest another macvtap, which is there already
 *      follow          the address of the card
 *      obstacle        says what there is
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"
#include "netdev/tap.h"
#include "qemu/relink.h"
#include "vif/reconnect.h"

struct driver {
    struct vif_host *host;
    struct vif_record record;
    struct relink *relink;
    int64_t since; /* ms */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int open_link(struct driver *driver, const char *name, int **fds, size_t *n, char **errorp)
{
    unsigned n_queues = driver->record.port.n_queues;
    struct link_info link;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(driver->host, &rtnl, errorp);

    if (!error) {
        error = link_get(rtnl, name, &link, errorp);
    }
    if (!error) {
        *fds = mem_resize(NULL, n_queues, sizeof **fds);
        *n = n_queues;
        error = macvtap_open(rtnl, link.ifindex, n_queues, driver->record.port.vnet_hdr, *fds,
                             errorp);
    }
    return error;
}

static int replace(struct driver *driver, const char *word, const char *name, char **errorp)
{
    int *fds = NULL;
    size_t n = 0;
    int error = str_eq(word, "move")
                    ? open_link(driver, name, &fds, &n, errorp)
                    : vif_reconnect(driver->host, &driver->record, name, &fds, &n, errorp);

    if (!error) {
        driver->since = now_ms();
        relink_replace(driver->relink, &driver->record, fds, n);
    }
    for (size_t i = 0; i < n && !error; i++) {
        close(fds[i]);
    }
    free(fds);
    return error;
}

static int obey(struct driver *driver, char *line, char **errorp)
{
    const char *word = strtok(line, " \n");
    const char *name = strtok(NULL, " \n");
    const char *obstacle;

    if (str_eq(word, "down") || str_eq(word, "up")) {
        relink_set_link(driver->relink, &driver->record, str_eq(word, "up"));
    } else if (str_eq(word, "gone")) {
        relink_backend_gone(driver->relink, &driver->record);
    } else if (str_eq(word, "follow")) {
        relink_follow_mac(driver->relink, &driver->record);
    } else if (str_eq(word, "obstacle")) {
        obstacle = relink_obstacle(driver->relink, driver->record.port.name);
        printf("obstacle: %s\n", obstacle ? obstacle : "none");
    } else if (word && name) {
        return replace(driver, word, name, errorp);
    }
    return 0;
}

static void say(const struct driver *driver, const struct relink_event *event)
{
    static const char *const words[] = {
        [RELINK_READY] = "ready",   [RELINK_LOST] = "lost",   [RELINK_CONNECTED] = "connected",
        [RELINK_FAILED] = "failed", [RELINK_STUCK] = "stuck", [RELINK_MAC] = "mac",
    };
    char mac[MAC_TEXT_SIZE];

    printf("%s", words[event->kind]);
    if (event->kind == RELINK_MAC) {
        printf(" %s", mac_format(&event->mac, mac));
    } else if (event->why) {
        printf(": %s", event->why);
    } else if (event->kind == RELINK_CONNECTED) {
        printf(" after %" PRId64 " ms", now_ms() - driver->since);
    }
    printf("\n");
}

static int run(struct driver *driver, char **errorp)
{
    char line[256];

    for (;;) {
        struct relink_event event;

        while (relink_next(driver->relink, &event)) {
            say(driver, &event);
        }
        fflush(stdout);
        int64_t deadline = relink_deadline(driver->relink);
        int64_t left = deadline == INT64_MAX ? -1 : deadline - now_ms();
        struct pollfd fds[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = relink_fd(driver->relink), .events = relink_poll_events(driver->relink)},
        };
        poll(fds, 2, deadline != INT64_MAX && left < 0 ? 0 : (int)left);
        if (fds[0].revents) {
            int error = fgets(line, sizeof line, stdin) ? obey(driver, line, errorp) : -ENODATA;

            if (error) {
                return error == -ENODATA ? 0 : error;
            }
        }
    }
}

int main(int argc, char **argv)
{
    const struct vif_host_options options = {0};
    struct driver driver = {.host = vif_host_open(&options)};
    struct vif_records *records;
    char *sentence = NULL;
    int error = argc == 2 ? vif_host_records(driver.host, &records, &sentence) : -EINVAL;

    /* What poll(2) says of standard input is what there is of it. */
    setvbuf(stdin, NULL, _IONBF, 0);
    if (!error) {
        error = vif_records_read(records, argv[1], &driver.record, &sentence);
    }
    if (!error) {
        driver.relink = relink_open(driver.record.qmp ? driver.record.qmp : "");
        error = run(&driver, &sentence);
        relink_close(driver.relink);
        vif_record_clear(&driver.record);
    }
    if (error) {
        fprintf(stderr, "relink: %s\n", sentence ? sentence : strerror(-error));
        free(sentence);
    }
    vif_host_close(driver.host);
    return error ? 1 : 0;
}
