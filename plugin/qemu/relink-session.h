/* The inside of relink.h, for the files that make it: what a session is, and what each of them does
 * for the others.
 *
 *      relink.c        what is wished, and when it is whose turn
 *      relink-peer.c   who listens, and the session with it: how that comes about, and how it ends
 *      relink-lists.c  the lists of the cards: what is asked next, and what becomes of the answers
 *      relink-told.c   events that nobody has taken yet
 */
#ifndef QEMU_RELINK_SESSION_H
#define QEMU_RELINK_SESSION_H

#include <stdint.h>

#include "qemu/hotplug.h"
#include "qemu/relink-card.h"
#include "qemu/relink.h"

/* As many steps as there are hurried ones in a row, and another one. */
#define RELINK_MAX_ASKED 8

/* After which a guest that does not comply is told of. */
#define RELINK_STUCK_MS ((int64_t)HOTPLUG_SECONDS * 1000)

/* How long it is waited before QEMU is looked for again, at first; ms. */
#define RELINK_RETRY_FIRST 50

struct qmp_stream;

/* An event that nobody has taken yet. */
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
    } asked[RELINK_MAX_ASKED]; /* and not answered yet */
    size_t n_asked;

    struct told *told;
    size_t n_told;
    char *why; /* of the event that was taken last */
};

/* Whether the process that listens is the one that a record names, or was started by that. */
bool relink_is_peer(const struct relink *relink, pid_t pid);

/* Whether the process lives that a card is of, as far as that is known. */
bool relink_card_lives(const struct relink_card *card);

/* Begins a session; takes note that QEMU has greeted us; ends the session, and what was gone
 * through is begun anew in the next one. */
void relink_connect(struct relink *relink);
void relink_greeted(struct relink *relink);
void relink_end_session(struct relink *relink);

/* Takes note that the session was ended by QEMU, or did not come about; or only says that it is not
 * there. Both take over `why`. */
void relink_lose(struct relink *relink, char *why);
void relink_tell_lost(struct relink *relink, char *why);

/* What is to be done for a card next; NULL: nothing. */
const struct relink_step *relink_next_list(const struct relink_card *card);

/* Whether there is anything for which QEMU is needed. */
bool relink_has_work(const struct relink *relink);

/* Asks the next question, if there is any, and whatever may be asked along with it. */
bool relink_ask(struct relink *relink);

/* Takes an answer, or an event of QEMU's. */
void relink_take_message(struct relink *relink, const struct cJSON *message);

/* What a card has asked is nobody's any more. */
void relink_disown(struct relink *relink, const struct relink_card *card);

/* Adds an event, with `why`, which may be NULL and is taken over; forgets what nobody has taken yet
 * of a card; takes the first, and returns whether there is one. */
struct relink_event *relink_tell(struct relink *relink, int kind, const struct relink_card *card,
                                 char *why);
void relink_untell(struct relink *relink, const struct relink_card *card);
bool relink_take_told(struct relink *relink, struct relink_event *event);

#endif
