/* struct vif_port to JSON and back. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "netdev/tap.h"
#include "vif/json.h"
#include "vif/port.h"
#include "vif/strategy.h"
#include "vif/uuidtext.h"

#define VLAN_MAX 4095

static void add_number_or_null(cJSON *json, const char *key, bool is_null, double number)
{
    cJSON_AddItemToObject(json, key, is_null ? cJSON_CreateNull() : cJSON_CreateNumber(number));
}

static void add_vlan(cJSON *json, const struct ovs_vlan *vlan)
{
    cJSON *object = cJSON_AddObjectToObject(json, "vlan");

    cJSON_AddStringToObject(object, "mode", ovs_vlan_mode_name(vlan->mode));
    add_number_or_null(object, "tag", vlan->tag < 0, vlan->tag);
    cJSON *trunks = cJSON_AddArrayToObject(object, "trunks");
    for (size_t i = 0; i < vlan->n_trunks; i++) {
        cJSON_AddItemToArray(trunks, cJSON_CreateNumber(vlan->trunks[i]));
    }
}

static void add_qos(cJSON *json, const struct ovs_qos *qos)
{
    cJSON *object = cJSON_AddObjectToObject(json, "qos");

    cJSON_AddNumberToObject(object, "ingress_kbps", (double)qos->ingress_kbps);
    cJSON_AddNumberToObject(object, "ingress_burst_kb", (double)qos->ingress_burst_kb);
    cJSON_AddNumberToObject(object, "egress_min_bps", (double)qos->egress_min_bps);
    cJSON_AddNumberToObject(object, "egress_max_bps", (double)qos->egress_max_bps);
    cJSON_AddNumberToObject(object, "egress_burst_bits", (double)qos->egress_burst_bits);
}

cJSON *vif_port_to_json(const struct vif_port *port)
{
    char mac[MAC_TEXT_SIZE];
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "name", port->name);
    cJSON_AddBoolToObject(json, "name_generated", port->name_generated);
    cJSON_AddStringToObject(json, "device", vif_device_name(port->device));
    cJSON_AddBoolToObject(json, "managed", port->managed);
    cJSON_AddBoolToObject(json, "persistent", port->persistent);
    add_number_or_null(json, "user", port->owner == (uid_t)-1, port->owner);
    add_number_or_null(json, "group", port->group == (gid_t)-1, port->group);
    json_add_string_or_null(json, "domain", port->domain_name);
    json_add_string_or_null(json, "domain_uuid", port->domain_uuid);
    cJSON_AddStringToObject(json, "interface_id", port->interface_id);
    json_add_string_or_null(json, "profile_id", port->profile_id);
    cJSON_AddStringToObject(json, "mac", mac_format(&port->mac, mac));
    cJSON_AddStringToObject(json, "host_mac", mac_format(&port->host_mac, mac));
    add_number_or_null(json, "mtu", port->mtu == 0, port->mtu);
    cJSON_AddNumberToObject(json, "queues", port->n_queues);
    cJSON_AddBoolToObject(json, "vnet_hdr", port->vnet_hdr);
    cJSON_AddStringToObject(json, "attachment", vif_attachment_name(port->attachment));
    json_add_string_or_null(json, "bridge", port->bridge);
    add_vlan(json, &port->vlan);
    json_add_string_or_null(json, "lower", port->lower);
    json_add_string_or_null(json, "mode", macvtap_mode_name(port->mode));
    cJSON_AddBoolToObject(json, "mode_auto", port->mode_auto);
    json_add_string_or_null(json, "network", port->network);
    cJSON_AddStringToObject(json, "strategy", vif_strategy_name(port->strategy));
    cJSON_AddStringToObject(json, "find", vif_find_name(port->find));
    cJSON_AddBoolToObject(json, "follows_mac", port->follows_mac);
    cJSON_AddBoolToObject(json, "isolated", port->isolated);
    cJSON_AddBoolToObject(json, "transient", port->transient);
    add_qos(json, &port->qos);
    json_add_string_or_null(json, "script", port->script);
    json_add_string_or_null(json, "downscript", port->downscript);
    cJSON_AddItemToObject(json, "vhost",
                          port->vhost == VIF_UNSET ? cJSON_CreateNull()
                                                   : cJSON_CreateBool(port->vhost == VIF_YES));
    cJSON_AddStringToObject(json, "model", port->model);
    cJSON_AddStringToObject(json, "link", port->link_down ? "down" : "up");
    json_add_string_or_null(json, "alias", port->alias);
    cJSON *notes = cJSON_AddArrayToObject(json, "notes");
    for (size_t i = 0; i < port->n_notes; i++) {
        cJSON_AddItemToArray(notes, cJSON_CreateString(port->notes[i]));
    }
    return json;
}

/* A reader remembers the first member that was not as it should be; the others are then moot. */
struct reader {
    const cJSON *object;
    const char *wrong;
};

static void is_wrong(struct reader *r, const char *key)
{
    r->wrong = r->wrong ? r->wrong : key;
}

