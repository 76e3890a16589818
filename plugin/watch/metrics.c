#include "watch/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "ovs/loop.h"

/* Between two writes. */
#define PAUSE_MS             1000
#define PAUSE_AFTER_ERROR_MS 60000 /* since each failure is told */

/* Upper bounds of the histogram, in seconds. */
static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

/* What is known of a port besides its record. */
struct known {
    char name[IFNAMSIZ];
    char plug_id[37];
    uint64_t put_back; /* how often */
    int64_t gap_ms;    /* the last one, and all together */
    int64_t gaps_ms;
};

struct metrics {
    char *path;
    bool changed;
    int64_t not_before;
    struct known *known; /* by name */
    size_t n_known;

    /* Of all plugs since we began. */
    uint64_t plugs_in[ARRAY_LEN(bounds) + 1];
    uint64_t n_plugs;
    int64_t plugs_us;
};

struct metrics *metrics_new(const char *path)
{
    struct metrics *metrics = mem_zalloc(sizeof *metrics);

    metrics->path = str_dup_or_null(path);
    metrics->changed = true;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics) {
        if (metrics->path) {
            unlink(metrics->path);
        }
        free(metrics->path);
        free(metrics->known);
        free(metrics);
    }
}

void metrics_changed(struct metrics *metrics)
{
    metrics->changed = true;
}

void metrics_put_back(struct metrics *metrics, const char *name, int64_t gap_ms)
{
    for (size_t i = 0; i < metrics->n_known; i++) {
        struct known *known = &metrics->known[i];

        if (str_eq(known->name, name)) {
            known->put_back++;
            known->gap_ms = gap_ms;
            known->gaps_ms += gap_ms;
        }
    }
    metrics->changed = true;
}

int64_t metrics_deadline(const struct metrics *metrics)
{
    return metrics->path && metrics->changed ? metrics->not_before : INT64_MAX;
}

static void count_plug(struct metrics *metrics, int64_t us)
{
    size_t i = 0;

    while (i < ARRAY_LEN(bounds) && (double)us / 1e6 > bounds[i]) {
        i++;
    }
    metrics->plugs_in[i]++;
    metrics->n_plugs++;
    metrics->plugs_us += us;
}

/* Makes what is known match the records, both by name. */
static void learn(struct metrics *metrics, const struct vif_record *records, size_t n)
{
    struct known *known = mem_zalloc((n ? n : 1) * sizeof *known);
    size_t old = 0;

    for (size_t i = 0; i < n; i++) {
        const char *name = records[i].port.name;

        while (old < metrics->n_known && strcmp(metrics->known[old].name, name) < 0) {
            old++;
        }
        if (old < metrics->n_known && str_eq(metrics->known[old].name, name)) {
            known[i] = metrics->known[old];
        }
        str_copy(known[i].name, sizeof known[i].name, name);
        if (records[i].state == VIF_PLUGGED && !str_eq(known[i].plug_id, records[i].plug_id)) {
            str_copy(known[i].plug_id, sizeof known[i].plug_id, records[i].plug_id);
            if (records[i].plug_us) {
                count_plug(metrics, records[i].plug_us);
            }
        }
    }
    free(metrics->known);
    metrics->known = known;
    metrics->n_known = n;
}

