#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/ovsdb.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/connection.h"
#include "ovs/habits.h"
#include "ovs/value.h"
#include "stream-ssl.h"
#include "stream.h"

/* The lock that ovs-vswitchd holds as long as it serves a database. */
#define VSWITCHD_LOCK "ovs_vswitchd"

static int check_pem(const char *what, const char *option, const char *file, char **errorp)
{
    if (!file || !*file) {
        return error_set(errorp, EINVAL, "an \"ssl:\" remote needs a %s (%s FILE)", what, option);
    }
    if (access(file, R_OK)) {
        return error_set(errorp, errno, "cannot read the %s \"%s\": %m", what, file);
    }
    return 0;
}

/* Gives the library its keys. A library without TLS would end the process there, so it is asked
 * first whether it knows "ssl:" at all. */
static int configure_ssl(const struct ovsdb_options *options, char **errorp)
{
    struct habits habits;
    int error = check_pem("private key", "--private-key", options->private_key, errorp);

    if (!error) {
        error = check_pem("certificate", "--certificate", options->certificate, errorp);
    }
    if (!error) {
        error = check_pem("CA certificate", "--ca-cert", options->ca_certificate, errorp);
    }
    if (error) {
        return error;
    }
    habits_enter(&habits);
    if (stream_verify_name("ssl:")) {
        error = error_set(errorp, EAFNOSUPPORT, "this libopenvswitch was built without TLS");
    } else {
        stream_ssl_set_key_and_cert(options->private_key, options->certificate);
        stream_ssl_set_ca_cert_file(options->ca_certificate, false);
    }
    habits_leave(&habits);
    return error;
}

int ovsdb_prepare_tls(const struct remote *remotes, size_t n, const struct ovsdb_options *options,
                      char **errorp)
{
    for (size_t i = 0; i < n; i++) {
        if (remotes[i].kind == REMOTE_SSL) {
            return configure_ssl(options, errorp);
        }
    }
    return 0;
}

/* Connecting to a listening socket says little about the server behind it: ask it something. */
static int check_server(struct ovsdb *db, long long deadline, char **errorp)
{
    struct json *names = NULL;
    bool found = false;
    int error = ovsdb_request(db, "list_dbs", json_array_create_empty(), deadline, &names, errorp);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < array_length(names); i++) {
        found |= str_eq(text_of(array_at(names, i)), "Open_vSwitch");
    }
    json_destroy(names);
    return found ? 0
                 : error_set(errorp, ENOENT,
                             "the OVSDB server at %s has no Open_vSwitch database: it is not that "
                             "of a switch",
                             db->remote);
}

int ovsdb_open(struct ovsdb **dbp, const struct ovsdb_options *options, char **errorp)
{
    struct ovsdb *db = mem_zalloc(sizeof *db);
    long long deadline;

    db->remote = options->remote ? str_dup(options->remote) : remote_default();
    db->caller = str_dup_or_null(options->caller);
    db->timeout_ms = options->timeout_ms;
    deadline = ovsdb_deadline(db);
    int error = remotes_parse(db->remote, &db->remotes, &db->n_remotes, errorp);

    if (!error) {
        error = ovsdb_prepare_tls(db->remotes, db->n_remotes, options, errorp);
    }
    if (!error) {
        error = ovsdb_connect(db, deadline, errorp);
    }
    if (!error) {
        error = check_server(db, deadline, errorp);
    }
    if (error) {
        ovsdb_close(db);
        return error;
    }
    *dbp = db;
    return 0;
}

void ovsdb_close(struct ovsdb *db)
{
    if (db) {
        ovsdb_disconnect(db);
        remotes_free(db->remotes, db->n_remotes);
        free(db->remote);
        free(db->caller);
        free(db);
    }
}

const char *ovsdb_remote(const struct ovsdb *db)
{
    return db->remote;
}

/* Asking for the lock does not wait for it: the reply says whether we have it. Then, or if not, the
 * "unlock" withdraws what we asked for. */
int ovsdb_vswitchd_runs(struct ovsdb *db, bool *runs, char **errorp)
{
    struct json *params = json_array_create_1(json_string_create(VSWITCHD_LOCK));
    struct json *reply = NULL;
    struct json *ignored = NULL;
    long long deadline = ovsdb_deadline(db);
    int error = ovsdb_request(db, "lock", json_clone(params), deadline, &reply, errorp);

    if (!error) {
        const struct json *locked = object_get(reply, "locked");

        *runs = !locked || locked->type != JSON_TRUE;
        error = ovsdb_request(db, "unlock", json_clone(params), deadline, &ignored, errorp);
    }
    json_destroy(params);
    json_destroy(reply);
    json_destroy(ignored);
    return error;
}
