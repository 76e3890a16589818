/* What the service manager is told: sd_notify(3), where there is one and libsystemd was there when
 * this was built. */
#ifndef WATCH_NOTIFY_H
#define WATCH_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* A few words for "systemctl status". */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
