#include "vif/record.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/process.h"
#include "netdev/macvtap.h"
#include "vif/json.h"

void vif_record_clear(struct vif_record *record)
{
    vif_port_clear(&record->port);
    free(record->remote);
    free(record->qemu_id);
    free(record->qemu_bus);
    free(record->qmp);
    free(record->qemu_netdev);
    free(record->granted_name);
    if (record->before) {
        vif_records_free(record->before, 1);
    }
    memset(record, 0, sizeof *record);
}

void vif_records_free(struct vif_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        vif_record_clear(&records[i]);
    }
    free(records);
}

const char *vif_state_name(enum vif_state state)
{
    switch (state) {
    case VIF_PLUGGING:
        return "plugging";
    case VIF_PLUGGED:
        return "plugged";
    case VIF_UNPLUGGING:
        return "unplugging";
    }
    return NULL;
}

/* When the process started. Returns 0; -ESRCH when there is no such process, or only what is left
 * of one; or another negative errno value when that cannot be told. */
static int process_start(pid_t pid, uint64_t *start)
{
    struct process_stat stat;
    int error = process_read(pid, &stat);

    if (!error && strchr("ZXx", stat.state)) {
        error = -ESRCH;
    }
    *start = error ? 0 : stat.start;
    return error;
}

bool vif_record_owner_lives(const struct vif_record *record)
{
    uint64_t start;

    if (record->pid <= 0) {
        return false;
    }
    int error = process_start(record->pid, &start);
    if (error) {
        return error != -ESRCH;
    }
    return start == record->pid_start && start != 0;
}

void vif_record_give_to(struct vif_record *record, pid_t pid)
{
    record->pid = pid;
    process_start(pid, &record->pid_start);
}

void vif_record_set_owner(struct vif_record *record)
{
    vif_record_give_to(record, getpid());
}

char *vif_record_node(const struct vif_record *record)
{
    return record->port.device == VIF_DEVICE_MACVTAP && record->port.persistent && record->ifindex
               ? macvtap_node(record->ifindex)
               : NULL;
}

static void add_seen(cJSON *json, const struct vif_record *record)
{
    char mac[MAC_TEXT_SIZE];

    cJSON_AddBoolToObject(json, "waiting", record->waiting);
    cJSON_AddNumberToObject(json, "changed", (double)record->changed);
    cJSON_AddNumberToObject(json, "reconnects", record->reconnects);
    cJSON_AddNumberToObject(json, "outage_ms", (double)record->outage_ms);
    cJSON_AddNumberToObject(json, "outages_ms", (double)record->outages_ms);
    cJSON_AddNumberToObject(json, "plug_us", (double)record->plug_us);
    json_add_string_or_null(json, "home_mac",
                            record->has_home_mac ? mac_format(&record->home_mac, mac) : NULL);
    cJSON_AddItemToObject(json, "home_vlan",
                          record->has_home_mac && record->home_vlan >= 0
                              ? cJSON_CreateNumber(record->home_vlan)
                              : cJSON_CreateNull());
}

/* A record without its `before`. */
static cJSON *to_json(const struct vif_record *record)
{
    auto_free char *node = vif_record_node(record);
    cJSON *json = vif_port_to_json(&record->port);
    char mac[MAC_TEXT_SIZE];

    cJSON_AddStringToObject(json, "state", vif_state_name(record->state));
    cJSON_AddStringToObject(json, "plug_id", record->plug_id);
    json_add_string_or_null(json, "remote", record->remote);
    cJSON_AddNumberToObject(json, "ifindex", record->ifindex);
    json_add_string_or_null(json, "node", node);
    cJSON_AddNumberToObject(json, "ofport", (double)record->ofport);
    cJSON_AddNumberToObject(json, "pid", record->pid);
    cJSON_AddNumberToObject(json, "pid_start", (double)record->pid_start);
    cJSON_AddBoolToObject(json, "script_done", record->script_done);
    cJSON_AddNumberToObject(json, "since", (double)record->since);
    json_add_string_or_null(json, "qemu_id", record->qemu_id);
    json_add_string_or_null(json, "qemu_bus", record->qemu_bus);
    json_add_string_or_null(json, "qemu_netdev", record->qemu_netdev);
    json_add_string_or_null(json, "qmp", record->qmp);
    cJSON_AddBoolToObject(json, "of_libvirt", record->of_libvirt);
    add_seen(json, record);
    json_add_string_or_null(json, "granted_name", record->granted_name);
    cJSON_AddItemToObject(json, "granted_user",
                          record->granted_name ? cJSON_CreateNumber(record->granted_user)
                                               : cJSON_CreateNull());
    cJSON_AddBoolToObject(json, "lower_was_down", record->lower_was_down);
    cJSON_AddBoolToObject(json, "vlan_was_down", record->vlan_was_down);
    cJSON_AddBoolToObject(json, "vlan_was_missing", record->vlan_was_missing);
    json_add_string_or_null(json, "lower_mac",
                            record->has_lower_mac ? mac_format(&record->lower_mac, mac) : NULL);
    return json;
}

