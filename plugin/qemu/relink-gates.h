/* What is put between a card and its hub for a while, so that no frame is lost there: net filters
 * of QEMU's, which it has since 2.6.
 *
 *      gate    at a tap: what the tap receives goes to the hub, and nothing comes from there. Two
 *              taps with gates can be at one hub, both hearing the same network, and are no loop.
 *      hold    at the card's port: what the guest sends, or what is sent to it, is kept until the
 *              hold is taken away.
 *
 * All these are for struct relink_step. What QEMU has of them, "info network" shows.
 */
#ifndef QEMU_RELINK_GATES_H
#define QEMU_RELINK_GATES_H

#include "qemu/relink-card.h"

/* Takes note of what there is of a card. */
void relink_see_gates(struct relink_card *card, const char *info);

/* Makes the gates, that of the new tap shut and that of the old one open, and the hold, which holds
 * nothing yet; where one of them is refused, card->gated is false from then on. */
int relink_add_sink(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_add_gate(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_take_gate(struct relink_card *card, const struct cJSON *result, int refused,
                     const char *words, char **errorp);

/* Holds what the guest sends; shuts the gate of the old tap. */
int relink_hold(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_shut_old(struct relink_card *card, struct relink_question *question, char **errorp);

/* Has the network learn that the card is behind the new tap, for as long as it takes until nothing
 * comes to the old one any more, and QEMU has read that. */
int relink_drain(struct relink_card *card, struct relink_question *question, char **errorp);

/* Opens the gate of the new tap; lets go what is held. */
int relink_open_new(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_let_go(struct relink_card *card, struct relink_question *question, char **errorp);

/* Takes away what the gates leave; takes away what an earlier try, or one that failed, has left. */
int relink_remove_sink(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_drop_gates(struct relink_card *card, struct relink_question *question, char **errorp);

/* Holds what is sent to a guest whose link is about to be set up; rouses it, until it has sent
 * something, but for half a second at most. */
int relink_hold_up(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_rouse(struct relink_card *card, struct relink_question *question, char **errorp);

#endif
