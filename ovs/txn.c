#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/txn.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/value.h"

struct json *txn_new(void)
{
    return json_array_create_empty();
}

size_t txn_length(const struct json *ops)
{
    return array_length(ops);
}

struct json *where_all(void)
{
    return json_array_create_empty();
}

static struct json *clause(const char *column, const char *function, struct json *value)
{
    return json_array_create_1(
        array_3(json_string_create(column), json_string_create(function), value));
}

struct json *where_is(const char *column, struct json *value)
{
    return clause(column, "==", value);
}

struct json *where_includes(const char *column, struct json *value)
{
    return clause(column, "includes", value);
}

struct json *where_row(const char *uuid)
{
    return where_is("_uuid", value_uuid(uuid));
}

struct json *where_name(const char *name)
{
    return where_is("name", json_string_create(name));
}

static struct json *add_op(struct json *ops, const char *name, const char *table)
{
    struct json *op = json_object_create();

    json_object_put_string(op, "op", name);
    if (table) {
        json_object_put_string(op, "table", table);
    }
    json_array_add(ops, op);
    return op;
}

static struct json *column_list(const char *columns)
{
    struct json *list = json_array_create_empty();
    auto_free char *copy = str_dup(columns);
    char *rest = copy;
    char *column;

    while ((column = strsep(&rest, " ")) != NULL) {
        json_array_add(list, json_string_create(column));
    }
    return list;
}

void txn_select(struct json *ops, const char *table, struct json *where, const char *columns)
{
    struct json *op = add_op(ops, "select", table);

    json_object_put(op, "where", where);
    json_object_put(op, "columns", column_list(columns));
}

void txn_insert(struct json *ops, const char *table, const char *uuid_name, struct json *row)
{
    struct json *op = add_op(ops, "insert", table);

    json_object_put_string(op, "uuid-name", uuid_name);
    json_object_put(op, "row", row);
}

void txn_mutate(struct json *ops, const char *table, struct json *where, const char *column,
                const char *mutator, struct json *value)
{
    struct json *op = add_op(ops, "mutate", table);

    json_object_put(op, "where", where);
    json_object_put(op, "mutations", clause(column, mutator, value));
}

void txn_delete(struct json *ops, const char *table, struct json *where)
{
    json_object_put(add_op(ops, "delete", table), "where", where);
}

void txn_wait(struct json *ops, const char *table, struct json *where, const char *columns,
              bool until_not, struct json *rows, long long timeout_ms)
{
    struct json *op = add_op(ops, "wait", table);

    json_object_put(op, "where", where);
    json_object_put(op, "columns", column_list(columns));
    json_object_put_string(op, "until", until_not ? "!=" : "==");
    json_object_put(op, "rows", rows);
    json_object_put(op, "timeout", json_integer_create(timeout_ms));
}

void txn_comment(struct json *ops, const char *comment)
{
    json_object_put_string(add_op(ops, "comment", NULL), "comment", comment);
}

void txn_refusal_clear(struct txn_refusal *refusal)
{
    free(refusal->error);
    free(refusal->details);
    *refusal = (struct txn_refusal){0};
}

bool txn_find_refusal(const struct json *reply, struct txn_refusal *refusal)
{
    for (size_t i = 0; i < array_length(reply); i++) {
        const char *error = text_of(object_get(array_at(reply, i), "error"));

        if (error) {
            const char *details = text_of(object_get(array_at(reply, i), "details"));

            *refusal = (struct txn_refusal){
                .op = i, .error = str_dup(error), .details = str_dup(details ? details : "")};
            return true;
        }
    }
    return false;
}

struct json *txn_params(struct json *ops)
{
    struct json *params = json_array_create_1(json_string_create("Open_vSwitch"));

    for (size_t i = 0; i < txn_length(ops); i++) {
        json_array_add(params, json_clone(array_at(ops, i)));
    }
    json_destroy(ops);
    return params;
}

int txn_run(struct ovsdb *db, struct json *ops, long long deadline, struct json **reply,
            struct txn_refusal *refusal, char **errorp)
{
    struct txn_refusal found = {0};
    struct json *result = NULL;
    size_t n_ops = txn_length(ops);
    int error = ovsdb_request(db, "transact", txn_params(ops), deadline, &result, errorp);

    if (error) {
        return error;
    }
    if (txn_find_refusal(result, &found)) {
        error = error_set(errorp, ECANCELED, "the OVSDB server at %s refused: %s%s%s", db->remote,
                          found.error, *found.details ? ": " : "", found.details);
    } else if (array_length(result) < n_ops) {
        error = error_set(errorp, EPROTO, "the OVSDB server at %s sent a malformed reply",
                          db->remote);
    }
    if (error) {
        json_destroy(result);
    } else {
        *reply = result;
    }
    if (refusal && error == -ECANCELED) {
        *refusal = found;
    } else {
        txn_refusal_clear(&found);
    }
    return error;
}

int txn_run_repeatable(struct ovsdb *db, struct json *ops, long long deadline, struct json **reply,
                       char **errorp)
{
    int error = txn_run(db, json_clone(ops), deadline, reply, NULL, errorp);

    if (error == -ECONNRESET) {
        error = ovsdb_reconnect(db, deadline, errorp);
        if (!error) {
            error = txn_run(db, json_clone(ops), deadline, reply, NULL, errorp);
        }
    }
    json_destroy(ops);
    return error == -ECANCELED ? -EPROTO : error;
}

const struct json *txn_rows(const struct json *reply, size_t op)
{
    return object_get(array_at(reply, op), "rows");
}

const char *txn_inserted(const struct json *reply, size_t op)
{
    return uuid_of(object_get(array_at(reply, op), "uuid"));
}
