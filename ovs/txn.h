/* Transactions: the operations of RFC 7047, 5.2, made and sent. */
#ifndef OVS_TXN_H
#define OVS_TXN_H

#include <stdbool.h>
#include <stddef.h>

#include "ovs/connection.h"

struct json;

/* A list of operations, to which the functions below add. */
struct json *txn_new(void);

/* How many operations there are: the index of the next one, also in the reply. */
size_t txn_length(const struct json *ops);

/* Clauses for a `where`; an empty one holds for every row. Take ownership of `value`. */
struct json *where_all(void);
struct json *where_is(const char *column, struct json *value);       /* column == value */
struct json *where_includes(const char *column, struct json *value); /* column includes value */
struct json *where_row(const char *uuid);                            /* _uuid == uuid */
struct json *where_name(const char *name);                           /* name == name */

/* Operations. They take ownership of `where`, `row`, `value` and `rows`. `columns` is a list with
 * spaces between. */
void txn_select(struct json *ops, const char *table, struct json *where, const char *columns);
void txn_insert(struct json *ops, const char *table, const char *uuid_name, struct json *row);
void txn_mutate(struct json *ops, const char *table, struct json *where, const char *column,
                const char *mutator, struct json *value);
void txn_delete(struct json *ops, const char *table, struct json *where);
/* Fails the transaction unless `columns` of the rows that match are (or, with `until_not`, are not)
 * `rows`, a JSON array, within `timeout_ms`. */
void txn_wait(struct json *ops, const char *table, struct json *where, const char *columns,
              bool until_not, struct json *rows, long long timeout_ms);
void txn_comment(struct json *ops, const char *comment);

/* Makes the parameters of a "transact" request. Takes ownership of `ops`. */
struct json *txn_params(struct json *ops);

/* What the server had against a transaction. */
struct txn_refusal {
    size_t op;     /* index of the operation; beyond the last one: found at the commit */
    char *error;   /* "timed out" from a wait, "constraint violation", ... */
    char *details; /* for people */
};

/* Finds the first error in a reply; the caller clears *refusal. One that the server found at the
 * commit stands behind the results of all operations, so the whole array is looked at. */
bool txn_find_refusal(const struct json *reply, struct txn_refusal *refusal);

void txn_refusal_clear(struct txn_refusal *refusal);

/* Sends the operations (takes ownership of `ops`) and waits for the reply. Returns 0 when all of it
 * was committed, and stores in *reply an array with one result for each operation, which the caller
 * destroys. -ECANCELED: the server refused, nothing was changed, and *refusal (which may be NULL)
 * is for the caller to clear. Else as ovsdb_request(). */
int txn_run(struct ovsdb *db, struct json *ops, long long deadline, struct json **reply,
            struct txn_refusal *refusal, char **errorp);

/* The same for a transaction that may as well be done twice: when the connection is lost, connects
 * again and sends it a second time. A refusal is -EPROTO. On success *errorp may hold a sentence
 * that came before it: see ovsdb_report(). */
int txn_run_repeatable(struct ovsdb *db, struct json *ops, long long deadline, struct json **reply,
                       char **errorp);

/* The rows that operation `op`, a select, has found: a JSON array, borrowed from the reply. */
const struct json *txn_rows(const struct json *reply, size_t op);

/* The uuid that operation `op`, an insert, has given its row, or NULL. */
const char *txn_inserted(const struct json *reply, size_t op);

#endif
