/* QEMU's command line for interfaces that are plugged. */
#ifndef QEMU_ARGS_H
#define QEMU_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/port.h"

/* A growing argument vector, always ended by NULL. */
struct qemu_argv {
    char **argv;
    size_t argc;
};

void qemu_argv_add(struct qemu_argv *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void qemu_argv_clear(struct qemu_argv *args);

/* One interface to hand over. Descriptor numbers are those the new process will have. */
struct qemu_nic {
    const struct vif_port *port;
    const int *fds; /* a queue each; none for VIF_DEVICE_BY_QEMU */
    size_t n_fds;
    const int *vhost_fds; /* one for each of fds, or none */
    size_t n_vhost_fds;
    const char *bus; /* that its card is put on; NULL: QEMU chooses */
};

/* Checks that QEMU can be told of the port: its model is a plain word. Returns 0 or -EINVAL. */
int qemu_check_port(const struct vif_port *port, char **errorp);

/* Whether there is a hub in QEMU between its card and the port's descriptors. */
bool qemu_has_hub(const struct vif_port *port);

/* The id of the -device of the nic at `index`: its alias, or "net" and the index. Caller frees. */
char *qemu_device_id(const struct vif_port *port, size_t index);

/* The name of QEMU's device for the port's model, which is libvirt's name; borrowed. */
const char *qemu_driver(const struct vif_port *port);

/* What a virtio card of that port is told besides: `mq` and how many `vectors`, where it has
 * several queues (else 0), and `host_mtu`, in bytes, where that is set (else 0). Others are told
 * nothing. */
struct qemu_virtio {
    unsigned vectors;
    unsigned host_mtu;
};
struct qemu_virtio qemu_virtio_of(const struct vif_port *port);

/* Appends -netdev and -device of each nic. */
void qemu_args_for(const struct qemu_nic *nics, size_t n, struct qemu_argv *args);

/* Whether one of the arguments has a place for us: {fd:N}, {fds:N}, {mac:N} or {ifname:N}. */
int qemu_args_have_places(char *const *argv);

/* Copies `argv` with all such places filled in: N counts interfaces from 0; {fd:N} is the
 * descriptor of one that has a single queue, {fds:N} those of all queues with ':' between them.
 * Returns 0, or -EINVAL for a place that cannot be filled; on success the caller clears *args. */
int qemu_args_fill(char *const *argv, const struct qemu_nic *nics, size_t n, struct qemu_argv *args,
                   char **errorp);

#endif
