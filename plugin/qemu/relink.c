#include "qemu/relink.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "qemu/args.h"
#include "qemu/hotplug.h"
#include "qemu/qmp-stream.h"
#include "qemu/qmp-wire.h"
#include "qemu/relink-steps.h"

/* All in milliseconds. */
#define RETRY_FIRST 50
#define RETRY_LAST  5000
#define GREETING    5000 /* after which somebody else has the socket, or QEMU is stopped */
#define IDLE        1000 /* after which the socket is others' */
#define STUCK       ((int64_t)HOTPLUG_SECONDS * 1000)
#define LOOK_AGAIN                                                                                 \
    30000 /* whether a guest that was stuck has complied, or is to be asked again                  \
           */

/* As many steps as there are hurried ones in a row, and another one. */
#define MAX_ASKED 4

/* So many messages of one QEMU are listened to before it is another one's turn. */
#define HEARD_AT_ONCE 64

/* Events that nobody has taken yet. */
struct told {
    struct relink_event event;
    char *why;
};

struct relink {
    char *path;
    struct qmp_stream *stream; /* or NULL */
    pid_t peer;                /* who listens, or did last; 0: not known */
    bool trusted;              /* whoever that is, it is the right one */
    bool ready;                /* QEMU has greeted us */
    bool greet;                /* nobody was told yet whether QEMU is there */
    bool lost;                 /* the last that was told is that it is not */
    int64_t greeting_at;       /* till when it is to greet us; INT64_MAX: it has, or was late */
    int64_t retry_at;          /* when it is tried again */
    int64_t retry_ms;
    int64_t idle_at; /* when the session is ended; INT64_MAX: there is something to do */
    bool more;       /* QEMU had more to say than was listened to */

    struct relink_card **cards;
    size_t n_cards;
    struct relink_card *busy; /* whose list goes on, before all others' */
    struct asked {
        struct relink_card *card; /* NULL: nobody's any more */
        struct relink_question question;
    } asked[MAX_ASKED]; /* and not answered yet */
    size_t n_asked;

    struct told *told;
    size_t n_told;
    char *why; /* of the event that was taken last */
};

struct relink *relink_open(const char *path)
{
    struct relink *relink = mem_zalloc(sizeof *relink);

