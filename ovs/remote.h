/* Where an OVSDB server listens: the text that people write, and the addresses behind it. */
#ifndef OVS_REMOTE_H
#define OVS_REMOTE_H

#include <stdbool.h>
#include <stddef.h>

enum remote_kind {
    REMOTE_UNIX,
    REMOTE_TCP,
    REMOTE_SSL,
};

struct remote {
    enum remote_kind kind;
    char *path; /* REMOTE_UNIX: absolute */
    char *host; /* else: a name or an address, an IPv6 one without its brackets */
    char *port; /* decimal */
};

/* The default remote, as ovs-vsctl has it: "unix:" and $OVS_RUNDIR/db.sock; caller frees. */
char *remote_default(void);

/* Parses `text`, one remote or several with commas between them (the members of a cluster). A
 * relative path of "unix:" is one below $OVS_RUNDIR, as in OVS. On success the caller frees
 * *remotes with remotes_free(). -EINVAL for a malformed text. */
int remotes_parse(const char *text, struct remote **remotes, size_t *n, char **errorp);

void remotes_free(struct remote *remotes, size_t n);

/* Whether it has a host name, which has to be looked up. */
bool remote_has_name(const struct remote *remote);

/* Stores the names of all streams behind `remote` in *names, in the order in which they are to be
 * tried, in the form libopenvswitch takes, which wants addresses and no host names:
 * "unix:/run/openvswitch/db.sock", "tcp:192.0.2.1:6640", "ssl:[2001:db8::1]:6640". The caller frees
 * them with remote_names_free(). Looking up a host name takes at most `timeout_ms`. */
int remote_resolve(const struct remote *remote, long long timeout_ms, char ***names, size_t *n,
                   char **errorp);

void remote_names_free(char **names, size_t n);

#endif