/* A label's value, without what would end it. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            fputs("\\n", out);
        } else {
            if (*text == '"' || *text == '\\') {
                fputc('\\', out);
            }
            fputc(*text, out);
        }
    }
}

static void put_family(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_sample(FILE *out, const char *name, const struct vif_record *record, double value)
{
    const struct vif_port *port = &record->port;

    fprintf(out, "%s{guest=\"", name);
    put_escaped(out, port->domain_name   ? port->domain_name
                     : port->domain_uuid ? port->domain_uuid
                                         : "");
    fputs("\",interface=\"", out);
    put_escaped(out, port->name);
    fprintf(out, "\"} %.10g\n", value);
}

static double is_connected(const struct vif_record *record, const struct known *known)
{
    (void)known;
    return record->state == VIF_PLUGGED && !record->waiting ? 1 : 0;
}

static double reconnects(const struct vif_record *record, const struct known *known)
{
    (void)known;
    return record->reconnects;
}

static double last_outage(const struct vif_record *record, const struct known *known)
{
    (void)known;
    return (double)record->outage_ms / 1000;
}

static double outages(const struct vif_record *record, const struct known *known)
{
    (void)known;
    return (double)record->outages_ms / 1000;
}

static double times_put_back(const struct vif_record *record, const struct known *known)
{
    (void)record;
    return (double)known->put_back;
}

static double last_gap(const struct vif_record *record, const struct known *known)
{
    (void)record;
    return (double)known->gap_ms / 1000;
}

static double gaps(const struct vif_record *record, const struct known *known)
{
    (void)record;
    return (double)known->gaps_ms / 1000;
}

static const struct family {
    const char *name;
    const char *type;
    const char *help;
    double (*value)(const struct vif_record *record, const struct known *known);
} families[] = {
    {"vifplug_port_connected", "gauge",
     "Whether the interface has what it is plugged into; 0 while it waits for the device below it.",
     is_connected},
    {"vifplug_reconnects_total", "counter",
     "How often the guest was connected again after the device below its macvtap was gone.",
     reconnects},
    {"vifplug_last_outage_seconds", "gauge", "How long the guest was cut off the last time.",
     last_outage},
    {"vifplug_outage_seconds_total", "counter", "How long the guest was cut off, all together.",
     outages},
    {"vifplug_put_back_total", "counter",
     "How often the port was put back into Open vSwitch since the watcher was started.",
     times_put_back},
    {"vifplug_last_put_back_seconds", "gauge", "How long the port was missing the last time.",
     last_gap},
    {"vifplug_put_back_seconds_total", "counter", "How long the port was missing, all together.",
     gaps},
};

static void put_plugs(FILE *out, const struct metrics *metrics)
{
    const char *name = "vifplug_plug_duration_seconds";
    uint64_t n = 0;

    put_family(out, name, "histogram",
               "How long plugs took, of the interfaces seen since the watcher was started.");
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        n += metrics->plugs_in[i];
        fprintf(out, "%s_bucket{le=\"%g\"} %llu\n", name, bounds[i], (unsigned long long)n);
    }
    fprintf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name,
            (unsigned long long)metrics->n_plugs, name, (double)metrics->plugs_us / 1e6, name,
            (unsigned long long)metrics->n_plugs);
}

static void put_all(FILE *out, const struct metrics *metrics, const struct vif_record *records,
                    size_t n)
{
    put_family(out, "vifplug_ports", "gauge", "How many interfaces are plugged.");
    fprintf(out, "vifplug_ports %zu\n", n);
    for (size_t f = 0; f < ARRAY_LEN(families); f++) {
        if (n) {
            put_family(out, families[f].name, families[f].type, families[f].help);
        }
        for (size_t i = 0; i < n; i++) {
            put_sample(out, families[f].name, &records[i],
                       families[f].value(&records[i], &metrics->known[i]));
        }
    }
    put_plugs(out, metrics);
}

/* Written beside it and renamed, so that whoever reads it has it whole. */
static int write_file(const struct metrics *metrics, const struct vif_record *records, size_t n,
                      char **errorp)
{
    /* The collector reads what ends in ".prom", and nothing else. */
    auto_free char *temp = str_printf("%s.%ld", metrics->path, (long)getpid());

    /* What stands there is of a watcher that was killed, or was put there for us to write through.
     */
    unlink(temp);
    auto_close int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    bool bad = !out;

    if (out) {
        fchmod(steal_fd(&fd), 0644);
        put_all(out, metrics, records, n);
        bad = ferror(out);
        bad = fclose(out) || bad;
    }
    if (bad || rename(temp, metrics->path)) {
        int error = error_set(errorp, errno ? errno : EIO, "cannot write %s: %m", metrics->path);

        unlink(temp);
        return error;
    }
    return 0;
}

int metrics_run(struct metrics *metrics, const struct vif_record *records, size_t n, char **errorp)
{
    int64_t now = ovs_loop_now();

    if (metrics->changed) {
        learn(metrics, records, n);
    }
    if (!metrics->path || !metrics->changed || now < metrics->not_before) {
        return 0;
    }
    int error = write_file(metrics, records, n, errorp);
    metrics->not_before = now + (error ? PAUSE_AFTER_ERROR_MS : PAUSE_MS);
    metrics->changed = error != 0;
    return error;
}
