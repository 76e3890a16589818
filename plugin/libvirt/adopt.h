/* Turning the interfaces of a domain's definition into the form that the hook serves
 * (libvirt/adopted.h), and back. */
#ifndef LIBVIRT_ADOPT_H
#define LIBVIRT_ADOPT_H

#include <net/if.h>
#include <stddef.h>

#include "netdev/mac.h"
#include "vif/document.h"

struct adopt_options {
    /* Only the interfaces with these addresses; none: all of them. */
    const struct mac *only;
    size_t n_only;

    /* Told of each interface that cannot be adopted, in a sentence; NULL for nobody. */
    void (*left_alone)(void *data, const char *sentence);
    void *data;
};

/* An interface that was turned. */
struct adopt_change {
    size_t number; /* among the domain's interfaces, from 1 */
    char *type;    /* what it is when it is not adopted: "bridge", "network" or "direct" */
    bool has_mac;
    struct mac mac;
    char target[IFNAMSIZ]; /* its device when it is adopted */
};

/* Adopts the interfaces of type bridge, network and direct, in the document's elements: the caller
 * takes vif_document_text(). The device keeps the name that it was given, if that is not one of
 * libvirt's own; else it gets one as ifname_generate() makes it. All that is generated (names and
 * aliases of a running guest) is left out. Adopted interfaces and those of other types stay as they
 * are.
 *
 * Returns 0, and what was changed in *changes, which the caller frees with adopt_changes_free(); or
 * -EINVAL for metadata that is wrong, a name that no device can have (or -ENAMETOOLONG), an address
 * of `options->only` that no interface has, or what is no domain. The document is to be cleared
 * then.
 */
int adopt_domain(struct vif_document *domain, const struct adopt_options *options,
                 struct adopt_change **changes, size_t *n, char **errorp);

/* Makes adopted interfaces what they were before: adopt_domain() the other way round, and likewise.
 * A generated name is left out again, and so is metadata that becomes empty. */
int release_domain(struct vif_document *domain, const struct adopt_options *options,
                   struct adopt_change **changes, size_t *n, char **errorp);

void adopt_changes_free(struct adopt_change *changes, size_t n);

#endif
