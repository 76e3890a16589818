#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "qemu/relink-session.h"

struct relink_event *relink_tell(struct relink *relink, int kind, const struct relink_card *card,
                                 char *why)
{
    relink->told = mem_resize(relink->told, relink->n_told + 1, sizeof *relink->told);
    struct told *told = &relink->told[relink->n_told++];

    *told = (struct told){0};
    told->why = why;
    told->event.kind = kind;
    if (card) {
        str_copy(told->event.name, sizeof told->event.name, card->name);
    }
    return &told->event;
}

void relink_untell(struct relink *relink, const struct relink_card *card)
{
    size_t n = 0;

    for (size_t i = 0; i < relink->n_told; i++) {
        if (str_eq(relink->told[i].event.name, card->name)) {
            free(relink->told[i].why);
        } else {
            relink->told[n++] = relink->told[i];
        }
    }
    relink->n_told = n;
}

bool relink_take_told(struct relink *relink, struct relink_event *event)
{
    if (!relink->n_told) {
        return false;
    }
    *event = relink->told[0].event;
    relink->why = relink->told[0].why;
    event->why = relink->why;
    relink->n_told--;
    memmove(relink->told, relink->told + 1, relink->n_told * sizeof *relink->told);
    return true;
}
