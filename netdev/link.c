#include "netdev/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link-message.h"
#include "netdev/request.h"
#include "netdev/rtnl.h"

/* A growing array of links. */
struct link_array {
    struct link_info *links;
    size_t n;
    size_t capacity;
};

static void take_link(const struct nlmsghdr *reply, void *arg)
{
    struct link_array *array = arg;

    if (!reply) {
        array->n = 0;
        return;
    }
    if (array->n == array->capacity) {
        array->capacity = array->capacity ? 2 * array->capacity : 1;
        array->links = mem_resize(array->links, array->capacity, sizeof *array->links);
    }
    if (link_message_parse(reply, &array->links[array->n])) {
        array->n++;
    }
}

/* A request for links without their counters, which are half of each message. */
static struct nl_msg *new_get_request(int flags, int ifindex)
{
    struct nl_msg *request = request_new(RTM_GETLINK, flags, AF_UNSPEC, ifindex);

    nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return request;
}

/* Sends a request, and frees it, that is answered with one link. */
static int get_one(struct rtnl *rtnl, struct nl_msg *request, struct link_info *info, char **errorp)
{
    struct link_array array = {0};
    int error = request_send(rtnl, request, take_link, &array, errorp);

    if (!error && array.n != 1) {
        error = error_set(errorp, EPROTO, "the kernel's answer holds no link");
    }
    if (!error) {
        *info = array.links[0];
    }
    free(array.links);
    request_free(request);
    return error;
}

int link_get(struct rtnl *rtnl, const char *name, struct link_info *info, char **errorp)
{
    int error = -ENODEV;

    if (name[0] && strlen(name) < IFNAMSIZ) {
        struct nl_msg *request = new_get_request(0, 0);

        nla_put_string(request, IFLA_IFNAME, name);
        error = get_one(rtnl, request, info, errorp);
    }
    if (error == -ENODEV) {
        return error_set(errorp, ENODEV, "there is no link \"%s\"", name);
    }
    return error_wrap(errorp, error, "cannot read link \"%s\"", name);
}

int link_find(struct rtnl *rtnl, const char *name, bool *found, struct link_info *info,
              char **errorp)
{
    auto_free char *sentence = NULL;
    int error = link_get(rtnl, name, info, &sentence);

    *found = error == 0;
    return error && error != -ENODEV ? error_set(errorp, -error, "%s", sentence) : 0;
}

int link_get_by_index(struct rtnl *rtnl, int ifindex, struct link_info *info, char **errorp)
{
    /* Index 0 would be a request by name, without a name. */
    int error = ifindex > 0 ? get_one(rtnl, new_get_request(0, ifindex), info, errorp) : -ENODEV;

    if (error == -ENODEV) {
        return error_set(errorp, ENODEV, "there is no link with index %d", ifindex);
    }
    return error_wrap(errorp, error, "cannot read the link with index %d", ifindex);
}

int link_list(struct rtnl *rtnl, struct link_info **links, size_t *n, char **errorp)
{
    struct link_array array = {0};
    struct nl_msg *request = new_get_request(NLM_F_DUMP, 0);
    int error = request_send(rtnl, request, take_link, &array, errorp);

    request_free(request);
    if (error) {
        free(array.links);
        return error_wrap(errorp, error, "cannot list the links");
    }
    *links = array.links;
    *n = array.n;
    return 0;
}

bool link_is_macvlan(const struct link_info *info)
{
    return str_eq(info->kind, "macvtap") || str_eq(info->kind, "macvlan");
}

char *link_describe_kind(const struct link_info *info)
{
    if (!info->kind[0]) {
        return str_dup("link without a kind");
    }
    if (str_eq(info->kind, "tun")) {
        return str_printf("link of the kind \"%s\"", info->tun.tap ? "tap" : "tun");
    }
    return str_printf("link of the kind \"%s\"", info->kind);
}

/* `link "web0"`, or `link 7` for one that is gone; caller frees. */
static char *describe(struct rtnl *rtnl, int ifindex)
{
    struct link_info info;

    if (link_get_by_index(rtnl, ifindex, &info, NULL)) {
        return str_printf("link %d", ifindex);
    }
    return str_printf("link \"%s\"", info.name);
}

/* What was asked for: "address fe:54:00:12:34:56, MTU 9000, state up"; caller frees. */
static char *describe_change(const struct link_change *change)
{
    auto_free char *address = NULL;
    auto_free char *mtu = NULL;
    auto_free char *alias = NULL;
    auto_free char *master = NULL;
    char mac[MAC_TEXT_SIZE];

    if (change->mac) {
        address = str_printf(", address %s", mac_format(change->mac, mac));
    }
    if (change->mtu) {
        mtu = str_printf(", MTU %u", change->mtu);
    }
    if (change->alias) {
        alias = str_printf(", alias \"%s\"", change->alias);
    }
    if (change->master) {
        master = change->master == LINK_NO_MASTER ? str_dup(", no master")
                                                  : str_printf(", master %d", change->master);
    }
    auto_free char *all = str_printf("%s%s%s%s%s", address ? address : "", mtu ? mtu : "",
                                     alias ? alias : "", master ? master : "",
                                     change->state == LINK_UP     ? ", state up"
                                     : change->state == LINK_DOWN ? ", state down"
                                                                  : "");
    return str_dup(all[0] ? all + 2 : "nothing");
}

