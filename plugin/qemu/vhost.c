#include "qemu/vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "qemu/args.h"

#define VHOST_NET "/dev/vhost-net"

/* Only virtio cards can have it, without offloads there is nothing to gain, and a hub does without.
 */
static bool is_wanted(const struct vif_port *port)
{
    if (qemu_has_hub(port)) {
        return false;
    }
    return port->vhost == VIF_YES || (port->vhost == VIF_UNSET && port->vnet_hdr &&
                                      strncmp(port->model, "virtio", strlen("virtio")) == 0);
}

int vhost_open(const struct vif_port *port, size_t n, int *fds, size_t *n_opened, char **errorp)
{
    size_t opened = 0;

    *n_opened = 0;
    if (!is_wanted(port)) {
        return 0;
    }
    while (opened < n && (fds[opened] = open(VHOST_NET, O_RDWR | O_CLOEXEC)) >= 0) {
        opened++;
    }
    if (opened == n) {
        *n_opened = n;
        return 0;
    }
    int why = errno;
    while (opened > 0) {
        close(fds[--opened]);
    }
    return port->vhost == VIF_YES
               ? error_set(errorp, why,
                           "%s: <driver name='vhost'> wants %s: %s; try modprobe vhost_net",
                           port->where, VHOST_NET, strerror(why))
               : 0;
}
