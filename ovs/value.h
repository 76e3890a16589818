/* Values in OVSDB's notation (RFC 7047, 5.1): made for requests, and read from replies.
 *
 * A reader takes whatever a server may send: a value of another type, or a missing column, is as
 * one that is not set. What it returns is borrowed from the row.
 */
#ifndef OVS_VALUE_H
#define OVS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

#define UUID_SIZE 37 /* of the text, with its null byte */

/* Makes ["uuid", TEXT], ["named-uuid", TEXT], and an empty ["set", []] and ["map", []] with what is
 * added to them. They take ownership of `element`, `key` and `value`. */
struct json *value_uuid(const char *uuid);
struct json *value_named(const char *name);
struct json *value_set(void);
void value_set_add(struct json *set, struct json *element);
struct json *value_map(void);
void value_map_add(struct json *map, struct json *key, struct json *value);
void value_map_add_text(struct json *map, const char *key, const char *value);

/* A JSON array. */
struct json *array_2(struct json *a, struct json *b);
struct json *array_3(struct json *a, struct json *b, struct json *c);
size_t array_length(const struct json *array);                       /* 0 for what is none */
const struct json *array_at(const struct json *array, size_t index); /* NULL beyond its end */

/* The member of a JSON object, or NULL. */
const struct json *object_get(const struct json *object, const char *name);

/* The elements of a column: of a set, or the one atom. */
size_t row_count(const struct json *row, const char *column);
const struct json *row_at(const struct json *row, const char *column, size_t index);

/* The first element of a column. */
const char *row_text(const struct json *row, const char *column); /* NULL: not set */
int64_t row_integer(const struct json *row, const char *column, int64_t unset);
bool row_bool(const struct json *row, const char *column);

/* The uuid at `index` of a column, or NULL. */
const char *row_uuid(const struct json *row, const char *column, size_t index);

/* The value of a key of a map column from string to string, or NULL. */
const char *row_map_text(const struct json *row, const char *column, const char *key);

/* The pairs of a map column, each an array of two. */
size_t row_map_count(const struct json *row, const char *column);
const struct json *row_map_pair(const struct json *row, const char *column, size_t index);

/* The text of a JSON string, or NULL. */
const char *text_of(const struct json *json);

/* The uuid in ["uuid", TEXT], or NULL. */
const char *uuid_of(const struct json *json);

/* Copies a uuid; NULL and what has another length become "". */
void uuid_copy(char to[UUID_SIZE], const char *from);

#endif
