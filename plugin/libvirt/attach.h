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
#include "netdev/mac.h"
#include "vif/document.h"

/* How long a guest is waited for that is to let go of an interface. */
#define LIBVIRT_DETACH_SECONDS 10

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

/* As libvirt_detach(), but the <metadata> keep what they say of the interfaces: for those that come
 * again. */
int libvirt_take(struct libvirt_guest *guest, const char *const *names, size_t n, char **errorp);

/* Takes the interfaces with these devices away from the guest, and waits until it has none of them
 * any more. One that it does not have is fine. Returns 0; -ETIME when the guest does not let go; or
 * -EIO. */
int libvirt_detach(struct libvirt_guest *guest, const char *rundir, const char *const *names,
                   size_t n, char **errorp);

#endif
