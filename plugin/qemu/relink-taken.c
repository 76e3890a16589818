/* Whether the guest has taken a card that was plugged in.
 *
 * A guest that is asked twice to let go of its card may do so twice: with ACPI, as on q35, each
 * request waits in a queue of the guest, and each ends with the ejection of whatever is in the slot
 * then, which may be the card that was plugged in after the first one. So it is when somebody else
 * had asked before, such as a watcher that was killed, or when a card is plugged out before the
 * guest has seen that it was plugged in. But what comes after in that queue is the look at the new
 * card. So when the guest has that, which shows by the addresses that it gave to its registers,
 * nothing is left that could eject it; and where it has vanished before, it is plugged in again. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "qemu/qmp-wire.h"
#include "qemu/relink-steps.h"

/* In milliseconds: from one look to the next, and until it is none of ours, since the guest has no
 * driver, or has yet to boot. */
#define PAUSE   50
#define LONGEST 3000

enum sight { ABSENT, UNTAKEN, TAKEN };

void relink_expect(struct relink_card *card)
{
    int64_t now = clock_ms();

    card->expects = true;
    card->waits_till = now + PAUSE;
    if (!card->expected_by) {
        card->expected_by = now + LONGEST;
    }
}

/* Whether one of the registers of a device has an address. */
static enum sight look_at_device(const cJSON *device)
{
    const cJSON *region;

    cJSON_ArrayForEach(region, cJSON_GetObjectItemCaseSensitive(device, "regions"))
    {
        const cJSON *address = cJSON_GetObjectItemCaseSensitive(region, "address");

        if (cJSON_IsNumber(address) && cJSON_GetNumberValue(address) > 0) {
            return TAKEN;
        }
    }
    return UNTAKEN;
}

static enum sight look_among(const cJSON *devices, const char *id)
{
    const cJSON *device;
    enum sight sight = ABSENT;

    cJSON_ArrayForEach(device, devices)
    {
        const cJSON *bridge = cJSON_GetObjectItemCaseSensitive(device, "pci_bridge");

        sight = str_eq(qmp_text(device, "qdev_id"), id)
                    ? look_at_device(device)
                    : look_among(cJSON_GetObjectItemCaseSensitive(bridge, "devices"), id);
        if (sight != ABSENT) {
            break;
        }
    }
    return sight;
}

static enum sight look(const cJSON *buses, const char *id)
{
    const cJSON *bus;
    enum sight sight = ABSENT;

    cJSON_ArrayForEach(bus, buses)
    {
        sight = look_among(cJSON_GetObjectItemCaseSensitive(bus, "devices"), id);
        if (sight != ABSENT) {
            break;
        }
    }
    return sight;
}

int relink_check_expected(const struct relink_card *card, char **errorp)
{
    return card->expected_by && clock_ms() >= card->expected_by
               ? error_set(errorp, EBUSY, "the guest lets go of it as soon as it has it")
               : 0;
}

int relink_ask_taken(struct relink_card *card, struct relink_question *question, char **errorp)
{
    (void)errorp;
    if (card->expects) {
        question->command = "query-pci";
    }
    return 0;
}

int relink_take_taken(struct relink_card *card, const cJSON *result, int refused, const char *words,
                      char **errorp)
{
    enum sight sight = refused ? TAKEN : look(result, card->id);
    int64_t now = clock_ms();

    (void)words;
    (void)errorp;
    card->expects = sight == UNTAKEN && now < card->expected_by;
    card->waits_till = card->expects ? now + PAUSE : 0;
    if (sight == ABSENT) {
        /* Or it is none of PCI. The list is begun anew, and finds that out. */
        card->list = NULL;
    }
    return 0;
}
