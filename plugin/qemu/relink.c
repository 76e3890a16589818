#include "qemu/relink.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "qemu/args.h"
#include "qemu/qmp-stream.h"
#include "qemu/relink-session.h"

/* All in milliseconds. */
#define IDLE 1000 /* after which the socket is others' */
#define LOOK_AGAIN                                                                                 \
    30000 /* whether a guest that was stuck has complied, or is to be asked again                  \
           */

/* So many messages of one QEMU are listened to before it is another one's turn. */
#define HEARD_AT_ONCE 64

struct relink *relink_open(const char *path)
{
    struct relink *relink = mem_zalloc(sizeof *relink);

    relink->path = str_dup(path);
    relink->greet = true;
    relink->greeting_at = INT64_MAX;
    relink->idle_at = INT64_MAX;
    relink->retry_ms = RELINK_RETRY_FIRST;
    return relink;
}

void relink_close(struct relink *relink)
{
    if (!relink) {
        return;
    }
    for (size_t i = 0; i < relink->n_cards; i++) {
        relink_card_free(relink->cards[i]);
    }
    for (size_t i = 0; i < relink->n_told; i++) {
        free(relink->told[i].why);
    }
    qmp_stream_close(relink->stream);
    free(relink->cards);
    free(relink->told);
    free(relink->why);
    free(relink->path);
    free(relink);
}

void relink_trust_path(struct relink *relink)
{
    relink->trusted = true;
}

static struct relink_card *find(const struct relink *relink, const char *name)
{
    for (size_t i = 0; i < relink->n_cards; i++) {
        if (str_eq(relink->cards[i]->name, name)) {
            return relink->cards[i];
        }
    }
    return NULL;
}

/* The card of an interface, which may be new. */
static struct relink_card *card_of(struct relink *relink, const struct vif_record *record)
{
    struct relink_card *card = find(relink, record->port.name);
    bool known = card != NULL;

    if (!known) {
        card = relink_card_new(record);
        relink->cards = mem_resize(relink->cards, relink->n_cards + 1, sizeof *relink->cards);
        relink->cards[relink->n_cards++] = card;
    }
    if (relink->stream && (!known || card->pid != record->pid)) {
        card->elsewhere = !relink_is_peer(relink, record->pid);
    }
    card->pid = record->pid;
    card->pid_start = record->pid_start;
    if (relink->retry_at == INT64_MAX && relink_card_lives(card)) {
        relink->retry_at = 0;
        relink->retry_ms = RELINK_RETRY_FIRST;
    }
    return card;
}

void relink_set_link(struct relink *relink, const struct vif_record *record, bool up)
{
    struct relink_card *card = card_of(relink, record);

    card->link_wished = true;
    card->link_up = up && !record->port.link_down;
}

void relink_backend_gone(struct relink *relink, const struct vif_record *record)
{
    struct relink_card *card = card_of(relink, record);

    relink_set_link(relink, record, false);
    card->gone = record->port.n_queues > 1 && !qemu_has_hub(&record->port);
}

void relink_replace(struct relink *relink, const struct vif_record *record, const int *fds,
                    size_t n_fds)
{
    struct relink_card *card = card_of(relink, record);

    relink_untell(relink, card);
    relink_card_drop_wish(card);
    card->fds = mem_resize(NULL, n_fds, sizeof *card->fds);
    for (size_t i = 0; i < n_fds; i++) {
        int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

        if (fd >= 0) {
            card->fds[card->n_fds++] = fd;
        }
    }
    card->replace = true;
    card->renewed = card->list != NULL;
    card->stuck_at = clock_ms() + RELINK_STUCK_MS;
    relink_set_link(relink, record, true);
}

void relink_forget(struct relink *relink, const char *name)
{
    struct relink_card *card = find(relink, name);

    for (size_t i = 0; card && i < relink->n_cards; i++) {
        if (relink->cards[i] == card) {
            relink->cards[i] = relink->cards[--relink->n_cards];
            break;
        }
    }
    if (card && relink->busy == card) {
        relink->busy = NULL;
    }
    if (card) {
        relink_disown(relink, card);
    }
    if (card) {
        relink_untell(relink, card);
        relink_card_free(card);
    }
}

void relink_follow_mac(struct relink *relink, const struct vif_record *record)
{
    struct relink_card *card = card_of(relink, record);

    card->ask_mac |= !card->follows;
    card->follows = true;
}

