#include "watch/plugged.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ovs/loop.h"

/* Between the tries to read what could not be read for a reason that may pass. */
#define AGAIN_MS 1000

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

/* Notes whether a record is one that cannot be read; returns whether it was. */
static bool note_bad(struct plugged *plugged, const char *name, bool bad)
{
    size_t i = 0;

    while (i < plugged->n_bad && !str_eq(plugged->bad[i], name)) {
        i++;
    }
    bool was = i < plugged->n_bad;

    if (bad && !was) {
        plugged->bad = mem_resize(plugged->bad, plugged->n_bad + 1, sizeof plugged->bad[0]);
        str_copy(plugged->bad[plugged->n_bad++], sizeof plugged->bad[0], name);
    } else if (!bad && was) {
        memmove(plugged->bad[i], plugged->bad[--plugged->n_bad], sizeof plugged->bad[0]);
    }
    return was;
}

/* What could not be read may be read soon. */
static void read_again_soon(struct plugged *plugged)
{
    if (!plugged->again) {
        plugged->again = ovs_loop_now() + AGAIN_MS;
    }
}

static void add_endpoint(struct plugged *plugged, const struct vif_record *record)
{
    struct endpoint *endpoint = endpoint_new(plugged->world, record->port.name, plugged->began);

    if (endpoint) {
        plugged->endpoints = mem_resize(plugged->endpoints, plugged->n_endpoints + 1,
                                        sizeof(struct endpoint *));
        plugged->endpoints[plugged->n_endpoints++] = endpoint;
    } else {
        note_bad(plugged, record->port.name, true);
        read_again_soon(plugged);
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

static bool is_at(const struct plugged *plugged, size_t place, const char *name)
{
    return place < plugged->n && str_eq(plugged->records[place].port.name, name);
}

static void put_record(struct plugged *plugged, const struct vif_record *record)
{
    size_t place = place_of(plugged, record->port.name);

    if (is_at(plugged, place, record->port.name)) {
        vif_record_clear(&plugged->records[place]);
    } else {
        plugged->records = mem_resize(plugged->records, plugged->n + 1, sizeof *record);
        memmove(&plugged->records[place + 1], &plugged->records[place],
                (plugged->n++ - place) * sizeof *record);
    }
    plugged->records[place] = *record;
}

static void remove_record(struct plugged *plugged, const char *name)
{
    size_t place = place_of(plugged, name);

    if (is_at(plugged, place, name)) {
        vif_record_clear(&plugged->records[place]);
        memmove(&plugged->records[place], &plugged->records[place + 1],
                (--plugged->n - place) * sizeof plugged->records[0]);
    }
}

void plugged_read(struct plugged *plugged, const char *name)
{
    struct vif_record record;
    auto_free char *sentence = NULL;
    int error = vif_records_read(plugged->world->records, name, &record, &sentence);
    bool is_bad = error && error != -ENOENT;

    if (!note_bad(plugged, name, is_bad) && is_bad) {
        world_log(plugged->world, LOG_WARNING, "%s", sentence);
        plugged->changed = true;
    }
    if (is_bad && error != -EBADMSG) {
        read_again_soon(plugged);
    }
    if (is_bad) {
        return;
    }
    if (error) {
        remove_record(plugged, name);
    } else {
        put_record(plugged, &record);
    }
    match_endpoint(plugged, name, error ? NULL : &record);
    plugged->changed = true;
}

void plugged_read_late(struct plugged *plugged)
{
    if (!plugged->again || plugged->again > ovs_loop_now()) {
        return;
    }
    plugged->again = 0;
    for (size_t i = plugged->n_bad; i-- > 0;) {
        char name[IFNAMSIZ];

        memcpy(name, plugged->bad[i], sizeof name); /* which may go */
        plugged_read(plugged, name);
    }
}

int64_t plugged_deadline(const struct plugged *plugged)
{
    return plugged->again ? plugged->again : INT64_MAX;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

int plugged_read_all(struct plugged *plugged, char **errorp)
{
    auto_free char(*names)[IFNAMSIZ] = NULL;
    size_t n;
    int error = vif_records_names(plugged->world->records, &names, &n, errorp);

    if (error) {
        return error;
    }
    for (size_t i = plugged->n; i-- > 0;) {
        char name[IFNAMSIZ];

        str_copy(name, sizeof name, plugged->records[i].port.name);
        plugged_read(plugged, name);
    }
    for (size_t i = plugged->n_bad; i-- > 0;) {
        char name[IFNAMSIZ];

        str_copy(name, sizeof name, plugged->bad[i]);
        plugged_read(plugged, name);
    }
    /* In order, so that each comes after the last one. */
    if (n) {
        qsort(names, n, sizeof names[0], by_name);
    }
    for (size_t i = 0; i < n; i++) {
        size_t place = place_of(plugged, names[i]);

        if (!is_at(plugged, place, names[i])) {
            plugged_read(plugged, names[i]);
        }
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
    free(plugged->bad);
    vif_records_free(plugged->records, plugged->n);
}
