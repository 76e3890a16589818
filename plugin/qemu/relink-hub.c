/* Hub: the card stays, at a port of a hub, and what is at the other port is exchanged.
 *
 * The new tap comes first, and the old one goes last: a packet that the guest sends while there is
 * no other port at the hub stops its card's queue for good, but for announce-self, which is done in
 * any case. Two live taps there, both on the same network, would be a loop: each frame that one of
 * them receives the other one sends.
 *
 * Where the old one is still of use, no frame is to be lost. Those to the guest come to the old tap
 * until the network has learnt where the card is now, and as long as the guest sends something
 * through the old one it learns the contrary. So what the guest sends is held, and both taps get
 * gates (relink-gates.h): both hear, and neither speaks. Then we ourselves, who have the new tap
 * open, too, announce the card through that; what has come to the old one until then QEMU has time
 * to read; and the old one goes, the gate is opened, and what was held is let go.
 *
 * Where QEMU has no such filters, the old tap is made deaf and mute before the new one is at the
 * hub. From then on until the network has learnt where the card is, frames are lost; so that is
 * asked for in one go.
 *
 * Where the old one is lost the guest was told so by its link, and it is told that it is back. What
 * is sent to it in that moment makes it ask who that is, to answer, and it cannot send yet; so this
 * is held for a little while.
 */
#include <cjson/cJSON.h>
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/hubs.h"
#include "qemu/relink-gates.h"
#include "qemu/relink-steps.h"

static int ask_network(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0) {
        question->command = "human-monitor-command";
        question->arguments = card_text("command-line", "info network");
    }
    return 0;
}

static int take_network(struct relink_card *card, const cJSON *result, int refused,
                        const char *words, char **errorp)
{
    const char *info = cJSON_GetStringValue(result);

    if (refused || !info) {
        return error_set(errorp, EIO, "%s", refused ? words : "QEMU does not list its netdevs");
    }
    card->hub = hubs_find(info, card->netdevs[0]);
    for (unsigned turn = 0; turn < CARD_TURNS; turn++) {
        card->has_tap[turn] = hubs_have(info, card->taps[turn]);
        card->has_port[turn] = hubs_have(info, card->ports[turn]);
    }
    relink_see_gates(card, info);
    card->handed &= card->has_tap[card->turn];
    return card->hub >= 0 ? 0
                          : error_set(errorp, EOPNOTSUPP,
                                      "QEMU has no hub for its card, which must be there from the "
                                      "beginning");
}

/* Chooses the names for the new tap and its port, and removes what is left of earlier tries. */
static int drop_left_overs(struct relink_card *card, struct relink_question *question,
                           char **errorp)
{
    unsigned turn;

    (void)errorp;
    if (card->handed) {
        return 0;
    }
    if (card->round == 0) {
        card->turn = card->has_tap[0] && card->has_port[0] ? 1 : 0;
        card->link_before = card->link;
        card->muted = false;
        card->gated = card->has_port[1 - card->turn] && card->has_tap[1 - card->turn] &&
                      card->link != LINK_DOWN;
    }
    turn = card->turn;
    if (card->round == 0 && card->has_port[turn]) {
        question->arguments = card_text("id", card->ports[turn]);
    } else if (card->round <= 1 && card->has_tap[turn]) {
        card->round = 1;
        question->arguments = card_text("id", card->taps[turn]);
        card->has_gate[turn] = false;
    }
    question->command = question->arguments ? "netdev_del" : NULL;
    return 0;
}

static int add_tap(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->handed) {
        question->command = "netdev_add";
        question->arguments = card_tap(card->taps[card->turn], card->id, card->n_fds, 0);
    }
    return 0;
}

static int take_handed(struct relink_card *card, const cJSON *result, int refused,
                       const char *words, char **errorp)
{
    (void)result;
    card->handed = !refused;
    card->has_port[card->turn] = false;
    return refused ? error_set(errorp, -refused, "%s", words) : 0;
}

static int mute_old(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->gated && card->has_tap[1 - card->turn] && !card->has_port[card->turn]) {
        question->command = "set_link";
        question->arguments = card_link(card->taps[1 - card->turn], false);
        card->muted = true;
    }
    return 0;
}