const char *relink_obstacle(const struct relink *relink, const char *name)
{
    const struct relink_card *card = find(relink, name);

    return card ? card->obstacle : NULL;
}

/* Goes on with the session as far as possible without waiting, but for no longer than others should
 * wait for their turn. */
static void talk(struct relink *relink)
{
    unsigned n_heard = 0;

    relink->more = false;
    while (relink->stream && !relink->more) {
        cJSON *message = NULL;
        char *why = NULL;

        if (qmp_stream_next(relink->stream, &message, &why)) {
            relink_lose(relink, why);
            return;
        }
        if (!relink->ready && qmp_stream_is_ready(relink->stream)) {
            relink_greeted(relink);
        }
        if (message) {
            relink_take_message(relink, message);
            cJSON_Delete(message);
            relink->more = ++n_heard == HEARD_AT_ONCE;
        } else if (!qmp_stream_is_idle(relink->stream) || !relink_ask(relink)) {
            return;
        }
    }
}

/* Says of cards that take long that they do. */
static void check_stuck(struct relink *relink, int64_t now)
{
    for (size_t i = 0; i < relink->n_cards; i++) {
        struct relink_card *card = relink->cards[i];

        if (now < card->stuck_at || !relink->stream) {
            continue;
        }
        if (relink->ready && !card->leaving && !relink->n_asked) {
            card->stuck_at = now + RELINK_STUCK_MS; /* it is others' turn, or soon its own */
            continue;
        }
        if (!card->stuck) {
            card->stuck = true;
            relink_tell(
                relink, RELINK_STUCK, card,
                str_dup(card->leaving
                            ? "the guest does not let go of its card; it has been asked, and may "
                              "do so once it runs and has booted"
                            : "QEMU does not answer; it may be stopped"));
        } else if (card->leaving && !relink->n_asked) {
            card->leaving = false;
            card->list = NULL;
        }
        card->stuck_at = now + LOOK_AGAIN;
    }
}

static void check_times(struct relink *relink)
{
    int64_t now = clock_ms();

    if (now >= relink->greeting_at) {
        relink->greeting_at = INT64_MAX;
        relink_tell_lost(relink,
                         str_printf("%s: QEMU does not answer: it is stopped, or serves another "
                                    "client, of which it takes one at a time",
                                    relink->path));
    }
    if (now >= relink->idle_at) {
        relink_end_session(relink);
    }
    check_stuck(relink, now);
}

static void run(struct relink *relink)
{
    check_times(relink);
    if (!relink->stream && relink_has_work(relink) && clock_ms() >= relink->retry_at) {
        relink_connect(relink);
    }
    talk(relink);
    if (!relink->stream || relink_has_work(relink)) {
        relink->idle_at = INT64_MAX;
    } else if (relink->idle_at == INT64_MAX) {
        relink->idle_at = clock_ms() + IDLE;
    }
}

bool relink_next(struct relink *relink, struct relink_event *event)
{
    free(relink->why);
    relink->why = NULL;
    if (!relink->n_told) {
        run(relink);
    }
    return relink_take_told(relink, event);
}

int relink_fd(const struct relink *relink)
{
    return relink->stream ? qmp_stream_fd(relink->stream) : -1;
}

short relink_poll_events(const struct relink *relink)
{
    if (!relink->stream) {
        return 0;
    }
    return qmp_stream_poll_events(relink->stream);
}

/* Whether a question could be asked right now. */
static bool can_ask(const struct relink *relink)
{
    bool can = false;

    for (size_t i = 0; relink->stream && i < relink->n_cards; i++) {
        const struct relink_card *card = relink->cards[i];

        can |= card->renewed || (!card->list && relink_next_list(card));
    }
    return can && qmp_stream_is_idle(relink->stream);
}

int64_t relink_deadline(const struct relink *relink)
{
    int64_t deadline = relink->greeting_at < relink->idle_at ? relink->greeting_at
                                                             : relink->idle_at;

    if (relink->n_told || relink->more || can_ask(relink)) {
        return 0;
    }
    if (!relink->stream && relink_has_work(relink) && relink->retry_at < deadline) {
        deadline = relink->retry_at;
    }
    for (size_t i = 0; i < relink->n_cards && relink->stream; i++) {
        const struct relink_card *card = relink->cards[i];

        if (card->stuck_at < deadline) {
            deadline = card->stuck_at;
        }
        if (card->list && card->waits_till && card->waits_till < deadline && !relink->n_asked) {
            deadline = card->waits_till;
        }
    }
    return deadline;
}
