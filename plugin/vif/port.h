/* One interface with every choice made: what plan prints, plug does, and a record keeps. */
#ifndef VIF_PORT_H
#define VIF_PORT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netdev/mac.h"
#include "netdev/macvtap-mode.h"
#include "ovs/port.h"
#include "vif/spec.h"

/* cJSON's, so that no header of ours includes one of its. */
struct cJSON;

enum vif_device {
    VIF_DEVICE_TAP,      /* a tap of ours, made and removed here */
    VIF_DEVICE_MACVTAP,  /* likewise, a macvtap */
    VIF_DEVICE_EXISTING, /* a tap or macvtap that someone else made: opened and passed on, never
                            removed */
    VIF_DEVICE_BY_QEMU,  /* target mode='ifname': QEMU itself makes or opens it, and runs the script
                          */
};

enum vif_attachment {
    VIF_ATTACH_NONE, /* nowhere; a script may see to it */
    VIF_ATTACH_OVS,
    VIF_ATTACH_LINUX_BRIDGE,
    VIF_ATTACH_LOWER, /* a macvtap, on its lower device */
};

struct vif_port {
    char *where; /* for sentences: `red.xml: interface 2 (target "web0")` */

    char *domain_name; /* or NULL */
    char *domain_uuid; /* or NULL */
    char interface_id[37];
    bool id_random;   /* a draft's: nothing was given that the id could be made of */
    char *profile_id; /* or NULL */

    enum vif_device device;
    char name[IFNAMSIZ];
    bool name_generated;
    bool managed;    /* MAC, MTU and state of the device are ours to set */
    bool persistent; /* outlives its descriptors */
    uid_t owner;     /* who may open a persistent tap; (uid_t)-1: whoever is in the group */
    gid_t group;     /* (gid_t)-1: no group in particular */
    struct mac mac;
    struct mac host_mac;
    unsigned mtu; /* bytes; 0: as the kernel makes it */
    unsigned n_queues;
    bool vnet_hdr;

    enum vif_attachment attachment;
    bool attachment_open; /* a draft's: the kind that the bridge turns out to be decides */
    char *bridge;         /* of either kind, or NULL */
    struct ovs_vlan vlan; /* of a macvtap: a tag, or all VLANs (none in particular) */
    bool isolated;
    bool transient;
    struct ovs_qos qos;

    /* Of a macvtap. With a VLAN it is on a VLAN link of that lower device. */
    char *lower; /* or NULL; in a draft, too */
    enum macvtap_mode mode;
    bool mode_auto; /* the mode was left to us: VEPA if the switch reflects, else bridge */
    char **lowers;  /* a plan's: the device, or the several, to choose from */
    size_t n_lowers;
    bool needs_reflection; /* a plan's: a device will do only if the switch behind it reflects */
    size_t n_lower_notes;  /* a plan's: how many of the last notes vif_lower_choose() made */
    bool mtu_of_lower;     /* a plan's: so did it choose the MTU */
    char *network;         /* that it is of, for VIF_FIND_POOL; or NULL */
    enum vif_strategy strategy; /* never unset; _NONE where there is no macvtap */
    enum vif_find find;         /* never unset */
    bool follows_mac;           /* the macvtap gets the address that the guest gives its card:
                                   trustGuestRxFilters='yes' */

    char *script;     /* or NULL */
    char *downscript; /* or NULL */

    enum vif_tristate
        vhost;   /* whether QEMU gets vhost-net: it must, must not, or does where it can be had */
    char *model; /* QEMU's NIC, as libvirt names it: "virtio", "e1000e", ... */
    bool link_down;
    char *alias; /* of the QEMU device, or NULL */

    char **notes; /* why a choice was made that nobody asked for, a sentence each */
    size_t n_notes;

    /* A draft's, of a network that names two paths: the other one, to be taken where this one
     * cannot be; or NULL, and why it cannot be taken. */
    struct vif_port *alternative;
    char *other_error;
};

/* Frees what the port points to and zeroes it. */
void vif_port_clear(struct vif_port *port);

void vif_port_copy(struct vif_port *dst, const struct vif_port *src);

/* Adds a note, made from the format. */
void vif_port_note(struct vif_port *port, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The words in JSON and in tables: "tap", "macvtap", "existing", "qemu"; "none", "ovs", "bridge",
 * "lower". */
const char *vif_device_name(enum vif_device device);
const char *vif_attachment_name(enum vif_attachment attachment);

/* The VLANs in short for a table: "100", "trunk 10,20", "native-untagged 10,20 (native 10)", "all";
 * of a macvtap its tag; "-" for none and for a port on a Linux bridge. Caller frees. */
char *vif_port_vlan_text(const struct vif_port *port);

/* The alias that marks a link as ours and names whose it is: "vifplug:" and the domain's UUID, or
 * the interface's id where it has no domain. Caller frees. */
char *vif_port_mark(const struct vif_port *port);
#define VIF_MARK_PREFIX "vifplug:"

/* Makes the row that Open vSwitch is asked for; the caller calls ovs_port_clear(). */
void vif_port_to_ovs(const struct vif_port *port, struct ovs_port *ovs);

/* The port as JSON: the shape that vifplug(8) documents under JSON; caller owns the reference. */
struct cJSON *vif_port_to_json(const struct vif_port *port);

/* Reads back what vif_port_to_json() made. Returns 0, or -EINVAL for anything else; on success the
 * caller clears *port. */
int vif_port_from_json(const struct cJSON *json, struct vif_port *port, char **errorp);

/* Says in words how two ports with one name differ in what was wished: `bridge is "br1" instead of
 * "br0"`; caller frees. NULL when they do not. Names, notes and where they came from do not count.
 */
char *vif_port_differences(const struct vif_port *wish, const struct vif_port *fact);

#endif
