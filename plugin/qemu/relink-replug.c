/* Replug: the card is plugged out and in again.
 *
 * The new netdev is made first, under the other of the card's two names, so that a QEMU that cannot
 * have it keeps the card it has. Then the guest is asked to let go of the card; when it has, the
 * device is added again, with the same id, bus, address and properties, on the new netdev, and the
 * old one goes. Should QEMU refuse the device, it gets it with the old netdev. That is done when
 * the guest has taken the new card (relink-taken.c).
 *
 * With several queues the old netdev goes first. For as the guest lets go of its card, QEMU sets
 * the number of queues back to one, and where the macvtap is gone the kernel refuses that, of which
 * QEMU dies: an assertion in virtio_net_set_queue_pairs() (hw/net/virtio-net.c). It does not try
 * that with a netdev that was deleted.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp-wire.h"
#include "qemu/relink-steps.h"

/* Asks for a property of an object. */
static void ask_property(struct relink_question *question, const char *path, const char *property)
{
    question->command = "qom-get";
    question->arguments = card_text("path", path);
    cJSON_AddStringToObject(question->arguments, "property", property);
}

static void ask_device(const struct relink_card *card, struct relink_question *question,
                       const char *property)
{
    auto_free char *path = str_printf("/machine/peripheral/%s", card->id);

    ask_property(question, path, property);
}

static int ask_netdev(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0) {
        ask_device(card, question, "netdev");
    }
    return 0;
}

static int take_netdev(struct relink_card *card, const cJSON *result, int refused,
                       const char *words, char **errorp)
{
    card->there = !refused;
    if (refused) {
        card->leaving = false;
        return relink_gone(card, result, refused, words, errorp);
    }
    str_assign(&card->on, cJSON_GetStringValue(result));
    return 0;
}

static int ask_bus(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0 && card->there) {
        ask_device(card, question, "parent_bus");
    }
    return 0;
}

static int take_bus(struct relink_card *card, const cJSON *result, int refused, const char *words,
                    char **errorp)
{
    const char *path = cJSON_GetStringValue(result);
    const char *slash = path ? strrchr(path, '/') : NULL;

    if (refused || !slash) {
        return relink_gone(card, result, refused, words, errorp);
    }
    str_assign(&card->bus_path, path);
    str_assign(&card->bus, slash + 1);
    return 0;
}

static int ask_addr(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0 && card->there) {
        ask_device(card, question, "addr");
    }
    return 0;
}

static int take_addr(struct relink_card *card, const cJSON *result, int refused, const char *words,
                     char **errorp)
{
    (void)refused;
    (void)words;
    (void)errorp;
    if (cJSON_IsNumber(result)) {
        /* Slot and function are in one number (PCI_SLOT() and PCI_FUNC()). */
        unsigned devfn = (unsigned)cJSON_GetNumberValue(result) & 0xff;

        free(card->addr);
        card->addr = str_printf("%x.%x", devfn >> 3, devfn & 7);
    }
    return 0;
}

static int ask_handler(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0 && card->there && card->bus_path) {
        ask_property(question, card->bus_path, "hotplug-handler");
    }
    return 0;
}

static int take_handler(struct relink_card *card, const cJSON *result, int refused,
                        const char *words, char **errorp)
{
    const char *handler = cJSON_GetStringValue(result);

    (void)refused;
    (void)words;
    (void)errorp;
    free(card->obstacle);
    card->obstacle = NULL;
    card->looked = true;
    if (handler && !handler[0]) {
        card->obstacle = str_printf("its card is on bus \"%s\", where QEMU takes nothing out "
                                    "while the guest runs; it needs one of a pcie-root-port "
                                    "(--bus), or the strategy hub",
                                    card->bus);
    }
    return 0;
}

/* Whether the device has the netdev that was wished: nothing but the rest is to be done. */
static bool is_done(const struct relink_card *card)
{
    return card->handed && card->there && str_eq(card->on, card->netdevs[card->turn]);
}

/* Chooses the name for the new netdev, and removes what is left of earlier tries. */
static int drop_left_overs(struct relink_card *card, struct relink_question *question,
                           char **errorp)
{
    if (card->round == 0 && card->obstacle) {
        return error_set(errorp, EOPNOTSUPP, "%s", card->obstacle);
    }
    if (card->round == 0 && !card->handed) {
        card->was_there = card->there;
        card->link_before = card->link;
        card->turn = card->there && str_eq(card->on, card->netdevs[0]) ? 1 : 0;
    }
    /* Without a device both are left over. */
    if (!card->handed && card->round < (card->there ? 1 : CARD_TURNS)) {
        question->command = "netdev_del";
        question->arguments = card_text(
            "id", card->netdevs[card->round == 0 ? card->turn : 1 - card->turn]);
    }
    return 0;
}

static int add_netdev(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (!card->handed) {
        question->command = "netdev_add";
        question->arguments = card_tap(card->netdevs[card->turn], card->id, card->n_fds,
                                       card->n_vhost);
    }
    return 0;
}

static int take_handed(struct relink_card *card, const cJSON *result, int refused,
                       const char *words, char **errorp)
{
    (void)result;
    card->handed = !refused;
    return refused ? error_set(errorp, -refused, "%s", words) : 0;
}

