/* Watching an OVSDB server for what becomes of the ports with vifplug's mark (RFC 7047, 4.1.5, in
 * the form of ovsdb-server(7), monitor_cond: other ports cost nothing), and of bridges.
 *
 * Nothing here blocks; a host name is looked up in a process of its own. A connection
 * that is lost is made again, with waits between that grow to some seconds; a server that comes
 * back is looked at as a whole, so nothing that happened meanwhile is missed. */
#ifndef OVS_MONITOR_H
#define OVS_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ovs_monitor;
struct ovs_port;
struct ovsdb_options;

struct ovs_monitor_event {
    enum {
        OVS_MONITOR_THERE,    /* all that follows is of a server that was just looked at as a whole:
                                 ports for which no OVS_MONITOR_PORT came before OVS_MONITOR_SEEN are
                                 not in it */
        OVS_MONITOR_SEEN,     /* and that was all */
        OVS_MONITOR_LOST,     /* the server is away */
        OVS_MONITOR_PORT,     /* a port with our mark is there, or its row is another one now */
        OVS_MONITOR_NO_PORT,  /* one is not there any more */
        OVS_MONITOR_BRIDGE,   /* a bridge is new */
        OVS_MONITOR_REALISED, /* of ovs_monitor_expect() */

        /* Of ovs_monitor_put_back(). */
        OVS_MONITOR_ADDED,     /* the port was put back; `row`, `plug_id` */
        OVS_MONITOR_STANDS,    /* there is a port of that name; maybe somebody else's */
        OVS_MONITOR_NO_BRIDGE, /* its bridge is not there, `why` */
        OVS_MONITOR_REFUSED,   /* `why` */
    } kind;
    char name[64];    /* of the port or bridge; longer ones are not ours */
    int64_t ofport;   /* of a realised port; -1: ovs-vswitchd has refused it */
    char row[37];     /* the uuid of the Port */
    char plug_id[37]; /* that it was put back with */
    char *why;        /* borrowed until the next call */
};

/* Begins to watch, and stores the monitor in *monitor; the caller calls ovs_monitor_close(). The
 * server need not be there (yet). Returns 0, or -EINVAL for a remote that is malformed. */
int ovs_monitor_open(const struct ovsdb_options *options, struct ovs_monitor **monitor,
                     char **errorp);
void ovs_monitor_close(struct ovs_monitor *monitor);

/* The remote, as ovsdb_remote(). */
const char *ovs_monitor_remote(const struct ovs_monitor *monitor);

/* Takes the next event; returns whether there was one. */
bool ovs_monitor_next(struct ovs_monitor *monitor, struct ovs_monitor_event *event);

/* Whether a port of that name, with our mark, is there, by what the server has said so far. */
bool ovs_monitor_has_port(const struct ovs_monitor *monitor, const char *name);

/* Has OVS_MONITOR_REALISED come, once, when ovs-vswitchd has looked at the port of that name, be it
 * that it has already or that the port is not there yet. Ends without it when that goes. */
void ovs_monitor_expect(struct ovs_monitor *monitor, const char *name);

/* Puts these ports back, as ovs_ports_add() does with ports that have an id, as many as can be in
 * one transaction, without waiting for the server, which is to be there. Takes ownership of
 * `ports`, made with mem_resize() or the like, and of what they hold. What becomes of each is an
 * event; unless the server is lost, and then they may be there or not. */
void ovs_monitor_put_back(struct ovs_monitor *monitor, struct ovs_port *ports, size_t n);

/* Removes a port that was put back, of an event OVS_MONITOR_ADDED, likewise; there is no event. */
void ovs_monitor_remove(struct ovs_monitor *monitor, const struct ovs_monitor_event *added);

/* Whether the server has yet to answer to one of these. */
bool ovs_monitor_is_busy(const struct ovs_monitor *monitor);

/* Says to the event loop (ovs/loop.h) what this waits for. */
void ovs_monitor_wait(struct ovs_monitor *monitor);

#endif
