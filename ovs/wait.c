#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/wait.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/ovsdb.h"
#include "ovs/port-ops.h"
#include "ovs/port.h"
#include "ovs/txn.h"
#include "ovs/value.h"

/* Interfaces in one transaction: the server evaluates all its waits again at each change of the
 * database, so not too many; ovs-vswitchd realises what it finds in one go, so the next bunch
 * usually needs no waiting. */
#define BUNCH 64

/* How much longer than the server's own timeout we wait for its reply. */
#define GRACE_MS 1000

/* The deadline has passed without `name` being realised: says why. */
static int not_realised(struct ovsdb *db, const char *name, char **errorp)
{
    bool runs = false;

    if (ovsdb_vswitchd_runs(db, &runs, NULL)) {
        return error_set(errorp, ETIMEDOUT,
                         "port \"%s\": ovs-vswitchd did not realise it within %g s, and the OVSDB "
                         "server at %s does not say whether one runs",
                         name, db->timeout_ms / 1000.0, db->remote);
    }
    if (!runs) {
        return error_set(errorp, ETIMEDOUT,
                         "port \"%s\": no ovs-vswitchd is running for %s, so nothing was realised "
                         "within %g s; start Open vSwitch's service",
                         name, db->remote, db->timeout_ms / 1000.0);
    }
    return error_set(errorp, ETIMEDOUT,
                     "port \"%s\": ovs-vswitchd is running, but is too busy or stuck: it did not "
                     "realise the port within %g s; see its log, or allow a longer timeout",
                     name, db->timeout_ms / 1000.0);
}

/* Looks at what the server has selected of one interface. */
static int check_interface(const struct json *rows, const char *name, int64_t *ofport,
                           char **errorp)
{
    const struct json *row = array_at(rows, 0);

    if (!row) {
        return error_set(errorp, EIO,
                         "port \"%s\": someone else removed it while it was being realised", name);
    }
    int64_t number = row_integer(row, "ofport", -1);
    const char *error = row_text(row, "error");

    if (number < 0) {
        return error_set(errorp, EIO, "port \"%s\": ovs-vswitchd refused it: %s", name,
                         error ? error : "it gave no reason");
    }
    if (ofport) {
        *ofport = number;
    }
    return 0;
}

static int wait_bunch(struct ovsdb *db, const char *const *uuids, const char *const *names,
                      size_t n, long long deadline, int64_t *ofports, char **errorp)
{
    struct txn_refusal refusal = {0};
    struct json *reply = NULL;
    long long left = deadline - now_ms();
    int error = txn_run(db, port_ops_wait(uuids, n, left > 0 ? left : 0), deadline + GRACE_MS,
                        &reply, &refusal, errorp);

    if (error == -ECANCELED && str_eq(refusal.error, "timed out") && refusal.op < n) {
        error = not_realised(db, names[refusal.op], errorp);
    }
    txn_refusal_clear(&refusal);
    for (size_t i = 0; !error && i < n; i++) {
        error = check_interface(txn_rows(reply, n + i), names[i], ofports ? &ofports[i] : NULL,
                                errorp);
    }
    json_destroy(reply);
    return error;
}

int wait_realised(struct ovsdb *db, const char *const *uuids, const char *const *names, size_t n,
                  int64_t *ofports, char **errorp)
{
    long long deadline = ovsdb_deadline(db);

    for (size_t i = 0; i < n;) {
        size_t bunch = n - i < BUNCH ? n - i : BUNCH;
        int error = wait_bunch(db, &uuids[i], &names[i], bunch, deadline,
                               ofports ? &ofports[i] : NULL, errorp);

        if (error == -ECONNRESET && now_ms() < deadline) {
            error = ovsdb_reconnect(db, deadline, errorp);
            if (!error) {
                continue;
            }
        }
        if (error) {
            return error;
        }
        i += bunch;
    }
    return 0;
}

/* The row of Open_vSwitch that the last operation, a select, has found. */
static int64_t number(const struct json *reply, const char *column)
{
    return row_integer(array_at(txn_rows(reply, array_length(reply) - 1), 0), column, 0);
}

/* Asks ovs-vswitchd to say when it has done all, and stores what it will say then, and what it says
 * now. As "ovs-vsctl" does it, which waits for this at the end. */
static int ask_to_settle(struct ovsdb *db, long long deadline, int64_t *wanted, int64_t *current,
                         char **errorp)
{
    struct json *ops = txn_new();
    struct json *reply = NULL;

    txn_mutate(ops, "Open_vSwitch", where_all(), "next_cfg", "+=", json_integer_create(1));
    txn_select(ops, "Open_vSwitch", where_all(), "next_cfg cur_cfg");
    int error = txn_run_repeatable(db, ops, deadline, &reply, errorp);

    if (!error) {
        *wanted = number(reply, "next_cfg");
        *current = number(reply, "cur_cfg");
        json_destroy(reply);
    }
    return error;
}

/* Waits until ovs-vswitchd says another number than *current, and stores that. */
static int wait_for_number(struct ovsdb *db, long long deadline, int64_t *current, char **errorp)
{
    struct txn_refusal refusal = {0};
    struct json *row = json_object_create();
    struct json *ops = txn_new();
    struct json *reply = NULL;
    long long left = deadline - now_ms();

    json_object_put(row, "cur_cfg", json_integer_create(*current));
    txn_wait(ops, "Open_vSwitch", where_all(), "cur_cfg", true, json_array_create_1(row),
             left > 0 ? left : 0);
    txn_select(ops, "Open_vSwitch", where_all(), "cur_cfg");
    int error = txn_run(db, ops, deadline + GRACE_MS, &reply, &refusal, errorp);

    if (error == -ECANCELED) {
        error = error_set(errorp, ETIMEDOUT,
                          "ovs-vswitchd did not do what the OVSDB server at %s says within %g s",
                          db->remote, db->timeout_ms / 1000.0);
    }
    txn_refusal_clear(&refusal);
    if (!error) {
        *current = number(reply, "cur_cfg");
        json_destroy(reply);
    }
    return error;
}

int ovs_settle(struct ovsdb *db, char **errorp)
{
    long long deadline = ovsdb_deadline(db);
    auto_free char *sentence = NULL;
    int64_t wanted = 0;
    int64_t current = 0;
    int error = ask_to_settle(db, deadline, &wanted, &current, &sentence);

    while (!error && current < wanted) {
        error = wait_for_number(db, deadline, &current, &sentence);
    }
    return ovsdb_report(error, sentence, errorp);
}
