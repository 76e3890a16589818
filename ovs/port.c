/* Adding and removing sets of ports: see the theory of operation in port.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/port.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/conflict.h"
#include "ovs/port-ops.h"
#include "ovs/txn.h"
#include "ovs/value.h"
#include "ovs/wait.h"

/* A set of ports on its way into the database. */
struct plug {
    struct ovsdb *db;
    const struct ovs_port *ports;
    size_t n;
    const char *id;
    struct json *ops;
    size_t *interface_ops;              /* where in `ops` each Interface is inserted */
    char (*interface_uuids)[UUID_SIZE]; /* known once they are committed */
    bool maybe_committed;
};

/* Whether the ports are put back: then each has an id of its own, and belongs there. */
static bool is_again(const struct plug *plug)
{
    return plug->ports[0].plug_id[0] != '\0';
}

static struct json *where_plug(const char *plug_id)
{
    struct json *marks = value_map();

    value_map_add_text(marks, OVS_PLUG_ID_KEY, plug_id);
    return where_includes("external_ids", marks);
}

static void remember_inserted(struct plug *plug, const struct json *reply)
{
    for (size_t i = 0; i < plug->n; i++) {
        uuid_copy(plug->interface_uuids[i], txn_inserted(reply, plug->interface_ops[i]));
    }
}

static const struct json *find_named(const struct json *rows, const char *name)
{
    for (size_t i = 0; i < array_length(rows); i++) {
        if (str_eq(row_text(array_at(rows, i), "name"), name)) {
            return array_at(rows, i);
        }
    }
    return NULL;
}

/* Looks for the rows of this plug after a reply was lost. *found: all of them are there. */
static int look_for_rows(struct plug *plug, long long deadline, bool *found, char **errorp)
{
    struct json *ops = txn_new();
    struct json *reply = NULL;

    for (size_t i = 0; i < (is_again(plug) ? plug->n : 1); i++) {
        txn_select(ops, "Port", where_plug(is_again(plug) ? plug->ports[i].plug_id : plug->id),
                   "name interfaces");
    }
    int error = txn_run(plug->db, ops, deadline, &reply, NULL, errorp);

    if (error) {
        return error;
    }
    *found = true;
    for (size_t i = 0; i < plug->n; i++) {
        const struct json *row = find_named(txn_rows(reply, is_again(plug) ? i : 0),
                                            plug->ports[i].name);

        uuid_copy(plug->interface_uuids[i], row_uuid(row, "interfaces", 0));
        *found &= plug->interface_uuids[i][0] != '\0';
    }
    json_destroy(reply);
    return 0;
}

/* A guard failed, or (found at the commit, behind all operations) a name is not unique. */
static bool is_conflict(const struct plug *plug, const struct txn_refusal *refusal)
{
    return str_eq(refusal->error, "timed out") ||
           (str_eq(refusal->error, "constraint violation") && refusal->op >= txn_length(plug->ops));
}

/* Sends the transaction once. */
static int try_commit(struct plug *plug, long long deadline, char **errorp)
{
    struct txn_refusal refusal = {0};
    struct json *reply = NULL;
    int error = txn_run(plug->db, json_clone(plug->ops), deadline, &reply, &refusal, errorp);

    if (!error) {
        remember_inserted(plug, reply);
    } else if (error == -ECANCELED) {
        bool found = false;

        /* An earlier try of ours may be what stands in the way. */
        if (plug->maybe_committed && !look_for_rows(plug, deadline, &found, NULL) && found) {
            error = 0;
        } else {
            auto_free char *sentence = str_printf(
                "the OVSDB server at %s refused to add the ports: %s%s%s", plug->db->remote,
                refusal.error, *refusal.details ? ": " : "", refusal.details);

            error = conflict_explain(plug->db, plug->ports, plug->n, is_conflict(plug, &refusal),
                                     sentence, errorp);
        }
    } else if (error == -ECONNRESET || error == -ETIMEDOUT || error == -EPROTO) {
        plug->maybe_committed = true;
    }
    json_destroy(reply);
    txn_refusal_clear(&refusal);
    return error;
}

/* Commits. When the connection is lost before the reply: connects again and looks whether the rows
 * are there; where they are not, sends once more. */
static int commit(struct plug *plug, char **errorp)
{
    long long deadline = ovsdb_deadline(plug->db);
    int error = try_commit(plug, deadline, errorp);

    for (int again = 0; error == -ECONNRESET && again < 2; again++) {
        bool found = false;

        error = ovsdb_reconnect(plug->db, deadline, errorp);
        if (!error) {
            error = look_for_rows(plug, deadline, &found, errorp);
        }
        if (error || found) {
            return error;
        }
        if (again) {
            return error_set(errorp, ECONNRESET,
                             "the OVSDB server at %s closed the connection twice while the ports "
                             "were being added; see its log",
                             plug->db->remote);
        }
        error = try_commit(plug, deadline, errorp);
    }
    return error;
}

