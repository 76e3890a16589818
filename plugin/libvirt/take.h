/* Taking interfaces away from a guest that runs. */
#ifndef LIBVIRT_TAKE_H
#define LIBVIRT_TAKE_H

#include <stddef.h>

#include "libvirt/guest.h"
#include "vif/document.h"

/* How long a guest is waited for that is to let go of an interface. */
#define LIBVIRT_DETACH_SECONDS 10

/* Who is told, at most once, that the guest has let go of all the interfaces, so that they may be
 * unplugged, while libvirt may still be busy with them. */
struct libvirt_left {
    void (*call)(void *data);
    void *data;
};

/* Takes the interfaces with these devices away from the guest, and waits until it has none of them
 * any more. One that it does not have is fine. The <metadata> keep what they say of the interfaces.
 * `domain` is its XML, read not long ago. `left` may be NULL; it is not told where libvirt does not
 * say so early enough. Returns 0; -ETIME when the guest does not let go, or libvirt does not
 * finish; -EBUSY when the guest refuses; or -EIO. */
int libvirt_take(struct libvirt_guest *guest, const struct vif_document *domain,
                 const char *const *names, size_t n, const struct libvirt_left *left,
                 char **errorp);

#endif
