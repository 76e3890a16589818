/* Networks: what an <interface type='network'> means, from <network> files.
 *
 * Files are looked for as NAME.xml in a list of folders; libvirt itself is never asked, since a
 * hook of libvirt may not call it.
 */
#ifndef VIF_NETWORK_H
#define VIF_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "vif/spec.h"

struct vif_portgroup {
    char *name;
    bool is_default;
    struct vif_vlan vlan;
    struct vif_virtualport virtualport;
    struct vif_bandwidth bandwidth;
    enum vif_tristate trust_guest_rx_filters;
};

/* The macvtap that a network of our own names beside its bridge: see vif/metadata.h. */
struct vif_alternative {
    char *dev;      /* the lower device; NULL where there is no alternative */
    char *mode;     /* or NULL */
    bool preferred; /* it is tried before the bridge */
};

struct vif_network {
    char *name;
    char *uuid;         /* or NULL */
    char *file;         /* where it was read from, for sentences */
    char *forward_mode; /* "bridge", "vepa", "private", "passthrough", "nat", ...; NULL without
                           <forward> */
    char *bridge;       /* <bridge name>, or NULL */
    char **lowers;      /* <forward dev> and its <interface dev>, without duplicates */
    size_t n_lowers;
    char *forward_pf;        /* <forward><pf dev>, whose virtual functions are meant; or NULL */
    char *extbridge_dev;     /* <extbridge dev>, or NULL; with it all of the above is ignored */
    char *extbridge_mode;    /* <extbridge mode> */
    char *extbridge_ignored; /* the elements that count for nothing beside it, for sentences: "<ip>,
                                <dns>"; or NULL */
    unsigned mtu;            /* bytes; 0 where not given */
    enum vif_tristate isolated;
    enum vif_tristate trust_guest_rx_filters;
    struct vif_vlan vlan;
    struct vif_virtualport virtualport; /* not read beside <extbridge> */
    struct vif_alternative alternative;
    enum vif_strategy strategy; /* of its interfaces that do not say it */
    enum vif_find find;         /* likewise */
    struct vif_portgroup *portgroups;
    size_t n_portgroups;
    struct _xmlNode *element; /* the element as it was read; owned */
};

/* Reads a <network> element. As vif_spec_parse(). */
int vif_network_parse(const struct _xmlNode *element, struct vif_network *network, char **errorp);

/* Makes the <network> element: as vif_spec_format(). */
struct _xmlNode *vif_network_format(const struct vif_network *network);

void vif_network_clear(struct vif_network *network);

/* Networks by name, read when they are first asked for. */
struct vif_networks;

/* A set that looks at `files` (each one network; read at once, so this can fail) first and then in
 * `folders` in that order. The default folders are vif_network_folders. On success the caller frees
 * *networks with vif_networks_free(). */
int vif_networks_new(const char *const *files, size_t n_files, const char *const *folders,
                     size_t n_folders, struct vif_networks **networks, char **errorp);
void vif_networks_free(struct vif_networks *networks);

/* Adds the network that must be of the name `name` and was read from `file`, whose `text` this is:
 * for who may not let the set read files itself. Returns 0 or -EINVAL. */
int vif_networks_add(struct vif_networks *networks, const char *name, const char *file,
                     const char *text, size_t length, char **errorp);

extern const char
    *const vif_network_folders[2]; /* /etc/vifplug/networks, /etc/libvirt/qemu/networks */

/* The network of that name, borrowed until vif_networks_free(). Returns 0; -ENOENT with a sentence
 * that says where it was looked for and which ones there are; or -EINVAL when its file is wrong. */
int vif_networks_find(struct vif_networks *networks, const char *name,
                      const struct vif_network **network, char **errorp);

/* Makes of a type='network' spec the one it stands for: of type bridge, or direct with the lower
 * devices left in `network` when there are several (source_dev is then NULL). VLAN, virtualport,
 * bandwidth, isolation and trust are inherited as libvirt does it (networkAllocatePort() in
 * src/network/bridge_driver.c): the interface's own VLAN wins over the portgroup's, and that over
 * the network's; virtualports are merged, and contradictions refused; and so on. A portgroup that
 * does not exist is an error. source_network and source_portgroup stay set, for sentences.
 *
 * Returns 0, and *actual is overwritten and the caller clears it; -ENOENT without such a portgroup;
 * or -EINVAL. */
int vif_network_resolve(const struct vif_network *network, const struct vif_spec *spec,
                        struct vif_spec *actual, char **errorp);

/* As vif_network_resolve(), for the macvtap that the network names beside its bridge, which must be
 * there. It inherits the same, VLAN and all, but for the type of the virtualport, which is the
 * bridge's. */
int vif_network_resolve_alternative(const struct vif_network *network, const struct vif_spec *spec,
                                    struct vif_spec *actual, char **errorp);

#endif
