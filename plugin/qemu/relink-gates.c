#include "qemu/relink-gates.h"

#include <cjson/cJSON.h>

#include "base/clock.h"
#include "base/mem.h"
#include "netdev/announce.h"
#include "qemu/card.h"
#include "qemu/hubs.h"
#include "qemu/relink-steps.h"

/* Nothing is held for longer, should nobody be there any more to take the hold away: it would fill
 * QEMU's memory. The slowest of 60 exchanges on a machine with five times the work it could do took
 * 0.8 s. Microseconds. */
#define HOLD_AT_MOST 5000000

/* How often it is looked whether a guest whose link was set up can send by now, and when it is not
 * waited for any longer; ms. */
#define ROUSED_EVERY   10
#define ROUSED_AT_MOST 500

/* How often the network is told where the card is now, and for how long what was under way before
 * is waited for, on wires and in the queues of busy hosts: frames to the guest, which come to the
 * old tap, and those from it, of which the network learns once more that it is behind that; ms.
 * QEMU reads a tap whenever it has executed a command, up to 50 frames of it. */
#define DRAINED_EVERY 10
#define DRAINED_FOR   40

void relink_see_gates(struct relink_card *card, const char *info)
{
    for (unsigned turn = 0; turn < CARD_TURNS; turn++) {
        card->has_gate[turn] = hubs_have(info, card->gates[turn]);
    }
    card->has_hold = hubs_have(info, card->hold);
}

/* A character device that swallows what goes into it. */
int relink_add_sink(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->gated && !card->has_port[card->turn] && card->round < CARD_TURNS) {
        cJSON *arguments = card_text("id", card->gates[card->round]);
        cJSON *backend = cJSON_AddObjectToObject(arguments, "backend");

        cJSON_AddStringToObject(backend, "type", "null");
        cJSON_AddObjectToObject(backend, "data");
        card->has_sinks = true;
        question->command = "chardev-add";
        question->arguments = arguments;
    }
    return 0;
}

static void ask_filter(struct relink_question *question, const char *type, const char *id,
                       const char *netdev, const char *queue, bool on)
{
    question->command = "object-add";
    question->arguments = card_text("qom-type", type);
    cJSON_AddStringToObject(question->arguments, "id", id);
    cJSON_AddStringToObject(question->arguments, "netdev", netdev);
    cJSON_AddStringToObject(question->arguments, "queue", queue);
    cJSON_AddStringToObject(question->arguments, "status", on ? "on" : "off");
}

static void ask_gate(struct relink_card *card, struct relink_question *question, unsigned turn,
                     bool shut)
{
    ask_filter(question, "filter-redirector", card->gates[turn], card->taps[turn], "rx", shut);
    cJSON_AddStringToObject(question->arguments, "outdev", card->gates[turn]);
    card->has_gate[turn] = true;
}

static void ask_hold(struct relink_card *card, struct relink_question *question, bool from_guest,
                     bool on)
{
    ask_filter(question, "filter-buffer", card->hold, card->netdevs[0], from_guest ? "rx" : "tx",
               on);
    cJSON_AddNumberToObject(question->arguments, "interval", HOLD_AT_MOST);
    card->has_hold = true;
}

int relink_add_gate(struct relink_card *card, struct relink_question *question, char **errorp)
{
    unsigned new = card->turn;

    (void)errorp;
    if (!card->gated || card->has_port[new]) {
        return 0;
    }
    if (!card->has_gate[new]) {
        ask_gate(card, question, new, true);
    } else if (!card->has_gate[1 - new]) {
        ask_gate(card, question, 1 - new, false);
    } else if (!card->has_hold) {
        ask_hold(card, question, true, false);
    }
    return 0;
}

int relink_take_gate(struct relink_card *card, const cJSON *result, int refused, const char *words,
                     char **errorp)
{
    (void)result;
    (void)words;
    (void)errorp;
    card->gated &= !refused;
    return 0;
}

static void ask_status(struct relink_question *question, const char *id)
{
    auto_free char *path = str_printf("/objects/%s", id);

    question->command = "qom-set";
    question->arguments = card_text("path", path);
    cJSON_AddStringToObject(question->arguments, "property", "status");
    cJSON_AddStringToObject(question->arguments, "value", "on");
}

int relink_hold(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->gated && !card->has_port[card->turn]) {
        ask_status(question, card->hold);
    }
    return 0;
}

int relink_shut_old(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->gated && !card->has_port[card->turn] && card->round == 0) {
        ask_status(question, card->gates[1 - card->turn]);
    }
    return 0;
}

int relink_drain(struct relink_card *card, struct relink_question *question, char **errorp)
{
    int64_t now = clock_ms();

    (void)errorp;
    if (card->round == 0) {
        card->waits_at_most = now + DRAINED_FOR;
    }
    if (card->gated && now < card->waits_at_most) {
        announce_behind(card->fds[0], NULL); /* else it learns it from QEMU, later */
        card->waits_till = now + DRAINED_EVERY;
        question->command = "query-status";
    }
    return 0;
}

static void ask_delete(struct relink_question *question, const char *id, bool *has)
{
    question->command = "object-del";
    question->arguments = card_text("id", id);
    *has = false;
}

int relink_open_new(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->has_gate[card->turn]) {
        ask_delete(question, card->gates[card->turn], &card->has_gate[card->turn]);
    }
    return 0;
}

int relink_let_go(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->has_hold) {
        ask_delete(question, card->hold, &card->has_hold);
    }
    card->waits_till = 0;
    return 0;
}

int relink_remove_sink(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->has_sinks && card->round < CARD_TURNS) {
        question->command = "chardev-remove";
        question->arguments = card_text("id", card->gates[card->round]);
    } else {
        card->has_sinks = false;
    }
    return 0;
}

/* The hold last: what it lets go is to find an open gate. */
int relink_drop_gates(struct relink_card *card, struct relink_question *question, char **errorp)
{
    if (card->handed && card->gated && !card->failure) {
        return 0;
    }
    for (unsigned turn = 0; turn < CARD_TURNS; turn++) {
        if (card->has_gate[turn]) {
            ask_delete(question, card->gates[turn], &card->has_gate[turn]);
            return 0;
        }
    }
    return relink_let_go(card, question, errorp);
}

int relink_hold_up(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->gated && !card->has_hold && card->link_wished && card->link_up &&
        card->link != LINK_UP) {
        ask_hold(card, question, false, true);
    }
    return 0;
}

/* Whether the guest itself has sent something. Each time that it is roused QEMU sends one frame,
 * and has the guest send one, of which it gives up those that it cannot send yet. */
static bool has_sent(const struct relink_card *card)
{
    uint64_t sent;

    return card->counts && !announce_count(card->fds[0], &sent, NULL) &&
           sent - card->sent_before > card->round;
}

int relink_rouse(struct relink_card *card, struct relink_question *question, char **errorp)
{
    int64_t now = clock_ms();

    if (!card->has_hold) {
        return 0;
    }
    if (card->round == 0) {
        card->counts = announce_count(card->fds[0], &card->sent_before, NULL) == 0;
    } else if (card->round == 1) {
        card->waits_at_most = now + (card->counts ? ROUSED_AT_MOST : 0);
    }
    if (card->round > 0 && (has_sent(card) || now >= card->waits_at_most)) {
        return 0;
    }
    card->waits_till = card->counts ? now + ROUSED_EVERY : now + ROUSED_AT_MOST;
    return relink_announce_once(card, question, errorp);
}
