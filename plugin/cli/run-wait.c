/* Theory of operation. What QEMU has set of a tap (the size of its vnet header, offloads, queues
 * that it does not use) must be known when the tap is gone, and is not told by anybody. But a
 * change of offloads is an event of the link (NETDEV_FEAT_CHANGE), and that is when a guest's
 * driver takes its card: so the settings are read at each event of the link, and once more when the
 * driver has had time to say how many queues it uses. */
#include "cli/run-wait.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/progress.h"
#include "netdev/link-events.h"
#include "netdev/tap.h"
#include "ovs/loop.h"
#include "qemu/launch.h"
#include "vif/reattach.h"

/* When the settings are read again after an event of the link. */
static const int64_t looks_ms[] = {0, 2000, 20000};

/* Between two attempts to attach a tap again, at first and at most; also how soon one is attached
 * again that is deleted again. */
#define AGAIN_MS     1000
#define AGAIN_MAX_MS 60000

/* A tap of ours. Times are ovs_loop_now()'s, INT64_MAX for none. */
struct tap {
    struct vif_plugged *plugged;
    struct tap_settings settings;
    int64_t event; /* the last of its link */
    size_t looks;  /* how often it was looked at since */
    bool gone;
    int64_t gone_since;
    int64_t again; /* when to attach it; not before */
    int64_t again_ms;
};

struct run_wait {
    struct vif_host *host;
    struct tap *taps;
    size_t n_taps;
    int signal_fd;
    struct link_events *links; /* NULL where there is no tap */
};

/* Of a tap of which nobody has set anything: 10 bytes, no offloads. */
static void look(struct tap *tap)
{
    const struct vif_plugged *plugged = tap->plugged;

    tap_read_settings(plugged->fds, (unsigned)plugged->n_fds, &tap->settings, NULL);
}

static void find_taps(struct run_wait *wait, struct vif_plugged *plugged, size_t n)
{
    wait->taps = mem_zalloc(n * sizeof *wait->taps);
    for (size_t i = 0; i < n; i++) {
        struct tap *tap = &wait->taps[wait->n_taps];

        if (plugged[i].record.port.device == VIF_DEVICE_TAP && plugged[i].n_fds) {
            tap->plugged = &plugged[i];
            tap->event = ovs_loop_now();
            look(tap);
            wait->n_taps++;
        }
    }
}

int run_wait_new(struct vif_host *host, struct vif_plugged *plugged, size_t n, const sigset_t *held,
                 struct run_wait **waitp, char **errorp)
{
    struct run_wait *wait = mem_zalloc(sizeof *wait);
    int error = 0;

    wait->host = host;
    wait->signal_fd = signalfd(-1, held, SFD_CLOEXEC | SFD_NONBLOCK);
    if (wait->signal_fd < 0) {
        error = error_set(errorp, errno, "cannot wait for signals: %m");
    } else {
        find_taps(wait, plugged, n);
        error = wait->n_taps ? link_events_open(&wait->links, errorp) : 0;
    }
    if (error) {
        run_wait_free(wait);
        return error;
    }
    *waitp = wait;
    return 0;
}

void run_wait_free(struct run_wait *wait)
{
    if (wait) {
        if (wait->signal_fd >= 0) {
            close(wait->signal_fd);
        }
        link_events_close(wait->links);
        free(wait->taps);
        free(wait);
    }
}

static void say_gone(struct tap *tap)
{
    tap->gone = true;
    tap->gone_since = ovs_loop_now();
    tap->again = tap->again > tap->gone_since ? tap->again : tap->gone_since;
}

/* Finds out which taps are gone, when the kernel could not tell. */
static void look_for_gone(struct run_wait *wait)
{
    for (size_t i = 0; i < wait->n_taps; i++) {
        struct tap *tap = &wait->taps[i];
        const struct vif_plugged *plugged = tap->plugged;

        if (!tap->gone && tap_read_settings(plugged->fds, (unsigned)plugged->n_fds, &tap->settings,
                                            NULL) == -EBADFD) {
            say_gone(tap);
        }
    }
}

