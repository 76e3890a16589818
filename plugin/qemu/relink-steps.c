#include "qemu/relink-steps.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp-wire.h"
#include "qemu/vhost.h"

int relink_ignore(struct relink_card *card, const cJSON *result, int refused, const char *words,
                  char **errorp)
{
    (void)card;
    (void)result;
    (void)refused;
    (void)words;
    (void)errorp;
    return 0;
}

int relink_gone(struct relink_card *card, const cJSON *result, int refused, const char *words,
                char **errorp)
{
    (void)card;
    (void)result;
    return refused && refused != -ENOENT ? error_set(errorp, -refused, "%s", words) : 0;
}

/* Opens vhost-net for the queues, once for each wish. */
static int open_vhost(struct relink_card *card, char **errorp)
{
    if (card->opened) {
        return 0;
    }
    int error = vhost_open(&card->port, card->n_fds, card->vhost_fds, &card->n_vhost, errorp);
    card->opened = !error;
    return error;
}

/* The name of a descriptor, the queues' first; caller frees. */
static char *fd_name(const struct relink_card *card, size_t i)
{
    return i < card->n_fds ? card_fd(card->id, CARD_FD, i)
                           : card_fd(card->id, CARD_VHOST, i - card->n_fds);
}

int relink_give(struct relink_card *card, struct relink_question *question, char **errorp)
{
    int error = card->handed ? 0 : open_vhost(card, errorp);
    size_t i = card->round;

    if (error || card->handed || i >= card->n_fds + card->n_vhost) {
        return error;
    }
    auto_free char *name = fd_name(card, i);
    question->command = "getfd";
    question->arguments = card_text("fdname", name);
    question->fd = i < card->n_fds ? card->fds[i] : card->vhost_fds[i - card->n_fds];
    return 0;
}

int relink_close_given(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->handed && card->round < card->n_fds + card->n_vhost) {
        auto_free char *name = fd_name(card, card->round);

        question->command = "closefd";
        question->arguments = card_text("fdname", name);
    }
    return 0;
}

int relink_ask_link(struct relink_card *card, struct relink_question *question, char **errorp)
{
    enum relink_link wanted = card->link_up ? LINK_UP : LINK_DOWN;

    (void)errorp;
    if (card->round == 0 && card->link_wished && card->link != wanted) {
        question->command = "set_link";
        question->arguments = card_link(card->id, card->link_up);
        /* Known again with the answer, and whatever is said meanwhile is another wish. */
        card->link = wanted;
    }
    return 0;
}

int relink_take_link(struct relink_card *card, const cJSON *result, int refused, const char *words,
                     char **errorp)
{
    (void)result;
    (void)words;
    (void)errorp;
    if (refused) {
        card->link = LINK_UNKNOWN;
        card->link_wished = false;
    }
    return 0;
}

static void ask_announce(const struct relink_card *card, struct relink_question *question,
                         int rounds)
{
    cJSON *arguments = card_text("id", card->id);
    cJSON *interfaces = cJSON_AddArrayToObject(arguments, "interfaces");

    cJSON_AddItemToArray(interfaces, cJSON_CreateString(card->id));
    cJSON_AddNumberToObject(arguments, "initial", 50); /* ms */
    cJSON_AddNumberToObject(arguments, "max", 200);
    cJSON_AddNumberToObject(arguments, "rounds", rounds);
    cJSON_AddNumberToObject(arguments, "step", 50);
    question->command = "announce-self";
    question->arguments = arguments;
}

int relink_announce(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0) {
        ask_announce(card, question, 3);
    }
    return 0;
}

int relink_announce_once(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    ask_announce(card, question, 1);
    return 0;
}

static int ask_mac(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0) {
        card->ask_mac = false;
        card->has_seen = false;
        question->command = "query-rx-filter";
        question->arguments = card_text("name", card->id);
    }
    return 0;
}

static int take_mac(struct relink_card *card, const cJSON *result, int refused, const char *words,
                    char **errorp)
{
    const char *text = qmp_text(cJSON_GetArrayItem(result, 0), "main-mac");

    (void)refused;
    (void)words;
    (void)errorp;
    card->has_seen = text && mac_parse(text, &card->seen, NULL) == 0;
    return 0;
}

const struct relink_step relink_link[] = {{.ask = relink_ask_link, .take = relink_take_link}, {0}};
const struct relink_step relink_mac[] = {{.ask = ask_mac, .take = take_mac}, {0}};

bool relink_waits(const struct relink_card *card)
{
    return clock_ms() < card->waits_till;
}

void relink_begin(struct relink_card *card, const struct relink_step *list)
{
    card->list = list;
    card->round = 0;
    card->waits_till = 0;
}

enum relink_progress relink_go_on(struct relink_card *card, struct relink_question *question,
                                  char **errorp)
{
    *question = (struct relink_question){.fd = -1};
    while (card->list->ask) {
        if (card->list->waits && card->list->waits(card)) {
            return RELINK_WAIT;
        }
        if (card->list->ask(card, question, errorp)) {
            return RELINK_BAD;
        }
        if (question->command) {
            question->step = card->list;
            question->hurried = card->list->hurried;
            card->round++;
            if (question->hurried) {
                card->list++;
                card->round = 0;
            }
            return RELINK_ASK;
        }
        card->list++;
        card->round = 0;
    }
    card->list = NULL;
    return RELINK_DONE;
}

int relink_answer(struct relink_card *card, const struct relink_question *question,
                  const cJSON *result, int refused, const char *words, char **errorp)
{
    if (question->step->take) {
        return question->step->take(card, result, refused, words, errorp);
    }
    return refused ? error_set(errorp, -refused, "%s", words) : 0;
}
