#include "netdev/link-message.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "base/mem.h"
#include "netdev/link.h"

_Static_assert(sizeof(((struct mac *)NULL)->octet) == 6, "an Ethernet address");

/* Of what type the attributes must be that are read below. */
static const struct nla_policy link_policy[IFLA_MAX + 1] = {
    [IFLA_IFNAME] = {.type = NLA_NUL_STRING, .maxlen = IFNAMSIZ},
    [IFLA_IFALIAS] = {.type = NLA_NUL_STRING, .maxlen = LINK_ALIAS_SIZE},
    [IFLA_MTU] = {.type = NLA_U32},
    [IFLA_MAX_MTU] = {.type = NLA_U32},
    [IFLA_MASTER] = {.type = NLA_U32},
    [IFLA_LINK] = {.type = NLA_U32},
    [IFLA_PROMISCUITY] = {.type = NLA_U32},
    [IFLA_CARRIER] = {.type = NLA_U8},
    [IFLA_LINKINFO] = {.type = NLA_NESTED},
};

static const struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
    [IFLA_INFO_KIND] = {.type = NLA_NUL_STRING},
    [IFLA_INFO_DATA] = {.type = NLA_NESTED},
};

static const struct nla_policy tun_policy[IFLA_TUN_MAX + 1] = {
    [IFLA_TUN_OWNER] = {.type = NLA_U32},      [IFLA_TUN_GROUP] = {.type = NLA_U32},
    [IFLA_TUN_TYPE] = {.type = NLA_U8},        [IFLA_TUN_PERSIST] = {.type = NLA_U8},
    [IFLA_TUN_VNET_HDR] = {.type = NLA_U8},    [IFLA_TUN_MULTI_QUEUE] = {.type = NLA_U8},
    [IFLA_TUN_NUM_QUEUES] = {.type = NLA_U32}, [IFLA_TUN_NUM_DISABLED_QUEUES] = {.type = NLA_U32},
};

static const struct nla_policy macvlan_policy[IFLA_MACVLAN_MAX + 1] = {
    [IFLA_MACVLAN_MODE] = {.type = NLA_U32},
};

static const struct nla_policy vlan_policy[IFLA_VLAN_MAX + 1] = {
    [IFLA_VLAN_ID] = {.type = NLA_U16},
    [IFLA_VLAN_PROTOCOL] = {.type = NLA_U16},
};

static uint32_t get_u32(struct nlattr *attr, uint32_t otherwise)
{
    return attr ? nla_get_u32(attr) : otherwise;
}

static bool get_flag(struct nlattr *attr)
{
    return attr && nla_get_u8(attr);
}

static void parse_tun(struct nlattr *data, struct link_tun *tun)
{
    struct nlattr *attrs[IFLA_TUN_MAX + 1];

    if (nla_parse_nested(attrs, IFLA_TUN_MAX, data, tun_policy)) {
        return;
    }
    tun->tap = attrs[IFLA_TUN_TYPE] && nla_get_u8(attrs[IFLA_TUN_TYPE]) == IFF_TAP;
    tun->vnet_hdr = get_flag(attrs[IFLA_TUN_VNET_HDR]);
    tun->multi_queue = get_flag(attrs[IFLA_TUN_MULTI_QUEUE]);
    tun->persist = get_flag(attrs[IFLA_TUN_PERSIST]);
    tun->owner = get_u32(attrs[IFLA_TUN_OWNER], (uid_t)-1);
    tun->group = get_u32(attrs[IFLA_TUN_GROUP], (gid_t)-1);
    tun->n_queues = get_u32(attrs[IFLA_TUN_NUM_QUEUES], 0) +
                    get_u32(attrs[IFLA_TUN_NUM_DISABLED_QUEUES], 0);
}

/* IFLA_MACVLAN_MODE, in which the kernel keeps one bit for each mode. */
static enum macvtap_mode mode_of(uint32_t bits)
{
    switch (bits) {
    case MACVLAN_MODE_VEPA:
        return MACVTAP_VEPA;
    case MACVLAN_MODE_BRIDGE:
        return MACVTAP_BRIDGE;
    case MACVLAN_MODE_PRIVATE:
        return MACVTAP_PRIVATE;
    case MACVLAN_MODE_PASSTHRU:
        return MACVTAP_PASSTHROUGH;
    default: /* MACVLAN_MODE_SOURCE, which we never make */
        return MACVTAP_NO_MODE;
    }
}