static void ask_port(struct relink_card *card, struct relink_question *question)
{
    question->command = "netdev_add";
    question->arguments = card_hubport(card->ports[card->turn], card->hub, card->taps[card->turn]);
}

static int add_gated_port(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->gated && !card->has_port[card->turn]) {
        ask_port(card, question);
    }
    return 0;
}

static int add_port(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->gated && !card->has_port[card->turn]) {
        ask_port(card, question);
    }
    return 0;
}

static int take_port(struct relink_card *card, const cJSON *result, int refused, const char *words,
                     char **errorp)
{
    (void)result;
    card->has_port[card->turn] = !refused;
    return refused ? error_set(errorp, -refused, "%s", words) : 0;
}

/* The sooner the network knows it, the fewer frames are lost. */
static int announce_early(struct relink_card *card, struct relink_question *question, char **errorp)
{
    return card->gated ? 0 : relink_announce(card, question, errorp);
}

static int delete_old_port(struct relink_card *card, struct relink_question *question,
                           char **errorp)
{
    unsigned old = 1 - card->turn;

    (void)errorp;
    if (card->has_port[old]) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->ports[old]);
        card->has_port[old] = false;
    }
    return 0;
}

/* And its gate with it. */
static int delete_old_tap(struct relink_card *card, struct relink_question *question, char **errorp)
{
    unsigned old = 1 - card->turn;

    (void)errorp;
    if (card->has_tap[old]) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->taps[old]);
        card->has_tap[old] = false;
        card->has_gate[old] = false;
    }
    return 0;
}

/* Between two that are hurried nothing happens at our end; only where an answer is needed is it
 * waited for. */
const struct relink_step relink_hub[] = {
    {.ask = ask_network, .take = take_network},
    {.ask = drop_left_overs, .take = relink_gone},
    {.ask = relink_drop_gates, .take = relink_ignore},
    {.ask = relink_give},
    {.ask = add_tap, .take = take_handed},
    {.ask = relink_add_sink, .take = relink_ignore},
    {.ask = relink_add_gate, .take = relink_take_gate},
    {.ask = relink_hold, .take = relink_ignore, .hurried = true},
    {.ask = relink_shut_old, .take = relink_take_gate},
    {.ask = relink_drop_gates, .take = relink_ignore},
    {.ask = add_gated_port, .take = take_port},
    {.ask = relink_drain, .take = relink_ignore, .waits = relink_waits},
    {.ask = mute_old, .take = relink_ignore, .hurried = true},
    {.ask = add_port, .take = take_port, .hurried = true},
    {.ask = announce_early, .take = relink_ignore},
    {.ask = delete_old_port, .take = relink_ignore, .hurried = true},
    {.ask = delete_old_tap, .take = relink_ignore, .hurried = true},
    {.ask = relink_open_new, .take = relink_ignore, .hurried = true},
    {.ask = relink_let_go, .take = relink_ignore, .hurried = true},
    {.ask = relink_hold_up, .take = relink_ignore, .hurried = true},
    {.ask = relink_ask_link, .take = relink_take_link, .hurried = true},
    {.ask = relink_rouse, .take = relink_ignore, .waits = relink_waits},
    {.ask = relink_let_go, .take = relink_ignore, .hurried = true},
    {.ask = relink_announce, .take = relink_ignore},
    {.ask = relink_remove_sink, .take = relink_ignore},
    {0},
};

static int unmute_old(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->muted) {
        question->command = "set_link";
        question->arguments = card_link(card->taps[1 - card->turn], true);
        card->muted = false;
    }
    return 0;
}

static int delete_new(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->handed && card->round == 0) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->taps[card->turn]);
    }
    return 0;
}

/* A step that fails comes before the new port is there. */
const struct relink_step relink_hub_undo[] = {
    {.ask = relink_drop_gates, .take = relink_ignore},  {.ask = unmute_old, .take = relink_ignore},
    {.ask = relink_close_given, .take = relink_ignore}, {.ask = delete_new, .take = relink_ignore},
    {.ask = relink_remove_sink, .take = relink_ignore}, {0},
};
