#include "libvirt/network-hook.h"

#include <errno.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "policy/host.h"
#include "policy/trusted.h"
#include "vif/document.h"
#include "vif/host.h"
#include "vif/plan-vlan.h"
#include "vif/vlan.h"
#include "vif/xml.h"
#include "vif/xmlfile.h"

/* A <networkport>, as far as a policy is about it. */
struct port {
    struct vif_port vlan; /* its VLAN only, and nothing else */
    bool vlan_asked;      /* the interface has another one than the network gives it */
    bool has_mac;
    struct mac mac;
    enum macvtap_mode mode;
    char *owner; /* the domain's name, or NULL */
};

static void port_clear(struct port *port)
{
    vif_port_clear(&port->vlan);
    free(port->owner);
}

static bool same_vlan(const struct vif_vlan *a, const struct vif_vlan *b)
{
    if (a->n_tags != b->n_tags || a->trunk != b->trunk) {
        return false;
    }
    for (size_t i = 0; i < a->n_tags; i++) {
        if (a->tags[i].id != b->tags[i].id || a->tags[i].native != b->tags[i].native) {
            return false;
        }
    }
    return true;
}

/* The <portgroup> that libvirt takes: of that name, or the default one where none is named. */
static const xmlNode *find_portgroup(const xmlNode *network, const char *name)
{
    const xmlNode *group = xml_child(network, "portgroup");

    for (; group; group = xml_next(group)) {
        auto_free char *value = xml_attribute(group, name ? "name" : "default");

        if (value && str_eq(value, name ? name : "yes")) {
            break;
        }
    }
    return group;
}

/* The VLAN that an interface without one gets: its portgroup's, or else the network's. */
static int read_given_vlan(const xmlNode *network, const xmlNode *networkport,
                           struct vif_vlan *vlan, char **errorp)
{
    const xmlNode *element = xml_child(networkport, "group");
    auto_free char *name = element ? xml_text(element) : NULL;
    const xmlNode *group = find_portgroup(network, name);

    return vif_vlan_parse(group && xml_child(group, "vlan") ? group : network, vlan, errorp);
}

static int read_vlan(const xmlNode *network, const xmlNode *networkport, struct port *port,
                     char **errorp)
{
    struct vif_vlan given = {0};
    struct vif_vlan vlan = {0};
    int error = vif_vlan_parse(networkport, &vlan, errorp);

    if (!error) {
        error = vif_plan_vlan(&vlan, &port->vlan, errorp);
    }
    if (!error) {
        error = read_given_vlan(network, networkport, &given, errorp);
    }
    port->vlan_asked = !error && !same_vlan(&vlan, &given);
    vif_vlan_clear(&given);
    vif_vlan_clear(&vlan);
    return error;
}

static int read_mac(const xmlNode *networkport, struct port *port, char **errorp)
{
    const xmlNode *element = xml_child(networkport, "mac");
    auto_free char *address = element ? xml_attribute(element, "address") : NULL;

    port->has_mac = address != NULL;
    return address ? mac_parse(address, &port->mac, errorp) : 0;
}

/* Of a macvtap: <plug type='direct' mode='...'/>. */
static void read_mode(const xmlNode *networkport, struct port *port)
{
    const xmlNode *plug = xml_child(networkport, "plug");
    auto_free char *type = plug ? xml_attribute(plug, "type") : NULL;
    auto_free char *mode = plug ? xml_attribute(plug, "mode") : NULL;

    port->mode = type && mode && str_eq(type, "direct") ? macvtap_mode_of(mode) : MACVTAP_NO_MODE;
}

/* The caller calls port_clear() either way. */
static int read_port(const xmlNode *root, struct port *port, char **errorp)
{
    const xmlNode *network = xml_child(root, "network");
    const xmlNode *networkport = xml_child(root, "networkport");

    if (!xml_is(root, "hookData") || !network || !networkport) {
        return error_set(errorp, EINVAL, "no <hookData> with a <network> and a <networkport>");
    }
    const xmlNode *owner = xml_child(networkport, "owner");
    const xmlNode *name = owner ? xml_child(owner, "name") : NULL;

    port->owner = name ? xml_text(name) : NULL;
    read_mode(networkport, port);
    int error = read_mac(networkport, port, errorp);
    return error ? error : read_vlan(network, networkport, port, errorp);
}

static int read_input(struct port *port, char **errorp)
{
    auto_free char *text = NULL;
    size_t length;
    xmlDoc *doc;
    int error = xml_read_file("-", VIF_DOCUMENT_MAX, &text, &length, errorp);

    if (!error) {
        error = xml_parse_text(text, length, &doc, errorp);
    }
    if (!error) {
        error = read_port(xmlDocGetRootElement(doc), port, errorp);
        xmlFreeDoc(doc);
    }
    return error ? error_wrap(errorp, error, "standard input") : 0;
}

/* What root has now. */
static int count(struct policy_held *held, char **errorp)
{
    struct vif_records *records;
    struct vif_record *all;
    size_t n;
    int error = vif_records_open(vif_default_rundir(), &records, errorp);

    if (error) {
        return error;
    }
    error = vif_records_read_all(records, &all, &n, errorp);
    if (!error) {
        policy_held_find(0, all, n, held);
        vif_records_free(all, n);
    }
    vif_records_close(records);
    return error;
}

static int judge(const struct policy *policy, const char *network, const struct port *port,
                 const struct policy_held *held, char **errorp)
{
    static const gid_t group = 0;
    const struct policy_request request = {
        .name = network,
        .gids = &group,
        .n_gids = 1,
        .is_network = true,
        .vlan_asked = port->vlan_asked,
        .vlan = &port->vlan.vlan,
        .mac = port->has_mac ? &port->mac : NULL,
        .mode = port->mode,
        .held = (const char *const *)held->names,
        .n_held = held->n,
    };
    struct policy_verdict verdict;
    char mac[MAC_TEXT_SIZE];

    policy_decide(policy, &request, &verdict);
    int error = verdict.allowed
                    ? 0
                    : error_set(errorp, EACCES, "interface %s of domain \"%s\" is denied: %s",
                                port->has_mac ? mac_format(&port->mac, mac) : "without an address",
                                port->owner ? port->owner : "", verdict.reason);
    policy_verdict_clear(&verdict);
    return error;
}

static int decide(const struct policy *policy, const char *network, char **errorp)
{
    struct policy_held held = {0};
    struct port port = {0};
    int error = read_input(&port, errorp);

    if (!error) {
        error = count(&held, errorp);
    }
    if (!error) {
        error = judge(policy, network, &port, &held, errorp);
    }
    policy_held_clear(&held);
    port_clear(&port);
    return error;
}

int network_hook_decide(const char *network, char **errorp)
{
    struct policy *policy;
    struct stat st;

    /* Nothing else that may be wrong with it is like having none. */
    if (lstat(POLICY_FILE, &st) && (errno == ENOENT || errno == ENOTDIR)) {
        return 0;
    }
    int error = policy_read_host(trusted_read, &policy, errorp);
    if (error) {
        return error_wrap(errorp, error,
                          "network \"%s\": every port is denied, since the policy "
                          "cannot be believed",
                          network);
    }
    if (policy_names(policy, network)) {
        error = decide(policy, network, errorp);
    }
    policy_free(policy);
    return error ? error_wrap(errorp, error, "network \"%s\"", network) : 0;
}