static void hear_of_link(struct run_wait *wait, const struct link_event *event)
{
    for (size_t i = 0; i < wait->n_taps; i++) {
        struct tap *tap = &wait->taps[i];
        const struct vif_record *record = &tap->plugged->record;
        bool ours = event->link.ifindex == record->ifindex && !tap->gone;

        if (ours && event->kind == LINK_IS_GONE) {
            say_gone(tap);
        } else if (ours) {
            tap->event = ovs_loop_now();
            tap->looks = 0;
        } else if (tap->gone && event->kind == LINK_IS_GONE &&
                   str_eq(event->link.name, record->port.name)) {
            tap->again = ovs_loop_now(); /* somebody else had the name */
        }
    }
}

static void hear_links(struct run_wait *wait)
{
    struct link_event event;

    while (wait->links && !link_events_next(wait->links, &event, NULL)) {
        if (event.kind == LINKS_MISSED) {
            look_for_gone(wait);
        } else {
            hear_of_link(wait, &event);
        }
    }
}

/* Says what became of a tap, with what is wrong with it, or NULL. */
static void tell(const struct tap *tap, int64_t ms, const char *wrong)
{
    const char *name = tap->plugged->record.port.name;

    progress_clear();
    fprintf(stderr, "vifplug: somebody deleted tap \"%s\"", name);
    if (tap->gone) {
        fprintf(stderr, ", and it cannot be attached again yet: %s\n", wrong ? wrong : "failed");
    } else if (wrong) {
        fprintf(stderr, "; it is attached again, but not as it was: %s\n", wrong);
    } else {
        fprintf(stderr, "; it is attached again, after %" PRId64 " ms\n", ms);
    }
}

static void attach_again(struct run_wait *wait, struct tap *tap)
{
    struct vif_record *record = &tap->plugged->record;
    auto_free char *sentence = NULL;
    int error = vif_reattach(wait->host, record, tap->plugged->fds, tap->plugged->n_fds,
                             &tap->settings, &sentence);
    int64_t now = ovs_loop_now();
    struct tap_settings is;

    /* What is not attached is tried again, later each time. */
    tap->gone = tap_read_settings(tap->plugged->fds, (unsigned)tap->plugged->n_fds, &is, NULL) != 0;
    if (error != -ECANCELED && (!tap->gone || !tap->again_ms)) {
        tell(tap, now - tap->gone_since, sentence);
    }
    if (tap->gone) {
        tap->again_ms = tap->again_ms ? tap->again_ms * 2 : AGAIN_MS;
        tap->again_ms = tap->again_ms < AGAIN_MAX_MS ? tap->again_ms : AGAIN_MAX_MS;
    } else {
        tap->again_ms = 0;
        tap->event = now;
        tap->looks = 0;
    }
    tap->again = now + (tap->again_ms ? tap->again_ms : AGAIN_MS);
}

/* When a tap is to be looked at or attached. */
static int64_t due(const struct tap *tap)
{
    if (tap->gone) {
        return tap->again;
    }
    return tap->looks < ARRAY_LEN(looks_ms) ? tap->event + looks_ms[tap->looks] : INT64_MAX;
}

static void look_after(struct run_wait *wait)
{
    int64_t now = ovs_loop_now();

    for (size_t i = 0; i < wait->n_taps; i++) {
        struct tap *tap = &wait->taps[i];

        if (due(tap) > now) {
            continue;
        }
        if (tap->gone) {
            attach_again(wait, tap);
        } else {
            look(tap);
            tap->looks++;
        }
    }
}

/* Sleeps until something happens. */
static void block(const struct run_wait *wait)
{
    struct pollfd fds[] = {
        {.fd = wait->signal_fd, .events = POLLIN},
        {.fd = wait->links ? link_events_fd(wait->links) : -1, .events = POLLIN},
    };
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < wait->n_taps; i++) {
        next = due(&wait->taps[i]) < next ? due(&wait->taps[i]) : next;
    }
    int64_t left = next - ovs_loop_now();

    poll(fds, ARRAY_LEN(fds), next == INT64_MAX ? -1 : left < 0 ? 0 : (int)left);
}

int run_wait(struct run_wait *wait, pid_t pid)
{
    int status = 0;

    while (!qemu_has_ended(pid, &status)) {
        struct signalfd_siginfo info;

        hear_links(wait);
        look_after(wait);
        block(wait);
        while (read(wait->signal_fd, &info, sizeof info) == sizeof info) {
            qemu_pass_on(pid, (int)info.ssi_signo, info.ssi_code);
        }
    }
    return status;
}