    relink->path = str_dup(path);
    relink->greet = true;
    relink->greeting_at = INT64_MAX;
    relink->idle_at = INT64_MAX;
    relink->retry_ms = RETRY_FIRST;
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

/* Whether the process that listens is the one that a record names, or was started by that. */
static bool is_peer(const struct relink *relink, pid_t pid)
{
    return relink->trusted || !pid || !relink->peer || process_is_of(relink->peer, pid);
}

bool relink_is_of(const struct relink *relink, const struct vif_record *record)
{
    return is_peer(relink, record->pid);
}

/* Adds an event; takes over `why`, which may be NULL. */
static struct relink_event *tell(struct relink *relink, int kind, const struct relink_card *card,
                                 char *why)
{
    relink->told = mem_resize(relink->told, relink->n_told + 1, sizeof *relink->told);
    struct told *told = &relink->told[relink->n_told++];

    *told = (struct told){0};
    told->why = why;
    told->event.kind = kind;
    if (card) {
        str_copy(told->event.name, sizeof told->event.name, card->name);
    }
    return &told->event;
}

/* Forgets what nobody has taken yet of a card. */
static void untell(struct relink *relink, const struct relink_card *card)
{
    size_t n = 0;

    for (size_t i = 0; i < relink->n_told; i++) {
        if (str_eq(relink->told[i].event.name, card->name)) {
            free(relink->told[i].why);
        } else {
            relink->told[n++] = relink->told[i];
        }
    }
    relink->n_told = n;
}

static bool take_told(struct relink *relink, struct relink_event *event)
{
    if (!relink->n_told) {
        return false;
    }
    *event = relink->told[0].event;
    relink->why = relink->told[0].why;
    event->why = relink->why;
    relink->n_told--;
    memmove(relink->told, relink->told + 1, relink->n_told * sizeof *relink->told);
    return true;
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

/* Whether the process lives that a card is of, as far as that is known. */
static bool lives(const struct relink_card *card)
{
    const struct vif_record record = {.pid = card->pid, .pid_start = card->pid_start};

    return !card->pid || vif_record_owner_lives(&record);
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
        card->elsewhere = !is_peer(relink, record->pid);
    }
    card->pid = record->pid;
    card->pid_start = record->pid_start;
    if (relink->retry_at == INT64_MAX && lives(card)) {
        relink->retry_at = 0;
        relink->retry_ms = RETRY_FIRST;
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

    untell(relink, card);
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
    card->stuck_at = clock_ms() + STUCK;
    relink_set_link(relink, record, true);
}

/* What a card has asked is nobody's any more. */
static void disown(struct relink *relink, const struct relink_card *card)
{
    for (size_t i = 0; i < relink->n_asked; i++) {
        if (relink->asked[i].card == card) {
            relink->asked[i].card = NULL;
        }
    }
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
        disown(relink, card);
    }
    if (card) {
        untell(relink, card);
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

/* What is to be done for a card next; NULL: nothing. */
static const struct relink_step *next_list(const struct relink_card *card)
{
    bool hub = qemu_has_hub(&card->port);

    if (card->elsewhere) {
        return NULL;
    }
    if (card->failure) {
        return hub ? relink_hub_undo : relink_replug_undo;
    }
    if (card->replace) {
        return hub ? relink_hub : relink_replug;
    }
    if (card->gone) {
        return relink_bereave;
    }
    if (card->link_wished && card->link != (card->link_up ? LINK_UP : LINK_DOWN)) {
        return relink_link;
    }
    if (!card->looked && !hub) {
        return relink_look;
    }
    return card->ask_mac ? relink_mac : NULL;
}

/* Whether there is anything for which QEMU is needed. */
static bool has_work(const struct relink *relink)
{
    for (size_t i = 0; i < relink->n_cards; i++) {
        const struct relink_card *card = relink->cards[i];

        if (card->list || (card->follows && !card->elsewhere) || next_list(card)) {
            return true;
        }
    }
    return relink->greet;
}

/* Ends the session. What was gone through is begun anew in the next one. */
static void end_session(struct relink *relink)
{
    qmp_stream_close(relink->stream);
    relink->stream = NULL;
    relink->busy = NULL;
    relink->n_asked = 0;
    relink->ready = false;
    relink->greeting_at = INT64_MAX;
    relink->idle_at = INT64_MAX;
    for (size_t i = 0; i < relink->n_cards; i++) {
        struct relink_card *card = relink->cards[i];

        card->list = NULL;
        card->elsewhere = false;
        card->renewed = false;
        card->leaving = false;
        card->ask_mac |= card->follows;
    }
}

/* When it is tried again; never, when all processes that QEMU could be have ended. */
static void plan_retry(struct relink *relink)
{
    bool alive = !relink->n_cards;

    for (size_t i = 0; i < relink->n_cards && !alive; i++) {
        alive = lives(relink->cards[i]);
    }
    relink->retry_at = alive ? clock_ms() + relink->retry_ms : INT64_MAX;
    relink->retry_ms = relink->retry_ms * 2 < RETRY_LAST ? relink->retry_ms * 2 : RETRY_LAST;
}

static void tell_lost(struct relink *relink, char *why)
{
    relink->greet = false;
    if (relink->lost) {
        free(why);
    } else {
        relink->lost = true;
        tell(relink, RELINK_LOST, NULL, why);
    }
}

/* Takes note that the session was ended by QEMU, or did not come about. */
static void lose(struct relink *relink, char *why)
{
    end_session(relink);
    for (size_t i = 0; i < relink->n_cards; i++) {
        relink->cards[i]->link = LINK_UNKNOWN; /* others may have said something to QEMU */
    }
    plan_retry(relink);
    tell_lost(relink, why);
}

static void connect_again(struct relink *relink)
{
    char *why = NULL;

    if (qmp_stream_open(relink->path, &relink->stream, &why)) {
        lose(relink, why);
        return;
    }
    relink->greeting_at = clock_ms() + GREETING;
    relink->peer = qmp_stream_peer(relink->stream);
    bool any = !relink->n_cards;
    for (size_t i = 0; i < relink->n_cards; i++) {
        relink->cards[i]->elsewhere = !is_peer(relink, relink->cards[i]->pid);
        any |= !relink->cards[i]->elsewhere;
    }
    if (!any || !has_work(relink)) {
        lose(relink, str_printf("process %ld listens on \"%s\", which is another one's than the "
                                "guest's",
                                (long)relink->peer, relink->path));
    }
}

/* Takes note that QEMU has greeted us. */
static void greeted(struct relink *relink)
{
    relink->ready = true;
    relink->greeting_at = INT64_MAX;
    relink->retry_ms = RETRY_FIRST;
    relink->retry_at = 0;
    for (size_t i = 0; i < relink->n_cards; i++) {
        struct relink_card *card = relink->cards[i];

        card->stuck_at = card->replace ? clock_ms() + STUCK : INT64_MAX;
        card->expected_by = 0;
        if (card->look_at != INT64_MAX) {
            relink_expect(card);
        }
    }
    if (relink->greet || relink->lost) {
        relink->greet = false;
        relink->lost = false;
        tell(relink, RELINK_READY, NULL, NULL);
    }
}

/* A list has come to its end. */
static void finish(struct relink *relink, struct relink_card *card, const struct relink_step *list)
{
    if (card->failure) {
        tell(relink, RELINK_FAILED, card, steal_ptr(card->failure));
        relink_card_drop_wish(card);
        card->link_wished = false; /* what QEMU had before is what it has now */
    } else if (list == relink_replug || list == relink_hub) {
        relink_card_drop_wish(card);
        card->looked = true;
        card->ask_mac = card->follows;
        tell(relink, RELINK_CONNECTED, card, NULL);
    } else if (list == relink_look) {
        card->looked = true;
    } else if (list == relink_mac && card->has_seen &&
               !(card->has_mac && mac_equal(&card->mac, &card->seen))) {
        card->mac = card->seen;
        card->has_mac = true;
        tell(relink, RELINK_MAC, card, NULL)->mac = card->seen;
    }
}

/* A step has failed: what came before it is undone, and then it is told. */
static void fail(struct relink *relink, struct relink_card *card, char *why)
{
    disown(relink, card);
    card->list = NULL;
    card->looked = true;
    card->gone = false;
    if (card->replace && !card->failure) {
        card->failure = why ? why : str_dup("");
    } else {
        free(why);
    }
}

/* Begins the list of a card anew, when something else is wished of it meanwhile. */
static void renew(struct relink_card *card)
{
    if (card->renewed) {
        card->renewed = false;
        card->handed = false;
        card->list = NULL;
        free(card->failure);
        card->failure = NULL;
    }
}

/* Goes on with a card's list. Returns whether something was asked. */
static bool go_on(struct relink *relink, struct relink_card *card)
{
    const struct relink_step *list;
    struct relink_question question;
    char *why = NULL;

    renew(card);
    list = next_list(card);
    if (!card->list && list) {
        relink_begin(card, list);
        card->begun = list;
    }
    if (!card->list) {
        return false;
    }
    relink->busy = card;
    switch (relink_go_on(card, &question, &why)) {
    case RELINK_ASK:
        relink->asked[relink->n_asked++] = (struct asked){.card = card, .question = question};
        if (qmp_stream_ask(relink->stream, question.command, question.arguments, question.fd,
                           &why)) {
            lose(relink, why);
        } else if (question.hurried) {
            go_on(relink, card);
        }
        return true;
    case RELINK_WAIT:
        relink->busy = NULL;
        return false;
    case RELINK_DONE:
        relink->busy = NULL;
        finish(relink, card, card->begun);
        break;
    case RELINK_BAD:
        fail(relink, card, why);
        break;
    }
    return go_on(relink, card);
}

/* Asks the next question, if there is any. */
static bool ask(struct relink *relink)
{
    bool asked = relink->busy && go_on(relink, relink->busy);

    for (size_t i = 0; i < relink->n_cards && !asked && relink->stream; i++) {
        asked = go_on(relink, relink->cards[i]);
    }
    return asked;
}

static void take_answer(struct relink *relink, const cJSON *message)
{
    const cJSON *refusal = cJSON_GetObjectItemCaseSensitive(message, "error");
    const struct asked asked = relink->asked[0];
    auto_free char *words = NULL;
    char *why = NULL;

    if (!relink->n_asked) {
        return;
    }
    relink->n_asked--;
    memmove(relink->asked, relink->asked + 1, relink->n_asked * sizeof *relink->asked);
    if (!asked.card) {
        return;
    }
    int refused = refusal ? qmp_refusal(asked.question.command, refusal, &words) : 0;
    if (relink_answer(asked.card, &asked.question,
                      cJSON_GetObjectItemCaseSensitive(message, "return"), refused,
                      words ? words : "", &why)) {
        fail(relink, asked.card, why);
    }
}

static void take_event(struct relink *relink, const cJSON *message)
{
    const char *event = qmp_text(message, "event");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(message, "data");
    const char *device = qmp_text(data, "device");
    const char *name = qmp_text(data, "name");

    for (size_t i = 0; i < relink->n_cards; i++) {
        struct relink_card *card = relink->cards[i];
        bool is_its = str_eq(card->id, device);

        /* A device that is part of another one, as each virtio card has, comes without an id. */
        if (is_its && str_eq(event, "DEVICE_DELETED")) {
            card->there = false;
            card->leaving = false;
        } else if (is_its && str_eq(event, "DEVICE_UNPLUG_GUEST_ERROR")) {
            card->refused = card->leaving;
        } else if (str_eq(card->id, name) && str_eq(event, "NIC_RX_FILTER_CHANGED")) {
            card->ask_mac = card->follows;
        }
    }
}

static void take_message(struct relink *relink, const cJSON *message)
{
    if (cJSON_GetObjectItemCaseSensitive(message, "event")) {
        take_event(relink, message);
    } else if (cJSON_GetObjectItemCaseSensitive(message, "return") ||
               cJSON_GetObjectItemCaseSensitive(message, "error")) {
        take_answer(relink, message);
    }
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
            lose(relink, why);
            return;
        }
        if (!relink->ready && qmp_stream_is_ready(relink->stream)) {
            greeted(relink);
        }
        if (message) {
            take_message(relink, message);
            cJSON_Delete(message);
            relink->more = ++n_heard == HEARD_AT_ONCE;
        } else if (!qmp_stream_is_idle(relink->stream) || !ask(relink)) {
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
            card->stuck_at = now + STUCK; /* it is others' turn, or soon its own */
            continue;
        }
        if (!card->stuck) {
            card->stuck = true;
            tell(relink, RELINK_STUCK, card,
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
        tell_lost(relink, str_printf("%s: QEMU does not answer: it is stopped, or serves another "
                                     "client, of which it takes one at a time",
                                     relink->path));
    }
    if (now >= relink->idle_at) {
        end_session(relink);
    }
    check_stuck(relink, now);
}

static void run(struct relink *relink)
{
    check_times(relink);
    if (!relink->stream && has_work(relink) && clock_ms() >= relink->retry_at) {
        connect_again(relink);
    }
    talk(relink);
    if (!relink->stream || has_work(relink)) {
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
    return take_told(relink, event);
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

        can |= card->renewed || (!card->list && next_list(card));
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
    if (!relink->stream && has_work(relink) && relink->retry_at < deadline) {
        deadline = relink->retry_at;
    }
    for (size_t i = 0; i < relink->n_cards && relink->stream; i++) {
        const struct relink_card *card = relink->cards[i];

        if (card->stuck_at < deadline) {
            deadline = card->stuck_at;
        }
        if (card->list && !relink->n_asked && card->look_at < deadline) {
            deadline = card->look_at;
        }
    }
    return deadline;
}
