/* Sites: where one path is built. Each private site is a network namespace with a folder of its own
 * that nobody else can reach, so no path is disturbed by another, and nothing of it outlives this
 * process. */
#ifndef COMPARE_SITE_H
#define COMPARE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "compare/measure.h"
#include "vif/plug.h"
#include "vif/spec.h"

struct rtnl;

#define SITE_MAX_GUESTS 3

struct site {
    bool real;         /* the host's own network, where all that is plugged is unplugged again */
    int folder;        /* of a private one; see compare/program.h; -1 */
    int home;          /* the namespace to return to; -1 where this thread is not at the site */
    int away;          /* a private one's own namespace; -1 */
    struct rtnl *rtnl; /* of the site */
    char *rundir;      /* these two for the host's options, which do not copy them */
    char *remote;
    struct vif_host *host;
    struct vif_plugged *guests;
    size_t n_guests;
    int extra_fds[2]; /* of floors, which have no guests; -1 */
    pid_t pids[2];    /* ovsdb-server and ovs-vswitchd of the site, or 0 */
    pid_t switch_pid; /* whose threads do the switching, or 0 */
};

/* Makes a private site and takes this thread there: site_leave() is due, also after a failure. */
int site_make(struct site *site, char **errorp);

/* Makes a site of the host's own network. */
int site_make_real(struct site *site, const struct vif_host_options *options, char **errorp);

/* Takes this thread home. */
void site_leave(struct site *site);

/* Unplugs what is on a real site; of a private one nothing remains anyway. */
int site_close(struct site *site, char **errorp);

/* Links of a private site, up: a bridge, a pair of veth devices with its second one a port of
 * `bridge` (0: of none), and hairpin on or off for that. */
int site_add_bridge(struct site *site, const char *name, int *ifindex, char **errorp);
int site_add_cable(struct site *site, const char *name, const char *other, int bridge, bool hairpin,
                   char **errorp);

/* How guests are plugged. */
struct site_guests {
    const struct vif_spec *specs; /* each with a MAC address */
    size_t n;
    bool force_offloads; /* also where the plan says that they would not survive */
};

/* Plugs guests as any other guests of vifplug's are, and makes their queues endpoints: the first
 * is A, the second B, the third, on another VLAN, `other_vlan`, which the pair then points to. */
int site_plug(struct site *site, const struct site_guests *guests, struct compare_pair *pair,
              struct endpoint *other_vlan, char **errorp);

#endif
