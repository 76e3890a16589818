#include "netdev/macvtap.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/addressless.h"
#include "netdev/high-ifindex.h"
#include "netdev/link.h"
#include "netdev/macvtap-node.h"
#include "netdev/new-link.h"
#include "netdev/rtnl.h"

static uint32_t mode_bits(enum macvtap_mode mode)
{
    switch (mode) {
    case MACVTAP_NO_MODE:
        break;
    case MACVTAP_VEPA:
        return MACVLAN_MODE_VEPA;
    case MACVTAP_BRIDGE:
        return MACVLAN_MODE_BRIDGE;
    case MACVTAP_PRIVATE:
        return MACVLAN_MODE_PRIVATE;
    case MACVTAP_PASSTHROUGH:
        return MACVLAN_MODE_PASSTHRU;
    }
    return 0;
}

static struct nl_msg *new_request(const struct macvtap_options *options,
                                  const struct new_link *link)
{
    struct nlattr *open[2];
    struct nl_msg *request = new_link_request(link, open);
    struct ifinfomsg *header = nlmsg_data(nlmsg_hdr(request));

    header->ifi_flags = IFF_ALLMULTI;
    header->ifi_change = IFF_ALLMULTI;
    nla_put_u32(request, IFLA_MACVLAN_MODE, mode_bits(options->mode));
    new_link_end(request, open);
    nla_put(request, IFLA_ADDRESS, sizeof options->mac.octet, options->mac.octet);
    if (options->mtu) {
        nla_put_u32(request, IFLA_MTU, options->mtu);
    }
    return request;
}

/* Any macvtap or macvlan on that device, a passthrough one first. */
static bool find_neighbour(struct rtnl *rtnl, int lower, struct link_info *neighbour)
{
    auto_free struct link_info *links = NULL;
    size_t n = 0;
    bool found = false;

    if (link_list(rtnl, &links, &n, NULL)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (links[i].lower == lower && link_is_macvlan(&links[i]) &&
            (!found || links[i].macvtap_mode == MACVTAP_PASSTHROUGH)) {
            *neighbour = links[i];
            found = true;
        }
    }
    return found;
}

/* EBUSY: another kind of user has the frames of the lower device (netdev_is_rx_handler_busy()). */
static int explain_busy(struct rtnl *rtnl, const struct link_info *lower, char **errorp)
{
    struct link_info master;

    if (lower->master && link_get_by_index(rtnl, lower->master, &master, NULL) == 0) {
        auto_free char *kind = link_describe_kind(&master);

        return error_set(errorp, EBUSY, "\"%s\" is a port of \"%s\", a %s", lower->name,
                         master.name, kind);
    }
    return error_set(errorp, EBUSY, "\"%s\" is in use by another kind of link, such as an ipvlan",
                     lower->name);
}

/* What is left when nothing in sight is the reason, and the kernel has no words. */
static int suspect_out_of_sight(const struct macvtap_options *options,
                                const struct link_info *lower, char **errorp)
{
    if (!lower->ethernet || options->mode == MACVTAP_NO_MODE ||
        !str_eq(*errorp, strerror(EINVAL))) {
        return -EINVAL;
    }
    return error_set(errorp, EINVAL,
                     "the kernel takes none in mode %s on \"%s\": it may be in use by a %smacvtap "
                     "of another network namespace",
                     macvtap_mode_name(options->mode), lower->name,
                     options->mode == MACVTAP_PASSTHROUGH ? "" : "passthrough ");
}

/* EINVAL, for which macvlan_common_newlink() in drivers/net/macvlan.c has several reasons and no
 * words. `errorp` holds what the kernel said. */
static int explain_invalid(struct rtnl *rtnl, const struct macvtap_options *options,
                           const struct link_info *lower, char **errorp)
{
    struct link_info neighbour;
    bool has_neighbour = find_neighbour(rtnl, lower->ifindex, &neighbour);

    if (lower->loopback) {
        return error_set(errorp, EINVAL, "\"%s\" is a loopback device", lower->name);
    }
    if (options->mtu > lower->mtu) {
        return error_set(errorp, EINVAL, "its MTU %u is above %u, that of \"%s\"", options->mtu,
                         lower->mtu, lower->name);
    }
    if (has_neighbour && neighbour.macvtap_mode == MACVTAP_PASSTHROUGH) {
        return error_set(errorp, EBUSY, "\"%s\" is in use by \"%s\" in passthrough mode",
                         lower->name, neighbour.name);
    }
    if (has_neighbour && options->mode == MACVTAP_PASSTHROUGH) {
        return error_set(errorp, EINVAL,
                         "passthrough takes a device for itself, and \"%s\" is in use by \"%s\"",
                         lower->name, neighbour.name);
    }
    return has_neighbour ? -EINVAL : suspect_out_of_sight(options, lower, errorp);
}

