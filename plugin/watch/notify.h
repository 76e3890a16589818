/* What the service manager is told: sd_notify(3), where there is one and libsystemd was there when
 * this was built. A status is a few words for "systemctl status", of one line. */
#ifndef WATCH_NOTIFY_H
#define WATCH_NOTIFY_H

/* It is watched from now on, or again after notify_reloading(). */
void notify_ready(const char *status);

void notify_reloading(void);

void notify_status(const char *status);

/* The end, for which `error`, 0 or a negative errno value, and the sentence `why` are the reason.
 * The status is that sentence; without one there is none any more, since a service manager would
 * show the last one of a watcher that is gone. */
void notify_stopping(int error, const char *why);

#endif
