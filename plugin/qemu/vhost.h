/* Descriptors of vhost-net, with which the kernel moves a guest's frames rather than QEMU. */
#ifndef QEMU_VHOST_H
#define QEMU_VHOST_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/port.h"

/* Opens /dev/vhost-net once for each of `n` queues of that port, close-on-exec, where it is to have
 * them. All or none: without it QEMU moves the frames itself, which is an error only where <driver
 * name='vhost'> insists. Stores `n` or 0 in *n_opened. */
int vhost_open(const struct vif_port *port, size_t n, int *fds, size_t *n_opened, char **errorp);

#endif
