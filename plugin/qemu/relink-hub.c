/* Hub: the card stays, at a port of a hub, and what is at the other port is exchanged.
 *
 * The new tap comes first, and the old one goes last: a packet that the guest sends while there is
 * no other port at the hub stops its card's queue for good, but for announce-self, which is done in
 * any case. The old tap is made deaf and mute before the new one is at the hub: two live taps
 * there, both on the same network, would be a loop. From then on until the network has learnt where
 * the card is now, frames are lost; so that is asked for in one go.
 */
#include <cjson/cJSON.h>
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/hubs.h"
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
    }
    turn = card->turn;
    if (card->round == 0 && card->has_port[turn]) {
        question->arguments = card_text("id", card->ports[turn]);
    } else if (card->round <= 1 && card->has_tap[turn]) {
        card->round = 1;
        question->arguments = card_text("id", card->taps[turn]);
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
    if (card->round == 0 && card->has_tap[1 - card->turn] && !card->has_port[card->turn]) {
        question->command = "set_link";
        question->arguments = card_link(card->taps[1 - card->turn], false);
        card->muted = true;
    }
    return 0;
}

static int add_port(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->has_port[card->turn]) {
        question->command = "netdev_add";
        question->arguments = card_hubport(card->ports[card->turn], card->hub,
                                           card->taps[card->turn]);
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

static int delete_old(struct relink_card *card, struct relink_question *question, char **errorp)
{
    unsigned old = 1 - card->turn;

    (void)errorp;
    if (card->has_port[old]) {
        question->arguments = card_text("id", card->ports[old]);
        card->has_port[old] = false;
    } else if (card->has_tap[old]) {
        question->arguments = card_text("id", card->taps[old]);
        card->has_tap[old] = false;
    }
    question->command = question->arguments ? "netdev_del" : NULL;
    return 0;
}

const struct relink_step relink_hub[] = {
    {.ask = ask_network, .take = take_network},
    {.ask = drop_left_overs, .take = relink_gone},
    {.ask = relink_give},
    {.ask = add_tap, .take = take_handed},
    {.ask = mute_old, .take = relink_ignore, .hurried = true},
    {.ask = add_port, .take = take_port, .hurried = true},
    {.ask = relink_announce, .take = relink_ignore},
    {.ask = delete_old, .take = relink_ignore},
    {.ask = relink_ask_link, .take = relink_take_link},
    {.ask = relink_announce, .take = relink_ignore},
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
    {.ask = relink_close_given, .take = relink_ignore},
    {.ask = unmute_old, .take = relink_ignore},
    {.ask = delete_new, .take = relink_ignore},
    {0},
};
