#include "vif/lower-use.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/rtnl.h"
#include "vif/host.h"
#include "vif/vlan-link.h"

void vif_lower_remember(const struct vif_lower *lower, struct vif_record *record)
{
    int vlan = vif_lower_vlan(&record->port);
    const struct link_info *link = vlan < 0 ? &lower->link : vif_lower_vlan_link(lower, vlan);

    record->home_mac = lower->link.mac;
    record->has_home_mac = true;
    record->home_vlan = lower->link.vlan_id;
    record->lower_was_down = !lower->link.up;
    record->vlan_was_missing = !link;
    record->vlan_was_down = vlan >= 0 && link && !link->up;
    record->has_lower_mac = link && record->port.mode == MACVTAP_PASSTHROUGH;
    if (record->has_lower_mac) {
        record->lower_mac = link->mac;
    }
}

int vif_lower_prepare(struct vif_host *host, struct vif_lower *lower, const struct vif_port *port,
                      int *ifindex, char **errorp)
{
    int vlan = vif_lower_vlan(port);

    if (vlan < 0) {
        *ifindex = lower->link.ifindex;
        return 0;
    }
    const struct link_info *link = vif_lower_vlan_link(lower, vlan);
    if (!link) {
        struct link_info made;
        int error = vif_vlan_link_make(host, &lower->link, vlan, &made, errorp);

        if (error) {
            return error;
        }
        lower->vlans = mem_resize(lower->vlans, lower->n_vlans + 1, sizeof *lower->vlans);
        lower->vlans[lower->n_vlans] = made;
        link = &lower->vlans[lower->n_vlans++];
    }
    *ifindex = link->ifindex;
    return 0;
}

static int set_state(struct vif_host *host, struct rtnl *rtnl, const struct link_info *link,
                     bool up, char **errorp)
{
    const struct link_change change = {.state = up ? LINK_UP : LINK_DOWN};

    if (link->up == up) {
        return 0;
    }
    vif_host_log(host, "setting \"%s\" %s", link->name, up ? "up" : "down");
    return link_change(rtnl, link->ifindex, &change, errorp);
}

int vif_lower_bring_up(struct vif_host *host, const struct vif_record *record, int ifindex,
                       char **errorp)
{
    struct link_info link;
    struct link_info lower;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = link_get_by_index(rtnl, ifindex, &link, errorp);
    }
    /* A VLAN link cannot come up before what it is on. */
    if (!error && vif_lower_vlan(&record->port) >= 0) {
        error = link_get_by_index(rtnl, link.lower, &lower, errorp);
        if (!error) {
            error = set_state(host, rtnl, &lower, true, errorp);
        }
    }
    return error ? error : set_state(host, rtnl, &link, true, errorp);
}

void vif_lower_keep_up(struct vif_record *record)
{
    if (record->port.mode != MACVTAP_PASSTHROUGH) {
        record->lower_was_down = false;
        record->vlan_was_down = false;
    }
}

/* The host's links, and the records that stay. */
struct scene {
    struct vif_host *host;
    struct rtnl *rtnl;
    struct link_info *links;
    size_t n_links;
    struct vif_record *records; /* all, those that go first */
    size_t n_records;
    size_t n_going;
};

static bool is_among(const struct vif_record *record, const struct vif_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(record->port.name, records[i].port.name) &&
            str_eq(record->plug_id, records[i].plug_id)) {
            return true;
        }
    }
    return false;
}

static int look(struct vif_host *host, const struct vif_record *going, size_t n,
                struct scene *scene, char **errorp)
{
    struct vif_records *records;

    *scene = (struct scene){.host = host};
    int error = vif_host_rtnl(host, &scene->rtnl, errorp);
    if (!error) {
        error = vif_host_records(host, &records, errorp);
    }
    if (!error) {
        error = vif_records_read_all(records, &scene->records, &scene->n_records, errorp);
    }
    if (!error) {
        error = link_list(scene->rtnl, &scene->links, &scene->n_links, errorp);
        if (error) {
            vif_records_free(scene->records, scene->n_records);
        }
    }
    for (size_t i = 0; i < scene->n_records && !error; i++) {
        if (is_among(&scene->records[i], going, n)) {
            struct vif_record gone = scene->records[i];

            scene->records[i] = scene->records[scene->n_going];
            scene->records[scene->n_going++] = gone;
        }
    }
    return error;
}

static void clear(struct scene *scene)
{
    free(scene->links);
    vif_records_free(scene->records, scene->n_records);
}

static struct link_info *find_named(const struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->n_links; i++) {
        if (str_eq(scene->links[i].name, name)) {
            return &scene->links[i];
        }
    }
    return NULL;
}

static struct link_info *find_vlan(const struct scene *scene, int lower, int vlan)
{
    for (size_t i = 0; i < scene->n_links; i++) {
        struct link_info *link = &scene->links[i];

        if (str_eq(link->kind, "vlan") && link->lower == lower && link->vlan_id == vlan) {
            return link;
        }
    }
    return NULL;
}

/* Whether a link is on another one. The two ends of these pairs only name each other. */
static bool is_on(const struct link_info *link, const struct link_info *lower)
{
    return link->lower == lower->ifindex && !str_eq(link->kind, "veth") &&
           !str_eq(link->kind, "netkit");
}

/* Whether a link carries others or is a port of something. */
static bool has_users(const struct scene *scene, const struct link_info *link)
{
    for (size_t i = 0; i < scene->n_links; i++) {
        if (is_on(&scene->links[i], link)) {
            return true;
        }
    }
    return link->master != 0;
}