static int explain(struct rtnl *rtnl, const struct macvtap_options *options, int error,
                   char **errorp)
{
    struct link_info lower;

    if (error == -EOPNOTSUPP) {
        return error_set(errorp, EOPNOTSUPP,
                         "the kernel has no macvtaps; for the module: modprobe macvtap");
    }
    if ((error != -EBUSY && error != -EINVAL) ||
        link_get_by_index(rtnl, options->lower, &lower, NULL)) {
        return error;
    }
    return error == -EBUSY ? explain_busy(rtnl, &lower, errorp)
                           : explain_invalid(rtnl, options, &lower, errorp);
}

/* Deletes what was made, for that error, and returns the error. */
static int undo(struct rtnl *rtnl, int ifindex, int error, char **errorp)
{
    auto_free char *sentence = NULL;

    if (link_delete(rtnl, ifindex, &sentence)) {
        error_append(errorp, "%s", sentence);
    }
    return error;
}

/* Makes it with that index (0: any). */
static int make(struct rtnl *rtnl, const struct macvtap_options *options, int wanted, int *ifindex,
                char **errorp)
{
    const struct new_link link = {
        .kind = "macvtap", .name = options->name, .lower = options->lower, .ifindex = wanted};
    int error = new_link_send(rtnl, &link, new_request(options, &link), ifindex, errorp);

    if (error) {
        return explain(rtnl, options, error, errorp);
    }
    error = link_take_no_address(rtnl, *ifindex, errorp);
    /* In passthrough it was made with the lower device's address, whatever the request said. Set
     * afterwards, the address becomes that of both. When the macvtap is deleted the kernel gives
     * the lower device its former address (macvlan_port_destroy() in drivers/net/macvlan.c, since
     * Linux 4.13). */
    if (!error && options->mode == MACVTAP_PASSTHROUGH) {
        error = link_change(rtnl, *ifindex, &(struct link_change){.mac = &options->mac}, errorp);
    }
    return error ? undo(rtnl, *ifindex, error, errorp) : 0;
}

/* Makes it with a node /dev/tapN of its own: at first with the index that the kernel gives it, then
 * with random ones. */
static int make_with_node(struct rtnl *rtnl, const struct macvtap_options *options, int *ifindex,
                          char **errorp)
{
    int wanted = 0;
    int error = 0;

    for (int i = 0; i < HIGH_IFINDEX_TRIES; i++) {
        error = make(rtnl, options, wanted, ifindex, errorp);
        if (error) {
            return error;
        }
        error = macvtap_check_node(*ifindex, errorp);
        if (!error) {
            return 0;
        }
        undo(rtnl, *ifindex, error, errorp);
        /* A node that is missing was another's when this one was made, and went with that since. */
        if (error != -EEXIST && error != -ENODEV) {
            return error;
        }
        int unpicked = high_ifindex_pick(&wanted, errorp);
        if (unpicked) {
            return unpicked;
        }
    }
    if (error == -ENODEV) {
        return error;
    }
    return error_set(errorp, ENODEV,
                     "its node would be another device's, with each of %d indexes that were tried",
                     HIGH_IFINDEX_TRIES);
}

int macvtap_create(struct rtnl *rtnl, const struct macvtap_options *options, int *ifindex,
                   char **errorp)
{
    auto_free char *sentence = NULL;
    int made = 0;
    int error = options->public_node ? make_with_node(rtnl, options, &made, &sentence)
                                     : make(rtnl, options, 0, &made, &sentence);

    if (error) {
        return error_set(errorp, -error, "cannot make macvtap \"%s\": %s", options->name, sentence);
    }
    *ifindex = made;
    return 0;
}