static struct nl_msg *new_change_request(int ifindex, const struct link_change *change)
{
    struct nl_msg *request = request_new(RTM_SETLINK, 0, AF_UNSPEC, ifindex);
    struct ifinfomsg *header = nlmsg_data(nlmsg_hdr(request));

    if (change->state != LINK_KEEP) {
        header->ifi_change = IFF_UP;
        header->ifi_flags = change->state == LINK_UP ? IFF_UP : 0;
    }
    if (change->mac) {
        nla_put(request, IFLA_ADDRESS, sizeof change->mac->octet, change->mac->octet);
    }
    if (change->mtu) {
        nla_put_u32(request, IFLA_MTU, change->mtu);
    }
    if (change->alias) {
        /* Without the NUL: length 0 is what removes an alias. */
        nla_put(request, IFLA_IFALIAS, (int)strlen(change->alias), change->alias);
    }
    if (change->master) {
        nla_put_u32(request, IFLA_MASTER,
                    change->master == LINK_NO_MASTER ? 0 : (uint32_t)change->master);
    }
    return request;
}

/* Sends a request about a link, and frees it. */
static int send_about(struct rtnl *rtnl, int ifindex, struct nl_msg *request, char **errorp)
{
    /* The kernel takes an index of 0 for "by name", and may then take another link. */
    int error = ifindex > 0 ? request_send(rtnl, request, NULL, NULL, errorp)
                            : error_set(errorp, ENODEV, "%m");

    request_free(request);
    return error;
}

static int send_change(struct rtnl *rtnl, int ifindex, const struct link_change *change,
                       char **errorp)
{
    int error = send_about(rtnl, ifindex, new_change_request(ifindex, change), errorp);

    if (error && errorp) {
        auto_free char *link = describe(rtnl, ifindex);
        auto_free char *wish = describe_change(change);

        error_wrap(errorp, error, "cannot set %s of %s", wish, link);
    }
    return error;
}

int link_change(struct rtnl *rtnl, int ifindex, const struct link_change *wish, char **errorp)
{
    struct link_change rest = *wish;

    if (wish->alias && strlen(wish->alias) >= LINK_ALIAS_SIZE) {
        return error_set(errorp, EINVAL, "alias of %zu bytes for link %d: the kernel takes %d",
                         strlen(wish->alias), ifindex, LINK_ALIAS_SIZE - 1);
    }
    if (wish->alias && wish->state == LINK_UP) {
        int error = send_change(rtnl, ifindex, &(struct link_change){.alias = wish->alias}, errorp);

        if (error) {
            return error;
        }
        rest.alias = NULL;
    }
    return send_change(rtnl, ifindex, &rest, errorp);
}

static int send_name(struct rtnl *rtnl, int ifindex, const char *name, char **errorp)
{
    struct nl_msg *request = request_new(RTM_SETLINK, 0, AF_UNSPEC, ifindex);

    nla_put_string(request, IFLA_IFNAME, name);
    return send_about(rtnl, ifindex, request, errorp);
}

int link_rename(struct rtnl *rtnl, int ifindex, const char *name, char **errorp)
{
    const struct link_change down = {.state = LINK_DOWN};
    const struct link_change up = {.state = LINK_UP};
    auto_free char *words = NULL;
    int error = send_name(rtnl, ifindex, name, &words);

    if (error == -EBUSY && link_change(rtnl, ifindex, &down, NULL) == 0) {
        free(words);
        words = NULL;
        error = send_name(rtnl, ifindex, name, &words);
        link_change(rtnl, ifindex, &up, NULL);
    }
    if (!error) {
        return 0;
    }
    auto_free char *link = describe(rtnl, ifindex);

    return error_set(errorp, -error, "cannot rename %s to \"%s\": %s", link, name, words);
}

int link_delete(struct rtnl *rtnl, int ifindex, char **errorp)
{
    auto_free char *words = NULL;
    int error = send_about(rtnl, ifindex, request_new(RTM_DELLINK, 0, AF_UNSPEC, ifindex), &words);

    if (!error || error == -ENODEV) {
        return 0;
    }
    auto_free char *link = describe(rtnl, ifindex);

    return error_set(errorp, -error, "cannot delete %s: %s", link, words);
}
