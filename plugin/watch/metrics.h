/* Prometheus's text format in a file, for node_exporter's textfile collector. */
#ifndef WATCH_METRICS_H
#define WATCH_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "vif/record.h"

struct metrics;

/* Metrics that are kept in the file `path`, which outlives them, or nowhere for NULL. */
struct metrics *metrics_new(const char *path);

/* Removes the file, which would tell of what nobody looks after any more. */
void metrics_free(struct metrics *metrics);

/* A port's row was put back, `gap_ms` after it was seen to be gone. */
void metrics_put_back(struct metrics *metrics, const char *name, int64_t gap_ms);

/* Something has changed. */
void metrics_changed(struct metrics *metrics);

/* Writes the file, if something has changed and a second has passed since the last time. Returns 0
 * or a negative errno value, and is then tried again. */
int metrics_run(struct metrics *metrics, const struct vif_record *records, size_t n, char **errorp);

/* When there is something to write; as endpoint_deadline(). */
int64_t metrics_deadline(const struct metrics *metrics);

#endif
