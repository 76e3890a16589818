#include "netdev/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/packet.h"
#include "netdev/probe-exchange.h"
#include "netdev/probe-pair.h"
#include "netdev/wireless.h"

const char *probe_answer_name(enum probe_answer answer)
{
    switch (answer) {
    case PROBE_YES:
        return "yes";
    case PROBE_NO:
        return "no";
    case PROBE_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

void probe_result_clear(struct probe_result *result)
{
    free(result->reason);
    memset(result, 0, sizeof *result);
}

/* A device that nothing can be put on, whatever its state. */
static int check_kind(struct rtnl *rtnl, const struct link_info *link, char **errorp)
{
    struct link_info lower;
    bool wireless = false;

    if (link->loopback) {
        return error_set(errorp, EINVAL, "%s is a loopback device: there is no switch behind it",
                         link->name);
    }
    if (!link->ethernet) {
        return error_set(errorp, EINVAL, "%s does not carry Ethernet frames", link->name);
    }
    /* Where that cannot be told, the probe is no worse for it. */
    if (link_is_wireless(link->name, &wireless, NULL) == 0 && wireless) {
        return error_set(errorp, EINVAL,
                         "%s is wireless: an access point drops frames with any address but the "
                         "station's own, so nothing can be put on it",
                         link->name);
    }
    /* The kernel puts a macvlan on a macvlan on the lower device of the latter: see
     * macvlan_common_newlink() in drivers/net/macvlan.c. */
    if (link_is_macvlan(link) && link_get_by_index(rtnl, link->lower, &lower, NULL) == 0) {
        return error_set(errorp, EINVAL, "%s is itself a %s: ask about %s, which it is on",
                         link->name, link->kind, lower.name);
    }
    if (link_is_macvlan(link)) {
        return error_set(errorp, EINVAL,
                         "%s is itself a %s, on a device of another network namespace: ask there",
                         link->name, link->kind);
    }
    return 0;
}

/* The reason why nobody is there to be asked, or NULL; caller frees. */
static char *state_reason(const struct link_info *link)
{
    if (!link->up) {
        return str_printf("%s is down: ip link set %s up", link->name, link->name);
    }
    if (!link->carrier) {
        return str_printf("%s has no carrier: see to its cable, or to the other end of it",
                          link->name);
    }
    return NULL;
}

/* The reason why the device's frames go to its master instead of to macvtaps, or NULL; caller
 * frees. */
static char *master_reason(struct rtnl *rtnl, const struct link_info *link)
{
    struct link_info master;

    if (!link->master) {
        return NULL;
    }
    if (link_get_by_index(rtnl, link->master, &master, NULL)) {
        return str_printf("%s is a port of link %d, so no macvtap can be put on it", link->name,
                          link->master);
    }
    /* A VRF routes; it takes no frames away from macvtaps. */
    if (str_eq(master.kind, "vrf")) {
        return NULL;
    }
    return str_printf("%s is a port of %s%s, so no macvtap can be put on it", link->name,
                      str_eq(master.kind, "bridge")        ? "the bridge "
                      : str_eq(master.kind, "openvswitch") ? "Open vSwitch's datapath "
                                                           : "",
                      master.name);
}

/* Finds the reason that lies in a passthrough macvtap on the device. One of another namespace is
 * not seen here. */
static int find_passthrough(struct rtnl *rtnl, const struct link_info *link, char **reason,
                            char **errorp)
{
    auto_free struct link_info *links = NULL;
    size_t n = 0;
    int error = link_list(rtnl, &links, &n, errorp);

    for (size_t i = 0; i < n && !*reason; i++) {
        if (links[i].lower == link->ifindex && links[i].macvtap_mode == MACVTAP_PASSTHROUGH) {
            *reason = str_printf("the passthrough %s %s has %s to itself", links[i].kind,
                                 links[i].name, link->name);
        }
    }
    return error;
}

/* Finds the reason why the question cannot be asked; *reason stays NULL where it can. */
static int find_obstacle(struct rtnl *rtnl, const struct link_info *link, char **reason,
                         char **errorp)
{
    *reason = master_reason(rtnl, link);
    int error = *reason ? 0 : find_passthrough(rtnl, link, reason, errorp);

    if (!error && !*reason) {
        *reason = state_reason(link);
    }
    return error;
}

/* Through one packet socket. It is handed frames before any macvtap of the device is, and frames
 * for addresses that none of them has. */
static int ask_directly(const struct link_info *link, bool source_lower, struct probe_echo *echo,
                        char **errorp)
{
    struct probe_stations stations = {.broadcast_only = source_lower, .a = link->mac};
    auto_close int fd = -1;
    int error = packet_open(link->ifindex, link->name, PROBE_ETHERTYPE, &fd, errorp);

    if (!error && !source_lower) {
        error = probe_random_mac(&stations.a, errorp);
    }
    if (!error && !source_lower) {
        error = probe_random_mac(&stations.b, errorp);
    }
    if (!error && !source_lower) {
        error = packet_join(fd, link->ifindex, &stations.b, errorp);
    }
    if (!error) {
        stations.a_fd = fd;
        stations.b_fd = fd;
        error = probe_exchange(&stations, echo, errorp);
    }
    return error;
}

/* Through two macvtaps. Stores the reason in *obstacle where the kernel does not let them be made;
 * that is so with what is out of our sight, such as a passthrough macvtap of another namespace. */
static int ask_end_to_end(struct rtnl *rtnl, const struct link_info *link, struct probe_echo *echo,
                          char **obstacle, char **errorp)
{
    auto_free char *words = NULL;
    struct probe_pair pair;
    int error = probe_pair_open(rtnl, link->ifindex, &pair, &words);

    if (error == -EBUSY || error == -EINVAL) {
        *obstacle = str_printf("no macvtap can be put on %s: %s", link->name, words);
        error = 0;
    } else if (error) {
        error_set(errorp, -error, "%s", words);
    } else {
        error = probe_exchange(&pair.stations, echo, errorp);
    }
    int not_removed = probe_pair_close(&pair, error ? NULL : errorp);

    return error ? error : not_removed;
}

static void judge(const struct probe_options *options, const struct link_info *link,
                  const struct probe_echo *echo, struct probe_result *result)
{
    result->elapsed_ms = echo->elapsed_ms;
    if (echo->unicast || (options->source_lower && echo->broadcast)) {
        result->answer = PROBE_YES;
        result->reason = str_printf("the switch behind %s sent %s back", link->name,
                                    options->end_to_end ? "a frame from one macvtap to another"
                                    : echo->unicast     ? "a frame"
                                                        : "a broadcast");
    } else if (echo->broadcast) {
        /* Guests would not reach each other either, unless it is the card. But a loop is no
         * reflective relay, and on the others it is not for us to decide. */
        result->answer = PROBE_UNKNOWN;
        result->reason = str_printf(
            "a broadcast came back to %s and a unicast frame did not: there may be a loop in the "
            "network, a switch port that neither learns addresses nor floods, a card that drops "
            "frames for a second address, or a passthrough macvtap of another network namespace",
            link->name);
    } else {
        result->answer = PROBE_NO;
        result->reason = str_printf("no frame came back to %s: its switch does not reflect, or its "
                                    "port is not in hairpin mode",
                                    link->name);
    }
}

/* A device that went down or lost its carrier while it was asked was not answered. `error` is that
 * of the asking; returns what is left of it. */
static int check_still_up(struct rtnl *rtnl, const char *lower, int error,
                          struct probe_result *result, char **errorp)
{
    auto_free char *words = NULL;
    struct link_info link;
    int gone = link_get(rtnl, lower, &link, &words);

    if (gone) {
        return error_set(errorp, -gone, "%s", words);
    }
    char *reason = state_reason(&link);

    if (reason) {
        probe_result_clear(result);
        result->answer = PROBE_UNKNOWN;
        result->reason = reason;
        if (errorp && error) {
            free(*errorp);
            *errorp = NULL;
        }
        return 0;
    }
    return error;
}

int probe_reflection(struct rtnl *rtnl, const struct probe_options *options,
                     struct probe_result *result, char **errorp)
{
    struct probe_echo echo = {0};
    struct link_info link;
    auto_free char *obstacle = NULL;

    memset(result, 0, sizeof *result);
    if (options->end_to_end && options->source_lower) {
        return error_set(errorp, EINVAL,
                         "macvtaps have addresses of their own: probe end to end, "
                         "or with the lower device's address as source");
    }
    int error = link_get(rtnl, options->lower, &link, errorp);

    if (!error) {
        error = check_kind(rtnl, &link, errorp);
    }
    if (!error) {
        error = find_obstacle(rtnl, &link, &obstacle, errorp);
    }
    if (error || obstacle) {
        result->answer = PROBE_UNKNOWN;
        result->reason = steal_ptr(obstacle);
        return error;
    }
    error = options->end_to_end ? ask_end_to_end(rtnl, &link, &echo, &obstacle, errorp)
                                : ask_directly(&link, options->source_lower, &echo, errorp);
    if (!error && obstacle) {
        result->answer = PROBE_UNKNOWN;
        result->reason = steal_ptr(obstacle);
    } else if (!error) {
        judge(options, &link, &echo, result);
    }
    if (error != -EPERM && (error || result->answer != PROBE_YES)) {
        error = check_still_up(rtnl, link.name, error, result, errorp);
    }
    if (error) {
        error_wrap(errorp, error, "cannot probe the switch behind %s", link.name);
        probe_result_clear(result);
    }
    return error;
}
