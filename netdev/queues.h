/* The queues of a tap or macvtap while they are being opened: all or none. For the files of this
 * room only. */
#ifndef NETDEV_QUEUES_H
#define NETDEV_QUEUES_H

struct queues {
    int *fds;
    unsigned n; /* so far */
};

/* Room for up to `max` queues; ends with queues_finish(). */
struct queues queues_new(unsigned max);

/* With `error` 0 copies the descriptors to `fds`, whose they are then; else closes them and leaves
 * `fds` alone. Returns `error`. */
int queues_finish(struct queues *queues, int error, int *fds);

#endif
