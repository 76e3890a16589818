/* What a list of relink-card.h is made of, and the steps that more than one has. */
#ifndef QEMU_RELINK_STEPS_H
#define QEMU_RELINK_STEPS_H

#include "qemu/relink-card.h"

struct relink_step {
    /* Says what to ask next, `card->round` counting from 0; nothing, when `question` is left as it
     * is, and then the next step's turn has come. Returns 0 or a negative errno value. */
    int (*ask)(struct relink_card *card, struct relink_question *question, char **errorp);

    /* Takes the answer. What was refused is a failure where this is NULL. */
    int (*take)(struct relink_card *card, const struct cJSON *result, int refused,
                const char *words, char **errorp);

    /* It is asked once, and the next one at once after it, without waiting for the answer. */
    bool hurried;

    /* Whether the guest is to do something, or to be left in peace, before the step begins; NULL:
     * no. */
    bool (*waits)(const struct relink_card *card);
};

/* The lists: to find out whether a card could be replaced; to give it a new backend; to take that
 * back, as far as it came; to take a dead one away; to set its link; to ask for its address. */
extern const struct relink_step relink_look[];
extern const struct relink_step relink_replug[];
extern const struct relink_step relink_replug_undo[];
extern const struct relink_step relink_hub[];
extern const struct relink_step relink_hub_undo[];
extern const struct relink_step relink_bereave[];
extern const struct relink_step relink_link[];
extern const struct relink_step relink_mac[];

/* For relink_step.take: it does not matter. */
int relink_ignore(struct relink_card *card, const struct cJSON *result, int refused,
                  const char *words, char **errorp);

/* For relink_step.take: what was to be removed may be gone already. */
int relink_gone(struct relink_card *card, const struct cJSON *result, int refused,
                const char *words, char **errorp);

/* Hands over the descriptors of the wish, unless a netdev has them; lets QEMU close them, unless a
 * netdev has them. */
int relink_give(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_close_given(struct relink_card *card, struct relink_question *question, char **errorp);

/* Sets the link as it is wished, or back to what it was; has the guest announce itself, several
 * times, or once whenever it is asked. */
int relink_ask_link(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_take_link(struct relink_card *card, const struct cJSON *result, int refused,
                     const char *words, char **errorp);
int relink_announce(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_announce_once(struct relink_card *card, struct relink_question *question, char **errorp);

/* For relink_step.waits: until card->waits_till. */
bool relink_waits(const struct relink_card *card);

/* A device was added: waits until the guest has taken it, and begins the list anew where it has
 * vanished instead. Whether it is of use to add it (again): 0, or -EBUSY. */
void relink_expect(struct relink_card *card);
int relink_check_expected(const struct relink_card *card, char **errorp);
int relink_ask_taken(struct relink_card *card, struct relink_question *question, char **errorp);
int relink_take_taken(struct relink_card *card, const struct cJSON *result, int refused,
                      const char *words, char **errorp);

#endif