static int delete_before(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0 && card->port.n_queues > 1 && card->there && card->on && !is_done(card)) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->on);
    }
    return 0;
}

static int delete_device(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->there && !card->leaving && !is_done(card)) {
        question->command = "device_del";
        question->arguments = card_text("id", card->id);
        card->refused = false;
    }
    return 0;
}

static int take_deleted(struct relink_card *card, const cJSON *result, int refused,
                        const char *words, char **errorp)
{
    (void)result;
    if (refused == -ENOENT) {
        card->there = false;
    } else if (refused && !card_is_leaving(words)) {
        return error_set(errorp, -refused, "%s", words);
    }
    card->leaving = card->there;
    return 0;
}

static bool guest_has_it(const struct relink_card *card)
{
    return card->leaving && card->there && !card->refused;
}

static int add_device(struct relink_card *card, struct relink_question *question, char **errorp)
{
    if (card->refused) {
        return error_set(errorp, EBUSY, "the guest refuses to let go of it");
    }
    int error = card->there ? 0 : relink_check_expected(card, errorp);
    if (error || card->there) {
        return error;
    }
    question->command = "device_add";
    question->arguments = card_device(&card->port, card->id, card->bus, card->addr,
                                      card->netdevs[card->turn]);
    return 0;
}

static int take_added(struct relink_card *card, const cJSON *result, int refused, const char *words,
                      char **errorp)
{
    (void)result;
    if (refused && card_is_not_freed(words)) {
        card->there = true;
        card->leaving = true;
        return 0;
    }
    if (refused) {
        return error_set(errorp, -refused, "%s", words);
    }
    card->there = true;
    card->leaving = false;
    card->link = LINK_UP;
    str_assign(&card->on, card->netdevs[card->turn]);
    relink_expect(card);
    return 0;
}

static int delete_old(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->netdevs[1 - card->turn]);
    }
    return 0;
}

const struct relink_step relink_look[] = {
    {.ask = ask_netdev, .take = take_netdev},
    {.ask = ask_bus, .take = take_bus},
    {.ask = ask_addr, .take = take_addr},
    {.ask = ask_handler, .take = take_handler},
    {0},
};

const struct relink_step relink_replug[] = {
    {.ask = ask_netdev, .take = take_netdev},
    {.ask = ask_bus, .take = take_bus},
    {.ask = ask_addr, .take = take_addr},
    {.ask = ask_handler, .take = take_handler},
    {.ask = drop_left_overs, .take = relink_gone},
    {.ask = relink_give},
    {.ask = add_netdev, .take = take_handed},
    {.ask = delete_before, .take = relink_gone},
    {.ask = delete_device, .take = take_deleted},
    {.ask = add_device, .take = take_added, .waits = guest_has_it},
    {.ask = delete_old, .take = relink_ignore},
    {.ask = relink_ask_link, .take = relink_take_link},
    {.ask = relink_ask_taken, .take = relink_take_taken, .waits = relink_waits},
    {.ask = relink_announce, .take = relink_ignore},
    {0},
};

/* The netdev that the device has; the device goes on to say that it has it. */
static int delete_dead(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->gone && card->there && card->on) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->on);
    }
    card->gone &= question->command != NULL;
    return 0;
}

static int take_dead(struct relink_card *card, const cJSON *result, int refused, const char *words,
                     char **errorp)
{
    (void)result;
    (void)refused;
    (void)words;
    (void)errorp;
    card->gone = false;
    return 0;
}

const struct relink_step relink_bereave[] = {
    {.ask = ask_netdev, .take = take_netdev},
    {.ask = delete_dead, .take = take_dead},
    {.ask = relink_ask_link, .take = relink_take_link},
    {0},
};

/* Gives the guest its card again with the netdev it had. */
static int restore_device(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0 && card->was_there && !card->there && card->on) {
        question->command = "device_add";
        question->arguments = card_device(&card->port, card->id, card->bus, card->addr, card->on);
    }
    return 0;
}

static int take_restored(struct relink_card *card, const cJSON *result, int refused,
                         const char *words, char **errorp)
{
    (void)result;
    (void)words;
    (void)errorp;
    card->there = !refused;
    card->leaving = false;
    card->link = LINK_UP;
    if (refused) {
        error_append(&card->failure, "the guest is without its card now");
    }
    return 0;
}

static int delete_new(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    /* Not the one that the device has. */
    if (card->round == 0 && card->handed &&
        !(card->there && str_eq(card->on, card->netdevs[card->turn]))) {
        question->command = "netdev_del";
        question->arguments = card_text("id", card->netdevs[card->turn]);
    }
    return 0;
}

/* A new device begins with its link up. */
static int restore_link(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->round == 0 && card->link_before == LINK_DOWN && card->link == LINK_UP) {
        question->command = "set_link";
        question->arguments = card_link(card->id, false);
        card->link = LINK_DOWN;
    }
    return 0;
}

const struct relink_step relink_replug_undo[] = {
    {.ask = ask_netdev, .take = take_netdev},
    {.ask = relink_close_given, .take = relink_ignore},
    {.ask = restore_device, .take = take_restored},
    {.ask = delete_new, .take = relink_ignore},
    {.ask = restore_link, .take = relink_ignore},
    {0},
};
