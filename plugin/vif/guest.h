/* A guest, by what its interfaces are known: its name, its UUID, their MAC addresses. */
#ifndef VIF_GUEST_H
#define VIF_GUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "netdev/mac.h"
#include "vif/record.h"

struct vif_guest {
    char *name;       /* or NULL */
    char *uuid;       /* in lower case, or NULL */
    bool either;      /* the name may be a UUID */
    struct mac *macs; /* of all its interfaces, where its XML was read */
    size_t n_macs;
};

/* Whether the text names a file, not a guest: "-", anything with a slash, and what ends in ".xml".
 */
bool vif_guest_is_file(const char *text);

/* A guest by its name or UUID, or from the file of its <domain>. Returns 0 and fills *guest, to be
 * cleared by the caller; or what vif_document_load() returns, -EINVAL for a file with no domain in
 * it. */
int vif_guest_read(const char *text, struct vif_guest *guest, char **errorp);

void vif_guest_clear(struct vif_guest *guest);

/* Whether the interface of that record is the guest's: by UUID where both have one, else by name.
 */
bool vif_guest_owns(const struct vif_guest *guest, const struct vif_record *record);

#endif
