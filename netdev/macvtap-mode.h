/* The modes of a macvtap. */
#ifndef NETDEV_MACVTAP_MODE_H
#define NETDEV_MACVTAP_MODE_H

/* How a macvtap forwards: MACVLAN_MODE_* of linux/if_link.h. */
enum macvtap_mode {
    MACVTAP_NO_MODE,     /* it is no macvtap */
    MACVTAP_VEPA,        /* all frames go out to the switch, which sends back what is for here */
    MACVTAP_BRIDGE,      /* those for another endpoint of the lower device go there directly */
    MACVTAP_PRIVATE,     /* as VEPA, but broadcasts that come back are dropped */
    MACVTAP_PASSTHROUGH, /* the only one of its lower device, whose address it takes over */
};

/* libvirt's word for the mode: "vepa", "bridge", "private", "passthrough"; NULL for
 * MACVTAP_NO_MODE. */
const char *macvtap_mode_name(enum macvtap_mode mode);

/* The mode of that name, or MACVTAP_NO_MODE. */
enum macvtap_mode macvtap_mode_of(const char *name);

#endif
