/* Looking at lower devices: at the host's links and records, and at the switches behind them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/rtnl.h"
#include "netdev/wireless.h"
#include "vif/lower.h"
#include "vif/record.h"

static void add_user(struct vif_lower *lower, const struct vif_lower_user *user)
{
    lower->users = mem_resize(lower->users, lower->n_users + 1, sizeof *user);
    lower->users[lower->n_users++] = *user;
}

static void add_vlans(struct vif_lower *lower, const struct vif_lowers *lowers)
{
    for (size_t i = 0; i < lowers->n_links; i++) {
        const struct link_info *link = &lowers->links[i];

        if (link->vlan_id >= 0 && link->lower == lower->link.ifindex) {
            lower->vlans = mem_resize(lower->vlans, lower->n_vlans + 1, sizeof *lower->vlans);
            lower->vlans[lower->n_vlans++] = *link;
        }
    }
}

/* Whether a link is on the lower device, and if so on which VLAN link of it, or -1. */
static bool is_on(const struct link_info *link, const struct vif_lower *lower, int *vlan)
{
    *vlan = -1;
    if (link->lower == lower->link.ifindex) {
        return true;
    }
    for (size_t i = 0; i < lower->n_vlans; i++) {
        if (link->lower == lower->vlans[i].ifindex) {
            *vlan = lower->vlans[i].vlan_id;
            return true;
        }
    }
    return false;
}

static void add_uppers(struct vif_lower *lower, const struct vif_lowers *lowers)
{
    for (size_t i = 0; i < lowers->n_links; i++) {
        const struct link_info *link = &lowers->links[i];
        struct vif_lower_user user = {
            .state = VIF_USER_IS_THERE,
            .mac = link->mac,
            .mode = link->macvtap_mode,
        };

        if (link_is_macvlan(link) && is_on(link, lower, &user.vlan)) {
            str_copy(user.name, sizeof user.name, link->name);
            add_user(lower, &user);
        }
    }
}

static const struct link_info *find_named(const struct vif_lowers *lowers, const char *name)
{
    for (size_t i = 0; i < lowers->n_links; i++) {
        if (str_eq(lowers->links[i].name, name)) {
            return &lowers->links[i];
        }
    }
    return NULL;
}

/* What a live process is about to make, by a record that says "plugging". What a dead one left is
 * for gc, and takes no room. */
static void add_pending(struct vif_lower *lower, const struct vif_lowers *lowers,
                        const struct vif_record *record)
{
    const struct vif_port *port = &record->port;
    struct vif_lower_user user = {
        .state = VIF_USER_PENDING,
        .mac = port->host_mac,
        .mode = port->mode,
        .vlan = vif_lower_vlan(port),
    };

    if (port->attachment == VIF_ATTACH_LOWER && str_eq(port->lower, lower->name) &&
        vif_record_owner_lives(record) && !find_named(lowers, port->name)) {
        str_copy(user.name, sizeof user.name, port->name);
        add_user(lower, &user);
    }
}

static void look_at(struct vif_lower *lower, const struct vif_lowers *lowers,
                    const struct vif_record *records, size_t n_records)
{
    const struct link_info *link = find_named(lowers, lower->name);

    if (!link) {
        return;
    }
    lower->has_link = true;
    lower->link = *link;
    add_vlans(lower, lowers);
    add_uppers(lower, lowers);
    for (size_t i = 0; i < n_records; i++) {
        add_pending(lower, lowers, &records[i]);
    }
}

/* Moves what does not change, or takes long to find out, from an earlier look. */
static void keep_answers(struct vif_lowers *new, struct vif_lowers *old)
{
    for (size_t i = 0; i < new->n; i++) {
        struct vif_lower *known = vif_lowers_find(old, new->list[i].name);

        if (known) {
            new->list[i].wireless = known->wireless;
            new->list[i].was_asked = known->was_asked;
            new->list[i].reflection = known->reflection;
            memset(&known->reflection, 0, sizeof known->reflection);
        }
    }
}

/* Fills `new`, which has the names, and puts it in the place of `lowers`. */
static int look(struct rtnl *rtnl, struct vif_records *records, struct vif_lowers *new,
                struct vif_lowers *lowers, char **errorp)
{
    struct vif_record *plugging = NULL;
    size_t n = 0;
    /* Records first: what somebody makes between the two is then counted as one or the other. */
    int error = new->n ? vif_records_read_plugging(records, &plugging, &n, errorp) : 0;

    if (!error && new->n) {
        error = link_list(rtnl, &new->links, &new->n_links, errorp);
    }
    for (size_t i = 0; i < new->n && !error; i++) {
        look_at(&new->list[i], new, plugging, n);
    }
    vif_records_free(plugging, n);
    keep_answers(new, lowers);
    vif_lowers_clear(lowers);
    *lowers = *new;
    return error;
}

static void add_name(struct vif_lowers *lowers, const char *name)
{
    if (!vif_lowers_find(lowers, name)) {
        lowers->list = mem_resize(lowers->list, lowers->n + 1, sizeof *lowers->list);
        lowers->list[lowers->n++] = (struct vif_lower){.name = str_dup(name)};
    }
}

int vif_lowers_look(struct rtnl *rtnl, struct vif_records *records, const struct vif_port *ports,
                    size_t n, struct vif_lowers *lowers, char **errorp)
{
    struct vif_lowers new = {0};

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < ports[i].n_lowers; k++) {
            add_name(&new, ports[i].lowers[k]);
        }
    }
    int error = look(rtnl, records, &new, lowers, errorp);
    for (size_t i = 0; i < lowers->n && !error; i++) {
        struct vif_lower *lower = &lowers->list[i];

        error = lower->has_link ? link_is_wireless(lower->name, &lower->wireless, errorp) : 0;
    }
    return error;
}

int vif_lowers_count(struct rtnl *rtnl, struct vif_records *records, struct vif_lowers *lowers,
                     char **errorp)
{
    struct vif_lowers new = {0};

    for (size_t i = 0; i < lowers->n; i++) {
        add_name(&new, lowers->list[i].name);
    }
    return look(rtnl, records, &new, lowers, errorp);
}

static void ask(struct rtnl *rtnl, struct vif_lower *lower)
{
    const struct probe_options options = {.lower = lower->name};
    char *sentence = NULL;

    lower->was_asked = true;
    if (probe_reflection(rtnl, &options, &lower->reflection, &sentence)) {
        lower->reflection = (struct probe_result){.answer = PROBE_UNKNOWN, .reason = sentence};
    }
}

void vif_lowers_ask(struct rtnl *rtnl, const struct vif_port *port, struct vif_lowers *lowers)
{
    if (!port->mode_auto && !port->needs_reflection) {
        return;
    }
    for (size_t i = 0; i < port->n_lowers; i++) {
        struct vif_lower *lower = vif_lowers_find(lowers, port->lowers[i]);

        if (lower && !lower->was_asked && vif_lower_check(port, lower, lowers, NULL) == 0) {
            ask(rtnl, lower);
        }
    }
}
