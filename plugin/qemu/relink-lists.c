#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "qemu/args.h"
#include "qemu/qmp-stream.h"
#include "qemu/qmp-wire.h"
#include "qemu/relink-session.h"
#include "qemu/relink-steps.h"

void relink_disown(struct relink *relink, const struct relink_card *card)
{
    for (size_t i = 0; i < relink->n_asked; i++) {
        if (relink->asked[i].card == card) {
            relink->asked[i].card = NULL;
        }
    }
}

const struct relink_step *relink_next_list(const struct relink_card *card)
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

bool relink_has_work(const struct relink *relink)
{
    for (size_t i = 0; i < relink->n_cards; i++) {
        const struct relink_card *card = relink->cards[i];

        if (card->list || (card->follows && !card->elsewhere) || relink_next_list(card)) {
            return true;
        }
    }
    return relink->greet;
}

/* A list has come to its end. */
static void finish(struct relink *relink, struct relink_card *card, const struct relink_step *list)
{
    if (card->failure) {
        relink_tell(relink, RELINK_FAILED, card, steal_ptr(card->failure));
        relink_card_drop_wish(card);
        card->link_wished = false; /* what QEMU had before is what it has now */
    } else if (list == relink_replug || list == relink_hub) {
        relink_card_drop_wish(card);
        card->looked = true;
        card->ask_mac = card->follows;
        relink_tell(relink, RELINK_CONNECTED, card, NULL);
    } else if (list == relink_look) {
        card->looked = true;
    } else if (list == relink_mac && card->has_seen &&
               !(card->has_mac && mac_equal(&card->mac, &card->seen))) {
        card->mac = card->seen;
        card->has_mac = true;
        relink_tell(relink, RELINK_MAC, card, NULL)->mac = card->seen;
    }
}

/* A step has failed: what came before it is undone, and then it is told. */
static void fail(struct relink *relink, struct relink_card *card, char *why)
{
    relink_disown(relink, card);
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
    list = relink_next_list(card);
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
            relink_lose(relink, why);
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

bool relink_ask(struct relink *relink)
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

void relink_take_message(struct relink *relink, const cJSON *message)
{
    if (cJSON_GetObjectItemCaseSensitive(message, "event")) {
        take_event(relink, message);
    } else if (cJSON_GetObjectItemCaseSensitive(message, "return") ||
               cJSON_GetObjectItemCaseSensitive(message, "error")) {
        take_answer(relink, message);
    }
}
