/* A connection to the OVSDB server of an Open vSwitch.
 *
 * libopenvswitch speaks the protocol (RFC 7047); its habits stay in this room: no signal handler of
 * its own survives a call, no SIGPIPE is raised and none is ignored, nothing is logged but through
 * ovsdb_set_log(), and every descriptor is close-on-exec. It does abort() when memory runs out.
 */
#ifndef OVS_OVSDB_H
#define OVS_OVSDB_H

#include <stdbool.h>

struct ovsdb;

struct ovsdb_options {
    /* "unix:PATH", "tcp:HOST[:PORT]" or "ssl:HOST[:PORT]" (port 6640 where none is given; HOST may
     * be a name, and an IPv6 address stands in brackets), as ovs-vsctl's --db. NULL is "unix:" and
     * $OVS_RUNDIR/db.sock, with /run/openvswitch for an unset OVS_RUNDIR. */
    const char *remote;

    /* How long connecting, one transaction, or the wait for ovs-vswitchd may each take. */
    unsigned timeout_ms;

    /* PEM files for "ssl:", all three of them; they stand for the whole process. */
    const char *private_key;
    const char *certificate;
    const char *ca_certificate;

    /* Who acts, for the comment in each transaction ("ovsdb-tool show-log" prints it), such as
     * "vifplug plug (virt-host: pid 4711)". */
    const char *caller;
};

/* Connects. Returns 0 and stores the connection in *db, which the caller closes with ovsdb_close(),
 * or a negative errno value: -EINVAL for a remote that is malformed, -ETIMEDOUT, -ECONNREFUSED, ...
 * All of `options` is copied. One thread at a time may use a connection. */
int ovsdb_open(struct ovsdb **db, const struct ovsdb_options *options, char **errorp);

/* Closes; NULL is fine. */
void ovsdb_close(struct ovsdb *db);

/* The remote as it was given, or the default, for sentences: "unix:/run/openvswitch/db.sock".
 * Borrowed until ovsdb_close(). */
const char *ovsdb_remote(const struct ovsdb *db);

/* Finds out whether an ovs-vswitchd serves this database, without writing anything: a running one
 * holds the OVSDB lock "ovs_vswitchd" (bridge_init() in vswitchd/bridge.c). */
int ovsdb_vswitchd_runs(struct ovsdb *db, bool *runs, char **errorp);

/* Sends what libopenvswitch has to say to `log`, one line without newline a call, or to nobody (the
 * default) for NULL. `level` is a syslog(3) priority. */
void ovsdb_set_log(void (*log)(int level, const char *module, const char *line));

#endif