static int realise(struct plug *plug, int64_t *ofports, char **errorp)
{
    auto_free const char **uuids = mem_zalloc(plug->n * sizeof *uuids);
    auto_free const char **names = mem_zalloc(plug->n * sizeof *names);

    for (size_t i = 0; i < plug->n; i++) {
        uuids[i] = plug->interface_uuids[i];
        names[i] = plug->ports[i].name;
    }
    return wait_realised(plug->db, uuids, names, plug->n, ofports, errorp);
}

static struct json *take_out_ops(const struct plug *plug, const struct json *rows)
{
    size_t n = 0;
    auto_free const char **uuids = mem_zalloc(array_length(rows) * sizeof *uuids);

    for (size_t i = 0; i < array_length(rows); i++) {
        uuids[n] = row_uuid(array_at(rows, i), "_uuid", 0);
        n += uuids[n] != NULL;
    }
    return port_ops_take_out(uuids, n, plug->id, plug->db->caller);
}

/* Takes the rows of this plug out again. They are looked up by its id, which works whether or not
 * we ever learned their uuids. */
static int take_out(struct plug *plug, char **errorp)
{
    long long deadline = ovsdb_deadline(plug->db);
    struct json *ops = txn_new();
    struct json *reply = NULL;

    txn_select(ops, "Port", where_plug(plug->id), "_uuid");
    int error = txn_run_repeatable(plug->db, ops, deadline, &reply, errorp);

    if (error) {
        return error;
    }
    ops = take_out_ops(plug, txn_rows(reply, 0));
    json_destroy(reply);
    reply = NULL;
    error = txn_run_repeatable(plug->db, ops, deadline, &reply, errorp);
    json_destroy(reply);
    return error;
}

/* Leaves nothing of a plug that failed, or adds to the sentence that this failed too. */
static void undo(struct plug *plug, char **errorp)
{
    auto_free char *sentence = NULL;

    if (take_out(plug, &sentence)) {
        error_append(errorp,
                     "taking the ports out again failed too (%s): rows with external_ids:%s=%s may "
                     "stay in %s; \"vifplug gc\" removes them",
                     sentence, OVS_PLUG_ID_KEY, plug->id, plug->db->remote);
    }
}

static int run_plug(struct plug *plug, bool no_wait, int64_t *ofports, char **errorp)
{
    int error = commit(plug, errorp);
    bool undo_needed = plug->maybe_committed;

    if (!error && !no_wait) {
        undo_needed = true;
        error = realise(plug, ofports, errorp);
    }
    if (error && undo_needed && !is_again(plug)) {
        undo(plug, errorp);
    }
    return error;
}

int ovs_ports_add(struct ovsdb *db, const struct ovs_port *ports, size_t n, const char *plug_id,
                  bool no_wait, int64_t *ofports, char **errorp)
{
    struct plug plug = {.db = db, .ports = ports, .n = n, .id = plug_id};
    auto_free char *sentence = NULL;

    if (!n) {
        return 0;
    }
    int error = conflict_within(ports, n, errorp);

    if (error) {
        return error;
    }
    if (ofports) {
        memset(ofports, 0, n * sizeof *ofports);
    }
    plug.interface_ops = mem_zalloc(n * sizeof *plug.interface_ops);
    plug.interface_uuids = mem_zalloc(n * sizeof *plug.interface_uuids);
    plug.ops = port_ops_add(ports, n, plug_id, db->caller, plug.interface_ops);
    error = run_plug(&plug, no_wait, ofports, &sentence);
    json_destroy(plug.ops);
    free(plug.interface_ops);
    free(plug.interface_uuids);
    return ovsdb_report(error, sentence, errorp);
}

int ovs_ports_remove(struct ovsdb *db, const struct ovs_port_row *rows, size_t n, char **errorp)
{
    auto_free struct port_key *keys = mem_zalloc(n * sizeof *keys);
    auto_free char *sentence = NULL;

    if (!n) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        bool ours = str_eq(rows[i].owner, OVS_OWNER);

        keys[i] = (struct port_key){rows[i].uuid, rows[i].port.name, ours ? rows[i].plug_id : NULL};
    }
    struct json *reply = NULL;
    int error = txn_run_repeatable(db, port_ops_remove(keys, n, db->caller), ovsdb_deadline(db),
                                   &reply, &sentence);

    json_destroy(reply);
    return ovsdb_report(error, sentence, errorp);
}