/* The member if it is of that type; NULL if it is null, which is wrong unless `nullable`. */
static const cJSON *member(struct reader *r, const char *key, cJSON_bool (*is_type)(const cJSON *),
                           bool nullable)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(r->object, key);

    if (value && is_type(value)) {
        return value;
    }
    if (!nullable || !cJSON_IsNull(value)) {
        is_wrong(r, key);
    }
    return NULL;
}

static enum vif_tristate read_tristate(struct reader *r, const char *key)
{
    const cJSON *value = member(r, key, cJSON_IsBool, true);

    return !value ? VIF_UNSET : cJSON_IsTrue(value) ? VIF_YES : VIF_NO;
}

static bool read_bool(struct reader *r, const char *key)
{
    return cJSON_IsTrue(member(r, key, cJSON_IsBool, false));
}

/* The member if it is a whole number from `least` to `most`, which a double can hold; else 0. */
static int64_t read_number(struct reader *r, const char *key, int64_t least, int64_t most)
{
    const cJSON *value = member(r, key, cJSON_IsNumber, false);
    double number = value ? value->valuedouble : 0;

    if (!(number >= (double)least && number <= (double)most) || number != (double)(int64_t)number) {
        is_wrong(r, key);
        return 0;
    }
    return (int64_t)number;
}

/* As read_number(), for a member that may be null. */
static int64_t read_number_or_null(struct reader *r, const char *key, int64_t least, int64_t most,
                                   int64_t if_null)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(r->object, key);

    return cJSON_IsNull(value) ? if_null : read_number(r, key, least, most);
}

static const char *read_string(struct reader *r, const char *key)
{
    const cJSON *value = member(r, key, cJSON_IsString, false);

    return value ? value->valuestring : "";
}

static char *dup_string_or_null(struct reader *r, const char *key)
{
    const cJSON *value = member(r, key, cJSON_IsString, true);

    return str_dup_or_null(value ? value->valuestring : NULL);
}

static void read_text(struct reader *r, const char *key, char *text, size_t size)
{
    if (!str_copy(text, size, read_string(r, key))) {
        is_wrong(r, key);
    }
}

static void read_mac(struct reader *r, const char *key, struct mac *mac)
{
    if (mac_parse(read_string(r, key), mac, NULL)) {
        is_wrong(r, key);
    }
}

static const char *device_word(int i)
{
    return vif_device_name((enum vif_device)i);
}

static const char *attachment_word(int i)
{
    return vif_attachment_name((enum vif_attachment)i);
}

static const char *link_word(int i)
{
    return i ? "down" : "up";
}

static const char *vlan_mode_word(int i)
{
    return ovs_vlan_mode_name((enum ovs_vlan_mode)i);
}

/* The position of the member's word among `n` words, which word_of() yields. */
static int read_word(struct reader *r, const char *key, const char *(*word_of)(int), int n)
{
    const char *word = read_string(r, key);

    for (int i = 0; i < n; i++) {
        if (str_eq(word, word_of(i))) {
            return i;
        }
    }
    is_wrong(r, key);
    return 0;
}

static void read_trunks(struct reader *r, struct ovs_vlan *vlan)
{
    const cJSON *trunks = member(r, "trunks", cJSON_IsArray, false);
    const cJSON *trunk;

    cJSON_ArrayForEach(trunk, trunks)
    {
        if (!cJSON_IsNumber(trunk) || trunk->valuedouble != trunk->valueint ||
            trunk->valueint < 0 || trunk->valueint > VLAN_MAX) {
            is_wrong(r, "trunks");
            return;
        }
        vlan->trunks = mem_resize(vlan->trunks, vlan->n_trunks + 1, sizeof *vlan->trunks);
        vlan->trunks[vlan->n_trunks++] = (uint16_t)trunk->valueint;
    }
}

static void read_vlan(struct reader *r, struct ovs_vlan *vlan)
{
    struct reader inner = {.object = member(r, "vlan", cJSON_IsObject, false)};

    vlan->mode = (enum ovs_vlan_mode)read_word(&inner, "mode", vlan_mode_word,
                                               OVS_VLAN_NATIVE_UNTAGGED + 1);
    vlan->tag = (int)read_number_or_null(&inner, "tag", 0, VLAN_MAX, -1);
    read_trunks(&inner, vlan);
    if (inner.wrong) {
        is_wrong(r, "vlan");
    }
}

static void read_qos(struct reader *r, struct ovs_qos *qos)
{
    const int64_t most = INT64_C(1) << 53; /* beyond it a double has gaps */
    struct reader inner = {.object = member(r, "qos", cJSON_IsObject, false)};

    qos->ingress_kbps = (uint64_t)read_number(&inner, "ingress_kbps", 0, most);
    qos->ingress_burst_kb = (uint64_t)read_number(&inner, "ingress_burst_kb", 0, most);
    qos->egress_min_bps = (uint64_t)read_number(&inner, "egress_min_bps", 0, most);
    qos->egress_max_bps = (uint64_t)read_number(&inner, "egress_max_bps", 0, most);
    qos->egress_burst_bits = (uint64_t)read_number(&inner, "egress_burst_bits", 0, most);
    if (inner.wrong) {
        is_wrong(r, "qos");
    }
}