cJSON *vif_record_to_json(const struct vif_record *record)
{
    cJSON *json = to_json(record);

    cJSON_AddItemToObject(json, "before",
                          record->before ? to_json(record->before) : cJSON_CreateNull());
    return json;
}

/* A member of a record, 0 or NULL where it is missing or absurd: the port in it was checked
 * already.
 */
static int64_t number_of(const cJSON *json, const char *key)
{
    const double most = (double)(INT64_C(1) << 53); /* beyond it a double has gaps */
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, key);

    return cJSON_IsNumber(value) && value->valuedouble >= -most && value->valuedouble <= most
               ? (int64_t)value->valuedouble
               : 0;
}

static const char *text_of(const cJSON *json, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

static bool flag_of(const cJSON *json, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, key));
}

static bool mac_of(const cJSON *json, const char *key, struct mac *mac)
{
    const char *text = text_of(json, key);

    return text && mac_parse(text, mac, NULL) == 0;
}

static void read_seen(const cJSON *json, struct vif_record *record)
{
    record->waiting = flag_of(json, "waiting");
    record->changed = number_of(json, "changed");
    record->reconnects = (unsigned)number_of(json, "reconnects");
    record->outage_ms = number_of(json, "outage_ms");
    record->outages_ms = number_of(json, "outages_ms");
    record->plug_us = number_of(json, "plug_us");
    record->has_home_mac = mac_of(json, "home_mac", &record->home_mac);
    record->home_vlan = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "home_vlan"))
                            ? (int)number_of(json, "home_vlan")
                            : -1;
}

static int from_json(const cJSON *json, struct vif_record *record, char **errorp)
{
    memset(record, 0, sizeof *record);
    int error = vif_port_from_json(json, &record->port, errorp);
    if (error) {
        return error;
    }
    const char *state = text_of(json, "state");
    record->state = str_eq(state, vif_state_name(VIF_PLUGGED))      ? VIF_PLUGGED
                    : str_eq(state, vif_state_name(VIF_UNPLUGGING)) ? VIF_UNPLUGGING
                                                                    : VIF_PLUGGING;
    const char *plug_id = text_of(json, "plug_id");
    snprintf(record->plug_id, sizeof record->plug_id, "%s", plug_id ? plug_id : "");
    record->remote = str_dup_or_null(text_of(json, "remote"));
    record->ifindex = (int)number_of(json, "ifindex");
    record->ofport = number_of(json, "ofport");
    record->pid = (pid_t)number_of(json, "pid");
    record->pid_start = (uint64_t)number_of(json, "pid_start");
    record->script_done = flag_of(json, "script_done");
    record->since = number_of(json, "since");
    record->qemu_id = str_dup_or_null(text_of(json, "qemu_id"));
    record->qemu_bus = str_dup_or_null(text_of(json, "qemu_bus"));
    record->qemu_netdev = str_dup_or_null(text_of(json, "qemu_netdev"));
    record->qmp = str_dup_or_null(text_of(json, "qmp"));
    record->of_libvirt = flag_of(json, "of_libvirt");
    read_seen(json, record);
    record->granted_name = str_dup_or_null(text_of(json, "granted_name"));
    record->granted_user = (uid_t)number_of(json, "granted_user");
    record->lower_was_down = flag_of(json, "lower_was_down");
    record->vlan_was_down = flag_of(json, "vlan_was_down");
    record->vlan_was_missing = flag_of(json, "vlan_was_missing");
    record->has_lower_mac = mac_of(json, "lower_mac", &record->lower_mac);
    return 0;
}

int vif_record_from_json(const cJSON *json, struct vif_record *record, char **errorp)
{
    const cJSON *before = cJSON_GetObjectItemCaseSensitive(json, "before");
    int error = from_json(json, record, errorp);

    if (error || !cJSON_IsObject(before)) {
        return error;
    }
    record->before = mem_zalloc(sizeof *record->before);
    error = from_json(before, record->before, errorp);
    if (error) {
        vif_record_clear(record);
    }
    return error;
}

struct vif_record *vif_record_copy(const struct vif_record *record)
{
    struct vif_record *copy = mem_zalloc(sizeof *copy);
    cJSON *json = to_json(record);

    if (from_json(json, copy, NULL)) {
        vif_records_free(copy, 1);
        copy = NULL;
    }
    cJSON_Delete(json);
    return copy;
}
