#include "watch/plugged.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct endpoint *find_endpoint(const struct plugged *plugged, const char *name)
{
    for (size_t i = 0; i < plugged->n_endpoints; i++) {
        if (str_eq(endpoint_name(plugged->endpoints[i]), name)) {
            return plugged->endpoints[i];
        }
    }
    return NULL;
}

static void remove_endpoint(struct plugged *plugged, struct endpoint *endpoint)
{
    for (size_t i = 0; i < plugged->n_endpoints; i++) {
        if (plugged->endpoints[i] == endpoint) {
            plugged->endpoints[i] = plugged->endpoints[--plugged->n_endpoints];
            endpoint_unplugged(endpoint);
            return;
        }
    }
}

static void add_endpoint(struct plugged *plugged, const struct vif_record *record)
{
    struct endpoint *endpoint = endpoint_new(plugged->world, record->port.name, plugged->began);

    if (endpoint) {
        plugged->endpoints = mem_resize(plugged->endpoints, plugged->n_endpoints + 1,
                                        sizeof(struct endpoint *));
        plugged->endpoints[plugged->n_endpoints++] = endpoint;
    }
}

/* Sees to it that there is an endpoint for this record, if it is of one, and none of another plug.
 */
static void match_endpoint(struct plugged *plugged, const char *name,
                           const struct vif_record *record)
{
    struct endpoint *endpoint = find_endpoint(plugged, name);
    bool wanted = record && endpoint_is_for(record);

    if (endpoint && record && record->state != VIF_PLUGGED) {
        return; /* it may yet stay plugged */
    }
    if (endpoint && (!wanted || !endpoint_is_of(endpoint, record))) {
        remove_endpoint(plugged, endpoint);
        endpoint = NULL;
    }
    if (endpoint) {
        endpoint_record_changed(endpoint);
    } else if (wanted) {
        add_endpoint(plugged, record);
    }
}

/* Where the record of that name is, or belongs. */
static size_t place_of(const struct plugged *plugged, const char *name)
{
    size_t begin = 0;
    size_t end = plugged->n;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (strcmp(plugged->records[middle].port.name, name) < 0) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

void plugged_read(struct plugged *plugged, const char *name)
{
    size_t place = place_of(plugged, name);
    bool known = place < plugged->n && str_eq(plugged->records[place].port.name, name);
    struct vif_record record;
    auto_free char *sentence = NULL;
    int error = vif_records_read(plugged->world->records, name, &record, &sentence);

    if (sentence) {
        world_log(plugged->world, LOG_WARNING, "%s", sentence);
    }
    if (known) {
        vif_record_clear(&plugged->records[place]);
    }
    if (!error && !known) {
        plugged->records = mem_resize(plugged->records, plugged->n + 1, sizeof record);
        memmove(&plugged->records[place + 1], &plugged->records[place],
                (plugged->n++ - place) * sizeof record);
    }
    if (!error) {
        plugged->records[place] = record;
    } else if (known) {
        memmove(&plugged->records[place], &plugged->records[place + 1],
                (--plugged->n - place) * sizeof record);
    }
    match_endpoint(plugged, name, error ? NULL : &record);
    plugged->changed = true;
}

int plugged_read_all(struct plugged *plugged, char **errorp)
{
    struct vif_record *records;
    size_t n;
    int error = vif_records_read_all(plugged->world->records, &records, &n, errorp);

    if (error) {
        return error;
    }
    vif_records_free(plugged->records, plugged->n);
    plugged->records = records;
    plugged->n = n;
    for (size_t i = plugged->n_endpoints; i-- > 0;) {
        const char *name = endpoint_name(plugged->endpoints[i]);
        size_t place = place_of(plugged, name);

        if (place == n || !str_eq(records[place].port.name, name)) {
            remove_endpoint(plugged, plugged->endpoints[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        match_endpoint(plugged, records[i].port.name, &records[i]);
    }
    plugged->changed = true;
    return 0;
}

void plugged_clear(struct plugged *plugged)
{
    for (size_t i = 0; i < plugged->n_endpoints; i++) {
        endpoint_free(plugged->endpoints[i]);
    }
    free(plugged->endpoints);
    vif_records_free(plugged->records, plugged->n);
}