/* Whether an interface that stays is, or is to be, on that lower device; with a VLAN other than -1,
 * on that of its VLANs. */
static bool has_records(const struct scene *scene, const char *lower, int vlan)
{
    for (size_t i = scene->n_going; i < scene->n_records; i++) {
        const struct vif_port *port = &scene->records[i].port;

        if (str_eq(port->lower, lower) && (vlan < 0 || vif_lower_vlan(port) == vlan)) {
            return true;
        }
    }
    return false;
}

/* Whether a VLAN link that bears no mark was made for one of the interfaces that go, which was cut
 * short before it could mark it. */
static bool was_cut_short(const struct scene *scene, const struct link_info *link,
                          const struct link_info *lower)
{
    char name[IFNAMSIZ];

    vif_vlan_link_name(lower->name, link->vlan_id, name);
    if (link->alias[0] || link->up || !str_eq(link->name, name)) {
        return false;
    }
    for (size_t i = 0; i < scene->n_going; i++) {
        const struct vif_record *record = &scene->records[i];

        if (record->vlan_was_missing && str_eq(record->port.lower, lower->name) &&
            vif_lower_vlan(&record->port) == link->vlan_id) {
            return true;
        }
    }
    return false;
}

static bool is_unused_vlan(const struct scene *scene, const struct link_info *link)
{
    const struct link_info *lower = NULL;

    if (!str_eq(link->kind, "vlan")) {
        return false;
    }
    for (size_t i = 0; i < scene->n_links; i++) {
        if (scene->links[i].ifindex == link->lower) {
            lower = &scene->links[i];
        }
    }
    bool ours = str_eq(link->alias, VIF_VLAN_MARK) || (lower && was_cut_short(scene, link, lower));
    return ours && !has_users(scene, link) &&
           !(lower && has_records(scene, lower->name, link->vlan_id));
}

static int remove_unused_vlans(struct scene *scene, char **errorp)
{
    for (size_t i = 0; i < scene->n_links;) {
        if (!is_unused_vlan(scene, &scene->links[i])) {
            i++;
            continue;
        }
        vif_host_log(scene->host, "deleting VLAN link \"%s\"", scene->links[i].name);
        int error = link_delete(scene->rtnl, scene->links[i].ifindex, errorp);
        if (error) {
            return error;
        }
        scene->links[i] = scene->links[--scene->n_links];
    }
    return 0;
}

/* Gives the device below a passthrough macvtap its own address back, if it still has the guest's.
 */
static int set_back_mac(struct scene *scene, const struct vif_record *record,
                        const struct link_info *link, char **errorp)
{
    const struct link_change change = {.mac = &record->lower_mac};
    char text[MAC_TEXT_SIZE];

    if (!record->has_lower_mac || !mac_equal(&link->mac, &record->port.mac) ||
        mac_equal(&link->mac, &record->lower_mac) || has_users(scene, link)) {
        return 0;
    }
    vif_host_log(scene->host, "giving \"%s\" its address %s back", link->name,
                 mac_format(&record->lower_mac, text));
    return link_change(scene->rtnl, link->ifindex, &change, errorp);
}

static int set_back(struct scene *scene, const struct vif_record *record, char **errorp)
{
    int vlan = vif_lower_vlan(&record->port);
    const struct link_info *lower = find_named(scene, record->port.lower);
    const struct link_info *link = lower && vlan >= 0 ? find_vlan(scene, lower->ifindex, vlan)
                                                      : lower;
    int error = link ? set_back_mac(scene, record, link, errorp) : 0;

    if (!error && vlan >= 0 && link && record->vlan_was_down && !has_users(scene, link) &&
        !has_records(scene, record->port.lower, vlan)) {
        error = set_state(scene->host, scene->rtnl, link, false, errorp);
    }
    if (!error && lower && record->lower_was_down && !has_users(scene, lower) &&
        !has_records(scene, record->port.lower, -1)) {
        error = set_state(scene->host, scene->rtnl, lower, false, errorp);
    }
    return error;
}

bool vif_lower_has_to_set_back(const struct vif_record *record)
{
    return record->port.attachment == VIF_ATTACH_LOWER &&
           (vif_lower_vlan(&record->port) >= 0 || record->has_lower_mac || record->lower_was_down);
}

int vif_lower_set_back(struct vif_host *host, const struct vif_record *records, size_t n,
                       char **errorp)
{
    struct scene scene;
    int error = look(host, records, n, &scene, errorp);

    if (error) {
        return error;
    }
    error = remove_unused_vlans(&scene, errorp);
    for (size_t i = 0; i < n && !error; i++) {
        if (records[i].port.attachment == VIF_ATTACH_LOWER) {
            error = set_back(&scene, &records[i], errorp);
        }
    }
    clear(&scene);
    return error;
}

int vif_lower_find_unused(struct vif_host *host, struct link_info **linksp, size_t *n,
                          char **errorp)
{
    struct scene scene;
    int error = look(host, NULL, 0, &scene, errorp);

    if (error) {
        return error;
    }
    struct link_info *links = mem_resize(NULL, scene.n_links, sizeof *links);
    *n = 0;
    for (size_t i = 0; i < scene.n_links; i++) {
        if (is_unused_vlan(&scene, &scene.links[i])) {
            links[(*n)++] = scene.links[i];
        }
    }
    *linksp = links;
    clear(&scene);
    return 0;
}
