#include "helper/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "netdev/mac.h"
#include "vif/identity.h"

/* A network's file is a few lines. */
#define NETWORK_MAX ((size_t)1024 * 1024)

#define VLAN_MAX 4094

static int take_vlan(struct vif_vlan *vlan, const char *text, char **errorp)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long id = digits && digits < 5 && !text[digits] ? strtoul(text, NULL, 10) : 0;

    if (id < 1 || id > VLAN_MAX) {
        return error_set(errorp, EINVAL, "--vlan \"%.8s\": a number from 1 to %d is wanted", text,
                         VLAN_MAX);
    }
    vlan->tags = mem_zalloc(sizeof *vlan->tags);
    vlan->tags[0].id = (uint16_t)id;
    vlan->n_tags = 1;
    return 0;
}

static int take_mac(struct mac *mac, const char *text, char **errorp)
{
    int error = strlen(text) < MAC_TEXT_SIZE ? mac_parse(text, mac, errorp)
                                             : error_set(errorp, EINVAL, "it is too long");

    if (!error) {
        error = mac_check_guest(mac, errorp);
    }
    return error ? error_wrap(errorp, error, "--mac") : 0;
}

int ask_take(struct ask *ask, const char *name, const char *vlan, const char *mac, char **errorp)
{
    memset(ask, 0, sizeof *ask);
    int error = policy_check_name(name, errorp);

    if (!error) {
        ask->name = str_dup(name);
        ask->has_vlan = vlan != NULL;
        ask->has_mac = mac != NULL;
    }
    if (!error && vlan) {
        error = take_vlan(&ask->spec.vlan, vlan, errorp);
    }
    if (!error && mac) {
        ask->spec.has_mac = true;
        error = take_mac(&ask->spec.mac, mac, errorp);
    }
    return error;
}

void ask_clear(struct ask *ask)
{
    free(ask->name);
    vif_plan_clear(&ask->draft);
    vif_spec_clear(&ask->spec);
    vif_networks_free(ask->networks);
    memset(ask, 0, sizeof *ask);
}

bool ask_is_worth_it(const struct policy *policy, const struct ask *ask,
                     const struct ask_caller *caller, struct policy_verdict *verdict)
{
    /* As wide as can be, for the sentence. */
    const struct ovs_vlan all = {.mode = OVS_VLAN_TRUNK, .tag = -1};
    const struct policy_request request = {
        .name = ask->name,
        .uid = caller->uid,
        .gids = caller->gids,
        .n_gids = caller->n_gids,
        .vlan = &all,
    };

    if (policy_may_ask(policy, &request)) {
        return true;
    }
    policy_decide(policy, &request, verdict);
    return false;
}

/* Looks for a network's file; *found is false where there is none in any of the folders. */
static int find_network(struct ask *ask, policy_read_fn *read, char **errorp)
{
    int error = vif_networks_new(NULL, 0, NULL, 0, &ask->networks, errorp);

    for (size_t i = 0; i < ARRAY_LEN(vif_network_folders) && !error && !ask->is_network; i++) {
        auto_free char *file = str_printf("%s/%s.xml", vif_network_folders[i], ask->name);
        auto_free char *sentence = NULL;
        auto_free char *text = NULL;
        size_t length = 0;
        int missing = read(file, NETWORK_MAX, &text, &length, &sentence);

        if (missing && missing != -ENOENT && missing != -ENOTDIR) {
            return error_set(errorp, -missing, "%s", sentence);
        }
        if (!missing) {
            ask->is_network = true;
            error = vif_networks_add(ask->networks, ask->name, file, text, length, errorp);
        }
    }
    return error;
}

/* The wish. Its id is always a new one, so that no port but this is ever taken for it: what it is
 * made of otherwise, the MAC address, is the caller's to choose. */
static void fill_spec(struct ask *ask)
{
    struct vif_spec *spec = &ask->spec;
    char id[37];

    vif_identity_random(id);
    spec->virtualport.present = true;
    spec->virtualport.interface_id = str_dup(id);
    spec->type = ask->is_network ? VIF_TYPE_NETWORK : VIF_TYPE_BRIDGE;
    spec->type_name = str_dup(ask->is_network ? "network" : "bridge");
    *(ask->is_network ? &spec->source_network : &spec->source_bridge) = str_dup(ask->name);
}

/* What the helper cannot do of a macvtap. */
static int check_macvtap(const struct ask *ask, char **errorp)
{
    const struct vif_port *port = &ask->draft.ports[0];

    if (port->mode_auto || port->needs_reflection) {
        return error_set(errorp, EOPNOTSUPP,
                         "\"%s\" leaves it to the switch how to connect, and the bridge helper may "
                         "not ask that; let the network name a mode",
                         ask->name);
    }
    if (port->device == VIF_DEVICE_MACVTAP && !ask->has_mac) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is a macvtap, which passes the frames of one address: name the "
                         "guest's with --mac",
                         ask->name);
    }
    return 0;
}

int ask_look_up(struct ask *ask, policy_read_fn *read, char **errorp)
{
    const struct vif_plan_options options = {.owner = (uid_t)-1, .group = (gid_t)-1};
    const struct vif_wish wish = {.spec = &ask->spec, .where = ask->name};
    int error = find_network(ask, read, errorp);

    if (!error && !ask->is_network && ifname_check(ask->name, errorp)) {
        error = error_wrap(errorp, -ENOENT, "there is no network \"%s\", and no bridge can be",
                           ask->name);
    }
    if (error) {
        return error;
    }
    fill_spec(ask);
    error = vif_plan_draft(&wish, 1, ask->networks, &options, &ask->draft, errorp);
    return error ? error : check_macvtap(ask, errorp);
}

void ask_decide(const struct ask *ask, const struct vif_port *port, const struct policy *policy,
                const struct ask_caller *caller, const struct vif_record *records, size_t n_records,
                struct policy_verdict *verdict)
{
    struct policy_held held;

    policy_held_find(caller->uid, records, n_records, &held);
    const struct policy_request request = {
        .name = ask->name,
        .uid = caller->uid,
        .gids = caller->gids,
        .n_gids = caller->n_gids,
        .is_network = ask->is_network,
        .vlan_asked = ask->has_vlan,
        .vlan = &port->vlan,
        .mac = ask->has_mac ? &ask->spec.mac : NULL,
        .mode = port->mode,
        .held = (const char *const *)held.names,
        .n_held = held.n,
    };

    policy_decide(policy, &request, verdict);
    policy_held_clear(&held);
}