static void parse_macvlan(struct nlattr *data, struct link_info *info)
{
    struct nlattr *attrs[IFLA_MACVLAN_MAX + 1];

    if (nla_parse_nested(attrs, IFLA_MACVLAN_MAX, data, macvlan_policy) == 0) {
        info->macvtap_mode = mode_of(get_u32(attrs[IFLA_MACVLAN_MODE], 0));
    }
}

static void parse_vlan(struct nlattr *data, struct link_info *info)
{
    struct nlattr *attrs[IFLA_VLAN_MAX + 1];

    if (nla_parse_nested(attrs, IFLA_VLAN_MAX, data, vlan_policy) || !attrs[IFLA_VLAN_ID]) {
        return;
    }
    /* In network byte order. The VLANs of 802.1ad have the same numbers and are others. */
    struct nlattr *protocol = attrs[IFLA_VLAN_PROTOCOL];

    if (!protocol || nla_get_u16(protocol) == htons(ETH_P_8021Q)) {
        info->vlan_id = nla_get_u16(attrs[IFLA_VLAN_ID]);
    }
}

static void parse_linkinfo(struct nlattr *linkinfo, struct link_info *info)
{
    struct nlattr *attrs[IFLA_INFO_MAX + 1];

    if (nla_parse_nested(attrs, IFLA_INFO_MAX, linkinfo, info_policy)) {
        return;
    }
    if (attrs[IFLA_INFO_KIND]) {
        nla_strlcpy(info->kind, attrs[IFLA_INFO_KIND], sizeof info->kind);
    }
    if (!attrs[IFLA_INFO_DATA]) {
        return;
    }
    if (str_eq(info->kind, "tun")) {
        parse_tun(attrs[IFLA_INFO_DATA], &info->tun);
    } else if (str_eq(info->kind, "macvtap") || str_eq(info->kind, "macvlan")) {
        parse_macvlan(attrs[IFLA_INFO_DATA], info);
    } else if (str_eq(info->kind, "vlan")) {
        parse_vlan(attrs[IFLA_INFO_DATA], info);
    }
}

static void get_mac(struct nlattr *attr, struct mac *mac)
{
    if (attr && nla_len(attr) == sizeof mac->octet) {
        memcpy(mac->octet, nla_data(attr), sizeof mac->octet);
    }
}

bool link_message_parse(const struct nlmsghdr *message, struct link_info *info)
{
    struct nlattr *attrs[IFLA_MAX + 1];
    /* libnl's parser takes messages that can be changed, and does not change them. */
    struct nlmsghdr *m = (struct nlmsghdr *)(uintptr_t)message;

    if ((m->nlmsg_type != RTM_NEWLINK && m->nlmsg_type != RTM_DELLINK) ||
        nlmsg_parse(m, sizeof(struct ifinfomsg), attrs, IFLA_MAX, link_policy) ||
        !attrs[IFLA_IFNAME]) {
        return false;
    }
    const struct ifinfomsg *header = nlmsg_data(m);

    if (header->ifi_family != AF_UNSPEC) {
        return false;
    }
    memset(info, 0, sizeof *info);
    info->ifindex = header->ifi_index;
    info->up = header->ifi_flags & IFF_UP;
    info->ethernet = header->ifi_type == ARPHRD_ETHER;
    info->loopback = header->ifi_flags & IFF_LOOPBACK;
    info->allmulticast = header->ifi_flags & IFF_ALLMULTI;
    info->promiscuity = get_u32(attrs[IFLA_PROMISCUITY], 0);
    info->vlan_id = -1;
    nla_strlcpy(info->name, attrs[IFLA_IFNAME], sizeof info->name);
    if (attrs[IFLA_IFALIAS]) {
        nla_strlcpy(info->alias, attrs[IFLA_IFALIAS], sizeof info->alias);
    }
    get_mac(attrs[IFLA_ADDRESS], &info->mac);
    get_mac(attrs[IFLA_PERM_ADDRESS], &info->permanent_mac);
    info->mtu = get_u32(attrs[IFLA_MTU], 0);
    info->max_mtu = get_u32(attrs[IFLA_MAX_MTU], 0);
    info->carrier = get_flag(attrs[IFLA_CARRIER]);
    info->master = (int)get_u32(attrs[IFLA_MASTER], 0);
    if (!attrs[IFLA_LINK_NETNSID]) {
        info->lower = (int)get_u32(attrs[IFLA_LINK], 0);
    }
    if (attrs[IFLA_LINKINFO]) {
        parse_linkinfo(attrs[IFLA_LINKINFO], info);
    }
    return true;
}
