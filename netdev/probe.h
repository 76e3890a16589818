/* The reflective-relay probe: does the adjacent switch send frames back out of the port they came
 * in by (hairpin; "reflective relay" in IEEE 802.1Q, clause 8.6.1)? VEPA needs it.
 *
 * What a switch announces of itself by LLDP is another matter: see netdev/evb-listener.h.
 */
#ifndef NETDEV_PROBE_H
#define NETDEV_PROBE_H

#include <stdbool.h>

struct rtnl;

enum probe_answer {
    PROBE_YES,
    PROBE_NO,
    PROBE_UNKNOWN, /* it could not be asked, or the answer can be read in two ways */
};

struct probe_options {
    const char *lower; /* name of the device whose switch is asked */

    /* Only the lower device's own address appears on the wire, for switches with port security,
     * which may shut a port with strange addresses. Then a broadcast alone decides. */
    bool source_lower;

    /* With two temporary macvtaps instead of a packet socket: the very path that guests take. Not
     * together with source_lower, since macvtaps have addresses of their own. */
    bool end_to_end;
};

struct probe_result {
    enum probe_answer answer;
    char *reason;      /* a sentence without its full stop; owned */
    double elapsed_ms; /* from the first frame to the answer; 0 where none was sent */
};

/* Asks. Sends a few frames of the local experimental EtherType 0x88b5, from random local addresses
 * unless options say otherwise. A "yes" comes as soon as a frame is back; a "no" after three tries
 * of 50 ms. Nothing is left, even when the process is killed meanwhile: what is made goes with its
 * descriptors.
 *
 * Returns 0 and fills *result, to be cleared by the caller with probe_result_clear(). PROBE_UNKNOWN
 * is an answer, too: the device is down or has no carrier, or it is a port of a bridge or in use by
 * a passthrough macvtap, so that nothing could be put on it anyway; or a broadcast came back and a
 * unicast frame did not.
 *
 * -ENODEV when there is no such device; -EINVAL where nothing can be put on it at all: a loopback
 * device, a wireless one, one that does not carry Ethernet frames, a macvtap, a macvlan; -EPERM
 * without CAP_NET_RAW (and for end_to_end CAP_NET_ADMIN, CAP_SYS_ADMIN and CAP_MKNOD); or another
 * negative errno value. */
int probe_reflection(struct rtnl *rtnl, const struct probe_options *options,
                     struct probe_result *result, char **errorp);

void probe_result_clear(struct probe_result *result);

/* "yes", "no", "unknown". */
const char *probe_answer_name(enum probe_answer answer);

#endif