static const char *strategy_word(int i)
{
    return vif_strategy_name((enum vif_strategy)(i + VIF_STRATEGY_REPLUG));
}

static const char *find_word(int i)
{
    return vif_find_name((enum vif_find)(i + VIF_FIND_NAME));
}

/* How it is connected again. */
static void read_reconnect(struct reader *r, struct vif_port *port)
{
    port->network = dup_string_or_null(r, "network");
    port->strategy = (enum vif_strategy)(
        VIF_STRATEGY_REPLUG + read_word(r, "strategy", strategy_word, VIF_STRATEGY_NONE));
    port->find = (enum vif_find)(VIF_FIND_NAME + read_word(r, "find", find_word, VIF_FIND_POOL));
    port->follows_mac = read_bool(r, "follows_mac");
}

/* The device that a macvtap is on, and how. */
static void read_lower(struct reader *r, struct vif_port *port)
{
    auto_free char *mode = dup_string_or_null(r, "mode");

    port->lower = dup_string_or_null(r, "lower");
    port->mode = macvtap_mode_of(mode);
    port->mode_auto = read_bool(r, "mode_auto");
    if (!port->mode != (port->attachment != VIF_ATTACH_LOWER) || !port->mode != !mode) {
        is_wrong(r, "mode");
    }
    if (!port->lower != (port->attachment != VIF_ATTACH_LOWER)) {
        is_wrong(r, "lower");
    }
}

static void read_name(struct reader *r, struct vif_port *port)
{
    read_text(r, "name", port->name, sizeof port->name);
    if (ifname_check(port->name, NULL)) {
        is_wrong(r, "name");
    }
}

static void read_id(struct reader *r, struct vif_port *port)
{
    char lower[UUID_TEXT_SIZE];

    read_text(r, "interface_id", port->interface_id, sizeof port->interface_id);
    if (!uuid_normalize(port->interface_id, lower)) {
        is_wrong(r, "interface_id");
    }
}

static void read_notes(struct reader *r, struct vif_port *port)
{
    const cJSON *notes = member(r, "notes", cJSON_IsArray, false);
    const cJSON *note;

    cJSON_ArrayForEach(note, notes)
    {
        if (!cJSON_IsString(note)) {
            is_wrong(r, "notes");
            return;
        }
        vif_port_note(port, "%s", note->valuestring);
    }
}

int vif_port_from_json(const cJSON *json, struct vif_port *port, char **errorp)
{
    struct reader r = {.object = json};

    memset(port, 0, sizeof *port);
    read_name(&r, port);
    port->name_generated = read_bool(&r, "name_generated");
    port->device = (enum vif_device)read_word(&r, "device", device_word, VIF_DEVICE_BY_QEMU + 1);
    port->managed = read_bool(&r, "managed");
    port->persistent = read_bool(&r, "persistent");
    port->owner = (uid_t)read_number_or_null(&r, "user", 0, UINT32_MAX, UINT32_MAX);
    port->group = (gid_t)read_number_or_null(&r, "group", 0, UINT32_MAX, UINT32_MAX);
    port->domain_name = dup_string_or_null(&r, "domain");
    port->domain_uuid = dup_string_or_null(&r, "domain_uuid");
    read_id(&r, port);
    port->profile_id = dup_string_or_null(&r, "profile_id");
    read_mac(&r, "mac", &port->mac);
    read_mac(&r, "host_mac", &port->host_mac);
    port->mtu = (unsigned)read_number_or_null(&r, "mtu", 1, UINT16_MAX, 0);
    port->n_queues = (unsigned)read_number(&r, "queues", 1, TAP_MAX_QUEUES);
    port->vnet_hdr = read_bool(&r, "vnet_hdr");
    port->attachment = (enum vif_attachment)read_word(&r, "attachment", attachment_word,
                                                      VIF_ATTACH_LOWER + 1);
    port->bridge = dup_string_or_null(&r, "bridge");
    read_vlan(&r, &port->vlan);
    read_lower(&r, port);
    read_reconnect(&r, port);
    port->isolated = read_bool(&r, "isolated");
    port->transient = read_bool(&r, "transient");
    read_qos(&r, &port->qos);
    port->script = dup_string_or_null(&r, "script");
    port->downscript = dup_string_or_null(&r, "downscript");
    port->model = str_dup(read_string(&r, "model"));
    port->vhost = read_tristate(&r, "vhost");
    port->link_down = read_word(&r, "link", link_word, 2) == 1;
    port->alias = dup_string_or_null(&r, "alias");
    read_notes(&r, port);
    port->where = str_printf("interface \"%s\"", port->name);

    if (r.wrong) {
        vif_port_clear(port);
        return error_set(errorp, EINVAL, "member \"%s\" is missing or not what it should be",
                         r.wrong);
    }
    return 0;
}
