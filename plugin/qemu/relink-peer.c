#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "qemu/qmp-stream.h"
#include "qemu/relink-session.h"
#include "qemu/relink-steps.h"
#include "vif/record.h"

/* In milliseconds. */
#define RETRY_LAST 5000
#define GREETING   5000 /* after which somebody else has the socket, or QEMU is stopped */

bool relink_is_peer(const struct relink *relink, pid_t pid)
{
    return relink->trusted || !pid || !relink->peer || process_is_of(relink->peer, pid);
}

bool relink_is_of(const struct relink *relink, const struct vif_record *record)
{
    return relink_is_peer(relink, record->pid);
}

bool relink_card_lives(const struct relink_card *card)
{
    const struct vif_record record = {.pid = card->pid, .pid_start = card->pid_start};

    return !card->pid || vif_record_owner_lives(&record);
}

void relink_end_session(struct relink *relink)
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
        alive = relink_card_lives(relink->cards[i]);
    }
    relink->retry_at = alive ? clock_ms() + relink->retry_ms : INT64_MAX;
    relink->retry_ms = relink->retry_ms * 2 < RETRY_LAST ? relink->retry_ms * 2 : RETRY_LAST;
}

void relink_tell_lost(struct relink *relink, char *why)
{
    relink->greet = false;
    if (relink->lost) {
        free(why);
    } else {
        relink->lost = true;
        relink_tell(relink, RELINK_LOST, NULL, why);
    }
}

void relink_lose(struct relink *relink, char *why)
{
    relink_end_session(relink);
    for (size_t i = 0; i < relink->n_cards; i++) {
        relink->cards[i]->link = LINK_UNKNOWN; /* others may have said something to QEMU */
    }
    plan_retry(relink);
    relink_tell_lost(relink, why);
}

void relink_connect(struct relink *relink)
{
    char *why = NULL;

    if (qmp_stream_open(relink->path, &relink->stream, &why)) {
        relink_lose(relink, why);
        return;
    }
    relink->greeting_at = clock_ms() + GREETING;
    relink->peer = qmp_stream_peer(relink->stream);
    bool any = !relink->n_cards;
    for (size_t i = 0; i < relink->n_cards; i++) {
        relink->cards[i]->elsewhere = !relink_is_peer(relink, relink->cards[i]->pid);
        any |= !relink->cards[i]->elsewhere;
    }
    if (!any || !relink_has_work(relink)) {
        relink_lose(relink,
                    str_printf("process %ld listens on \"%s\", which is another one's than the "
                               "guest's",
                               (long)relink->peer, relink->path));
    }
}

void relink_greeted(struct relink *relink)
{
    relink->ready = true;
    relink->greeting_at = INT64_MAX;
    relink->retry_ms = RELINK_RETRY_FIRST;
    relink->retry_at = 0;
    for (size_t i = 0; i < relink->n_cards; i++) {
        struct relink_card *card = relink->cards[i];

        card->stuck_at = card->replace ? clock_ms() + RELINK_STUCK_MS : INT64_MAX;
        card->expected_by = 0;
        if (card->expects) {
            relink_expect(card);
        }
    }
    if (relink->greet || relink->lost) {
        relink->greet = false;
        relink->lost = false;
        relink_tell(relink, RELINK_READY, NULL, NULL);
    }
}
