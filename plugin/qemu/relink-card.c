#include "qemu/relink-card.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

struct relink_card *relink_card_new(const struct vif_record *record)
{
    struct relink_card *card = mem_zalloc(sizeof *card);

    str_copy(card->name, sizeof card->name, record->port.name);
    vif_port_copy(&card->port, &record->port);
    card->pid = record->pid;
    card->pid_start = record->pid_start;
    card->id = record->qemu_id ? str_dup(record->qemu_id)
                               : card_id(record->port.name, record->port.alias);
    for (unsigned turn = 0; turn < CARD_TURNS; turn++) {
        card->netdevs[turn] = card_netdev(card->id, turn);
        card->taps[turn] = card_hub_tap(card->id, turn);
        card->ports[turn] = card_hub_port(card->id, turn);
        card->gates[turn] = card_gate(card->id, turn);
    }
    card->hold = card_hold(card->id);
    if (record->qemu_netdev) {
        str_assign(&card->netdevs[0], record->qemu_netdev);
    }
    card->bus = str_dup_or_null(record->qemu_bus);
    card->hub = -1;
    card->stuck_at = INT64_MAX;
    return card;
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        close(fds[i]);
    }
}

void relink_card_drop_wish(struct relink_card *card)
{
    close_all(card->fds, card->n_fds);
    close_all(card->vhost_fds, card->n_vhost);
    free(card->fds);
    card->fds = NULL;
    card->n_fds = 0;
    card->n_vhost = 0;
    card->opened = false;
    card->replace = false;
    card->handed = false;
    card->refused = false;
    card->stuck = false;
    card->gone = false;
    card->stuck_at = INT64_MAX;
    card->expects = false;
    card->expected_by = 0;
}

void relink_card_free(struct relink_card *card)
{
    if (!card) {
        return;
    }
    relink_card_drop_wish(card);
    for (unsigned turn = 0; turn < CARD_TURNS; turn++) {
        free(card->netdevs[turn]);
        free(card->taps[turn]);
        free(card->ports[turn]);
        free(card->gates[turn]);
    }
    free(card->hold);
    vif_port_clear(&card->port);
    free(card->id);
    free(card->on);
    free(card->bus);
    free(card->bus_path);
    free(card->addr);
    free(card->obstacle);
    free(card->failure);
    free(card);
}
