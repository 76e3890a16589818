/* The reflective-relay probe: does the adjacent switch send frames back out of the port they came
 * in by (hairpin; "reflective relay" in IEEE 802.1Q, clause 8.6.1)? VEPA needs it.
 */
#ifndef NETDEV_PROBE_H
#define NETDEV_PROBE_H

#include <stdbool.h>

struct rtnl;

enum probe_answer {
    PROBE_YES,
    PROBE_NO,
    PROBE_UNKNOWN, /* it could not be asked */
};

struct probe_options {
    const char *lower; /* name of the device whose switch is asked */

    /* Only the lower device's own address appears on the wire, for switches with port security,
     * which may shut a port with strange addresses. Then a broadcast alone decides. */
    bool source_lower;

    /* With two temporary macvtaps instead of a packet socket: the very path that guests take. */
    bool end_to_end;

    unsigned lldp_s; /* listen so many seconds for LLDP; 0: not at all */
};

struct probe_result {
    enum probe_answer answer;
    char *reason;      /* a sentence without its full stop; owned */
    double elapsed_ms; /* of the question itself, without LLDP */

    /* An 802.1Qbg EVB TLV was heard while we listened, and what the switch says in it. */
    bool evb_heard;
    bool evb_capable; /* reflective relay capable (RRCAP) */
    bool evb_enabled; /* reflective relay on (RRCTR) */
};

/* Asks. Sends a few frames of the local experimental EtherType 0x88b5, from random local addresses
 * unless options say otherwise, and removes all that it made. A "yes" comes as soon as a frame is
 * back; a "no" after three tries of 50 ms.
 *
 * Returns 0 and fills *result, to be cleared by the caller; PROBE_UNKNOWN is an answer, too: no
 * carrier, the device is a port of a bridge, or in use by a passthrough macvtap. -ENODEV when there
 * is no such device; -EINVAL where it cannot carry Ethernet frames; -EPERM without CAP_NET_RAW (and
 * CAP_NET_ADMIN for end_to_end); or another negative errno value. */
int probe_reflection(struct rtnl *rtnl, const struct probe_options *options,
                     struct probe_result *result, char **errorp);

void probe_result_clear(struct probe_result *result);

/* "yes", "no", "unknown". */
const char *probe_answer_name(enum probe_answer answer);

#endif
