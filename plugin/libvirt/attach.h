/* Hot plug: giving interfaces that are plugged to a guest that runs, and taking them away again.
 *
 * What the guest gets is the form that the hook serves (libvirt/adopted.h), the part in the
 * <metadata> included: so the hook plugs these interfaces, too, when the guest is saved and
 * restored, or migrated. Nothing of it is written into the domain's definition.
 */
#ifndef LIBVIRT_ATTACH_H
#define LIBVIRT_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include "libvirt/guest.h"
#include "libvirt/take.h"
#include "netdev/mac.h"
#include "vif/document.h"

/* An interface that a guest is to have. */
struct libvirt_nic {
    const struct vif_spec *spec; /* as it was wished: of type bridge, network or direct */
    const char *name;            /* its device */
    struct mac mac;
    const char *model; /* the card, which libvirt would choose differently where none is named */
    bool attached;     /* the guest has it now */
};

/* Reads the guest's XML; the caller calls vif_document_clear(). */
int libvirt_read(struct libvirt_guest *guest, struct vif_document *domain, char **errorp);

/* Whether this interface of a domain is the device of that name, which libvirt opens and did not
 * make. */
bool libvirt_is_nic(const struct vif_spec *spec, const char *name);

/* Whether this domain has the device as what libvirt opens, and did not make. */
bool libvirt_has_nic(const struct vif_document *domain, const char *name);

/* Gives the guest all these interfaces, but for those that it has. On failure it has again what it
 * had before; an interface that it then would not let go of is left with `attached` set, and the
 * sentence says so. `rundir` is locked meanwhile. Returns 0; -EINVAL for an
 * interface of another type; -EIO where libvirt refuses; -ETIME as of libvirt_detach(). */
int libvirt_attach(struct libvirt_guest *guest, const char *rundir, struct libvirt_nic *nics,
                   size_t n, char **errorp);

/* Takes the interfaces with these devices away from the guest, and waits until it has none of them
 * any more, as libvirt_take(); and its <metadata> say nothing of them any more. */
int libvirt_detach(struct libvirt_guest *guest, const struct vif_document *domain,
                   const char *rundir, const char *const *names, size_t n,
                   const struct libvirt_left *left, char **errorp);

#endif
