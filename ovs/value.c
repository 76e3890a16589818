#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/value.h"

#include <string.h>

#include "base/mem.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"

static struct json *tagged(const char *tag, struct json *value)
{
    return array_2(json_string_create(tag), value);
}

struct json *value_uuid(const char *uuid)
{
    return tagged("uuid", json_string_create(uuid));
}

struct json *value_named(const char *name)
{
    return tagged("named-uuid", json_string_create(name));
}

struct json *value_set(void)
{
    return tagged("set", json_array_create_empty());
}

void value_set_add(struct json *set, struct json *element)
{
    json_array_add(json_array(set)->elems[1], element);
}

struct json *value_map(void)
{
    return tagged("map", json_array_create_empty());
}

void value_map_add(struct json *map, struct json *key, struct json *value)
{
    json_array_add(json_array(map)->elems[1], array_2(key, value));
}

void value_map_add_text(struct json *map, const char *key, const char *value)
{
    value_map_add(map, json_string_create(key), json_string_create(value));
}

struct json *array_2(struct json *a, struct json *b)
{
    return json_array_create_2(a, b);
}

struct json *array_3(struct json *a, struct json *b, struct json *c)
{
    return json_array_create_3(a, b, c);
}

size_t array_length(const struct json *array)
{
    return array && array->type == JSON_ARRAY ? json_array(array)->n : 0;
}

const struct json *array_at(const struct json *array, size_t index)
{
    return index < array_length(array) ? json_array(array)->elems[index] : NULL;
}

const struct json *object_get(const struct json *object, const char *name)
{
    return object && object->type == JSON_OBJECT ? shash_find_data(json_object(object), name)
                                                 : NULL;
}

const char *text_of(const struct json *json)
{
    return json && json->type == JSON_STRING ? json_string(json) : NULL;
}

/* What stands after the tag in [TAG, VALUE], or NULL. */
static const struct json *untag(const struct json *json, const char *tag)
{
    return array_length(json) == 2 && str_eq(text_of(array_at(json, 0)), tag) ? array_at(json, 1)
                                                                              : NULL;
}

const char *uuid_of(const struct json *json)
{
    const char *uuid = text_of(untag(json, "uuid"));

    return uuid && strlen(uuid) == UUID_SIZE - 1 ? uuid : NULL;
}

void uuid_copy(char to[UUID_SIZE], const char *from)
{
    to[0] = '\0';
    if (from && strlen(from) == UUID_SIZE - 1) {
        memcpy(to, from, UUID_SIZE);
    }
}

size_t row_count(const struct json *row, const char *column)
{
    const struct json *value = object_get(row, column);
    const struct json *set = untag(value, "set");

    return set ? array_length(set) : value ? 1 : 0;
}

const struct json *row_at(const struct json *row, const char *column, size_t index)
{
    const struct json *value = object_get(row, column);
    const struct json *set = untag(value, "set");

    return set ? array_at(set, index) : index ? NULL : value;
}

const char *row_text(const struct json *row, const char *column)
{
    return text_of(row_at(row, column, 0));
}

int64_t row_integer(const struct json *row, const char *column, int64_t unset)
{
    const struct json *value = row_at(row, column, 0);

    return value && value->type == JSON_INTEGER ? json_integer(value) : unset;
}

bool row_bool(const struct json *row, const char *column)
{
    const struct json *value = row_at(row, column, 0);

    return value && value->type == JSON_TRUE;
}

const char *row_uuid(const struct json *row, const char *column, size_t index)
{
    return uuid_of(row_at(row, column, index));
}

size_t row_map_count(const struct json *row, const char *column)
{
    return array_length(untag(object_get(row, column), "map"));
}

const struct json *row_map_pair(const struct json *row, const char *column, size_t index)
{
    return array_at(untag(object_get(row, column), "map"), index);
}

const char *row_map_text(const struct json *row, const char *column, const char *key)
{
    for (size_t i = 0; i < row_map_count(row, column); i++) {
        const struct json *pair = row_map_pair(row, column, i);

        if (str_eq(text_of(array_at(pair, 0)), key)) {
            return text_of(array_at(pair, 1));
        }
    }
    return NULL;
}
