/* Ethernet addresses. */
#ifndef NETDEV_MAC_H
#define NETDEV_MAC_H

#include <stdbool.h>
#include <stdint.h>

struct mac {
    uint8_t octet[6];
};

#define MAC_TEXT_SIZE sizeof "52:54:00:12:34:56"

/* Reads six groups of one or two hex digits joined by colons, as libvirt does, and nothing else.
 * Returns 0, or -EINVAL with a sentence that names the text. Whether the address is fit for a guest
 * is another question: see mac_check_guest(). */
int mac_parse(const char *text, struct mac *mac, char **errorp);

/* An address that a guest's interface can have: neither multicast nor all zeros. Returns 0 or
 * -EINVAL. */
int mac_check_guest(const struct mac *mac, char **errorp);

/* Writes the address in lower case to `text`, and returns `text`. */
char *mac_format(const struct mac *mac, char text[MAC_TEXT_SIZE]);

bool mac_equal(const struct mac *a, const struct mac *b);

/* The address for the host's end of the tap of a guest with the address `guest`: the same but for
 * the first octet, which is fe, or fa where the guest's is fe. It must differ from the guest's, or
 * the kernel takes frames from the guest for its own ("received packet with own address as
 * source"); and it is high, since a Linux bridge takes on the lowest address of its ports. */
struct mac mac_host_side(const struct mac *guest);

#endif
