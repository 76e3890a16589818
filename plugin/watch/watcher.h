/* The watcher: keeps guests connected while what is below them comes and goes.
 *
 * One process, one event loop (ovs/loop.h), nothing polled. What it knows is on the host and in the
 * records: it can be killed at any moment and started again. It hears from
 *
 *      the kernel      links that come, go and change (netdev/link-events.h)
 *      OVSDB           rows of ours that come and go (ovs/monitor.h), one monitor for each server
 *                      that a record names
 *      QEMU            over QMP, one session for each socket that a record names (qemu/relink.h);
 *                      libvirt's guests through libvirt (libvirt/relink.h)
 *      the records     inotify(7) on their folder: interfaces plugged and unplugged by others
 *      signals         SIGHUP: networks are read again; SIGTERM, SIGINT: the end
 *
 * and does what endpoint.h (macvtaps) and rows.h (taps and their rows) say.
 */
#ifndef WATCH_WATCHER_H
#define WATCH_WATCHER_H

#include "vif/host.h"

struct watcher_options {
    const struct vif_host_options *host;
    const char *const *networks; /* files, besides the folders */
    size_t n_networks;
    const char *metrics; /* a file to keep Prometheus text in, or NULL */

    /* Told what is done and why, in sentences; `level` is a syslog(3) priority. */
    void (*log)(void *data, int level, const char *sentence);
    void *log_data;
};

/* Watches until SIGTERM or SIGINT. Returns 0; -EBUSY when another watcher has this run-time folder,
 * with its process id in the sentence; or another negative errno value. */
int watcher_run(const struct watcher_options *options, char **errorp);

#endif
