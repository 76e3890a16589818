/* The wish: one guest interface as libvirt's <interface> element says it, nothing looked up yet.
 *
 * The grammar is libvirt's (docs/formatdomain, "Network interfaces", and domaincommon.rng); what
 * libvirt's parser refuses in the elements used here is refused here, with the element named.
 * Elements and attributes that are not used here are kept, and written back unchanged.
 *
 * Read differently than by libvirt, on purpose:
 * - <port isolated='yes'> is taken together with an openvswitch virtualport: it becomes
 *   Port.protected there. libvirt knows isolation on Linux bridges only.
 * - <source mode='auto'> of type='direct' and <target mode> are vifplug's own.
 * - What libvirt accepts but its schema and its own running guests do not is refused: empty names,
 *   queues='0', an MTU above 65535, rates above 32 bits, managed='no' without a device.
 */
#ifndef VIF_SPEC_H
#define VIF_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netdev/mac.h"

/* libxml2's, so that no header of ours includes one of its. */
struct _xmlNode;

enum vif_type {
    VIF_TYPE_BRIDGE,
    VIF_TYPE_NETWORK,
    VIF_TYPE_DIRECT,
    VIF_TYPE_ETHERNET,
    VIF_TYPE_OTHER, /* user, hostdev, vhostuser, vdpa, ...: left alone; of the fields only
                       type_name, mac, target, managed, model and alias are set */
};

/* An attribute that says yes, no, or nothing. */
enum vif_tristate { VIF_UNSET, VIF_YES, VIF_NO };

/* <vlan trunk=''><tag id='' nativeMode=''/>...</vlan>, as it was written. */
struct vif_vlan_tag {
    uint16_t id; /* 0 to 4095, as libvirt's parser allows */
    enum vif_native_mode { VIF_NATIVE_NONE, VIF_NATIVE_TAGGED, VIF_NATIVE_UNTAGGED } native;
};

struct vif_vlan {
    bool trunk; /* trunk='yes', or more than one tag, or a native tag */
    struct vif_vlan_tag *tags;
    size_t n_tags; /* 0: no <vlan> */
};

/* <virtualport type=''><parameters interfaceid='' profileid='' .../></virtualport> */
struct vif_virtualport {
    bool present;
    char *type;         /* "openvswitch", "midonet", "802.1Qbg", "802.1Qbh", or NULL */
    char *interface_id; /* UUID in lower case, or NULL */
    char *profile_id;   /* at most 39 bytes, or NULL */

    /* Parameters of 802.1Qbg, numbers in decimal, or NULL: read, inherited and written. */
    char *manager_id;
    char *type_id;
    char *type_id_version;
    char *instance_id; /* UUID in lower case */
};

/* <inbound average='' peak='' burst='' floor=''/>; 0 for what is not given. Units as in libvirt. */
struct vif_rate {
    uint64_t average_kBps; /* 1000 byte/s */
    uint64_t peak_kBps;
    uint64_t burst_KiB; /* 1024 byte */
    uint64_t floor_kBps;
};

/* <bandwidth>, from the guest's point of view: inbound is what it receives. */
struct vif_bandwidth {
    bool present;
    struct vif_rate inbound;
    struct vif_rate outbound;
};

/* What the watcher does for a running guest when the device below its macvtap went and is back:
 * <reconnect> of VIF_NAMESPACE, vifplug-xml(5). */
enum vif_strategy {
    VIF_STRATEGY_UNSET,  /* of what libvirt wrote: as VIF_STRATEGY_REPLUG */
    VIF_STRATEGY_REPLUG, /* the guest's card is plugged out and in again: offloads and queues stay
                          */
    VIF_STRATEGY_HUB,    /* QEMU has a hub between card and macvtap, and the card stays */
    VIF_STRATEGY_NONE,   /* nothing */
};

/* How the device is known when it comes back. */
enum vif_find {
    VIF_FIND_UNSET, /* as VIF_FIND_NAME, or VIF_FIND_POOL where a network has several */
    VIF_FIND_NAME,
    VIF_FIND_MAC,  /* by its own address, whatever its name */
    VIF_FIND_POOL, /* any device of the network will do */
};

enum vif_target_mode {
    VIF_TARGET_FD,     /* the tap is opened here and its descriptor passed on: the default */
    VIF_TARGET_IFNAME, /* QEMU opens it by name and runs the script, the old way */
};

struct vif_spec {
    enum vif_type type;
    char *type_name; /* the type attribute as written */

    bool has_mac;
    struct mac mac;

    /* <source>; what does not go with the type is NULL. */
    char *source_bridge;
    char *source_network;
    char *source_portgroup;
    char *source_dev;  /* direct: the lower device */
    char *source_mode; /* direct: vepa, bridge, private, passthrough; NULL where not given (vepa) */

    /* <target> */
    char *target; /* dev, or NULL */
    enum vif_tristate managed;
    enum vif_target_mode target_mode;
    bool target_mode_given;

    char *model;             /* <model type>, or NULL */
    enum vif_tristate vhost; /* <driver name>: 'vhost' is yes, 'qemu' no */
    unsigned n_queues; /* <driver queues>; 0 where not given, or where the model is one without
                          queues: then libvirt overlooks them */
    unsigned mtu;      /* <mtu size>, bytes; 0 where not given */
    bool link_down;    /* <link state='down'/> */
    char *script;      /* <script path>, or NULL */
    char *downscript;  /* <downscript path>, or NULL */
    char *alias;       /* <alias name>, or NULL */
    enum vif_tristate isolated;
    enum vif_tristate trust_guest_rx_filters;
    enum vif_strategy strategy;
    enum vif_find find;

    struct vif_vlan vlan;
    struct vif_virtualport virtualport;
    struct vif_bandwidth bandwidth;

    /* The element as it was read, for what is not in the fields above; owned. NULL when the spec
     * was made from flags. */
    struct _xmlNode *element;
};

/* How an interface is written. */
enum vif_form {
    VIF_FORM_ACTIVE,   /* as of a running guest: all as it is */
    VIF_FORM_INACTIVE, /* as of a definition: generated target names (vnet, macvtap, macvlan and
                          digits, or vif and 8 hex digits) and generated aliases are left out,
                          unless managed='no' in the case of the name */
};

/* Reads an <interface> element. On success *spec is filled and the caller calls vif_spec_clear() on
 * it; on failure (-EINVAL) it is as it was. `element` is copied where needed, and stays the
 * caller's. */
int vif_spec_parse(const struct _xmlNode *element, struct vif_spec *spec, char **errorp);

/* Makes the <interface> element for a spec, a new node without a document that the caller owns: the
 * parts that the fields hold as libvirt would write them and in its order, then what was kept. */
struct _xmlNode *vif_spec_format(const struct vif_spec *spec, enum vif_form form);

/* Copies `src` to *dst, which is overwritten; the caller clears it. */
void vif_spec_copy(struct vif_spec *dst, const struct vif_spec *src);

/* Frees what the spec points to and zeroes it. */
void vif_spec_clear(struct vif_spec *spec);

#endif
