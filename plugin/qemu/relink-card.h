/* One card of a running QEMU, as relink.h sees it, and the lists of steps that are gone through for
 * it. A list can be begun anew at any time, since it begins with asking what QEMU has of the card,
 * and leaves out what is done already.
 */
#ifndef QEMU_RELINK_CARD_H
#define QEMU_RELINK_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netdev/tap.h"
#include "qemu/card.h"
#include "vif/record.h"

struct cJSON;
struct relink_step;

enum relink_link { LINK_UNKNOWN, LINK_DOWN, LINK_UP };

struct relink_card {
    char name[IFNAMSIZ];  /* of the interface */
    struct vif_port port; /* a copy */
    pid_t pid;            /* of the process that its record names */
    uint64_t pid_start;
    bool elsewhere; /* who listens now is another process, to which nothing is said of this card */
    char *id;       /* of the device */
    char *netdevs[CARD_TURNS]; /* its names for a netdev; for a hub the first is the card's port */
    char *taps[CARD_TURNS];    /* of a hub */
    char *ports[CARD_TURNS];
    char *gates[CARD_TURNS]; /* relink-gates.h */
    char *hold;

    /* What QEMU has of it, as far as is known. */
    bool looked;  /* whether it could be replaced */
    bool there;   /* the device */
    bool leaving; /* the guest was asked to let go of it */
    bool refused; /* and said no */
    char *on;     /* the netdev that the device has, or had last; or NULL */
    char *bus;
    char *bus_path;
    char *addr;     /* or NULL */
    char *obstacle; /* or NULL */
    int hub;        /* its number, or -1 */
    bool has_tap[CARD_TURNS];
    bool has_port[CARD_TURNS];
    bool has_gate[CARD_TURNS];
    bool has_hold;
    bool has_sinks; /* that the gates need */
    enum relink_link link;

    /* What is wished. */
    bool link_wished; /* link_up was said */
    bool link_up;
    bool gone;    /* what is behind it, and is to be taken away */
    bool follows; /* its address */
    bool ask_mac;
    bool has_mac; /* this was told last: */
    struct mac mac;
    bool has_seen; /* this was the answer: */
    struct mac seen;
    bool replace; /* it is to get these: */
    int *fds;
    size_t n_fds;
    int64_t stuck_at;    /* when it is said that it takes long, or looked again; ms, or INT64_MAX */
    bool stuck;          /* it was said */
    bool expects;        /* that the guest takes the new device, for which it is looked */
    int64_t expected_by; /* till when it should; 0: there is none yet */

    /* How far that is. */
    const struct relink_step *list;  /* that is gone through, or NULL */
    const struct relink_step *begun; /* its beginning */
    size_t round;                    /* how often the present step has asked */
    bool renewed;                    /* something else is wished meanwhile: to be begun anew */
    bool opened;                     /* vhost-net, for this wish */
    int vhost_fds[TAP_MAX_QUEUES];
    size_t n_vhost;
    unsigned turn;  /* whose turn it is among the names */
    bool handed;    /* the netdev, or tap, of that turn has what was wished */
    bool was_there; /* the device, when the wish was begun */
    enum relink_link link_before;
    bool gated;            /* it is exchanged by means of gates */
    bool muted;            /* the other tap at the hub was */
    int64_t waits_till;    /* ms; for the next round of the present step, or 0 */
    int64_t waits_at_most; /* and there is none after that */
    bool counts;           /* what was sent by its new tap can be told; before that it was: */
    uint64_t sent_before;
    char *failure; /* why it failed, while that is undone */
};

/* A card for an interface; the caller calls relink_card_free(). */
struct relink_card *relink_card_new(const struct vif_record *record);
void relink_card_free(struct relink_card *card);

/* Forgets the descriptors of the wish, and the wish. */
void relink_card_drop_wish(struct relink_card *card);

/* A command to be sent. */
struct relink_question {
    const char *command;
    struct cJSON *arguments;
    int fd; /* that goes with it, or -1 */
    const struct relink_step *step;
    bool hurried; /* the next one may be asked at once */
};

/* Begins a list. */
void relink_begin(struct relink_card *card, const struct relink_step *list);

enum relink_progress {
    RELINK_ASK,  /* *question is to be asked */
    RELINK_WAIT, /* the guest is to let go of it first */
    RELINK_DONE, /* that was the end of the list */
    RELINK_BAD,  /* a step failed */
};

/* Goes on to the next step that has something to ask. */
enum relink_progress relink_go_on(struct relink_card *card, struct relink_question *question,
                                  char **errorp);

/* Takes the answer to that: what QEMU returned, or `refused`, a negative errno value, and its
 * words. Returns 0, or a negative errno value when the list cannot be gone on with. */
int relink_answer(struct relink_card *card, const struct relink_question *question,
                  const struct cJSON *result, int refused, const char *words, char **errorp);

#endif
