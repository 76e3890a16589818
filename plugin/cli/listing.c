#include "cli/listing.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "cli/host.h"
#include "cli/output.h"

enum cli_status listing_read(const struct cli *cli, struct listing *listing, char **errorp)
{
    struct vif_records *records;
    struct vif_host *host;

    *listing = (struct listing){0};
    if (cli_open_host(cli, &host, errorp)) {
        return CLI_USAGE;
    }
    int error = vif_host_records(host, &records, errorp);
    if (!error) {
        error = vif_records_read_all(records, &listing->records, &listing->n, errorp);
    }
    if (!error) {
        error = vif_device_look(host, listing->records, listing->n, &listing->devices, errorp);
    }
    if (error) {
        listing_clear(listing);
    }
    vif_host_close(host);
    return error ? CLI_FAILED : CLI_DONE;
}

void listing_clear(struct listing *listing)
{
    vif_records_free(listing->records, listing->n);
    free(listing->devices);
    *listing = (struct listing){0};
}

/* The state in a word or two; what needs gc says so. */
static const char *state_of(const struct vif_record *record, const struct vif_device_state *device)
{
    if (record->state != VIF_PLUGGED) {
        return vif_record_owner_lives(record) ? vif_state_name(record->state) : "cut short";
    }
    if (record->waiting) {
        return "waiting";
    }
    if (!device->exists && record->port.device != VIF_DEVICE_BY_QEMU) {
        return "device gone";
    }
    return device->in_use ? "in use" : "plugged";
}

/* The time of day, or the day where that is another than today's. */
static const char *time_text(int64_t seconds, char text[32])
{
    time_t then = (time_t)seconds;
    time_t now = time(NULL);
    struct tm day;
    struct tm today;

    localtime_r(&then, &day);
    localtime_r(&now, &today);
    bool is_today = day.tm_yday == today.tm_yday && day.tm_year == today.tm_year;
    text[0] = '\0';
    strftime(text, 32, is_today ? "%H:%M:%S" : "%Y-%m-%d", &day);
    return text;
}

/* The state, and what the watcher has seen; caller frees. */
static char *state_text(const struct vif_record *record, const struct vif_device_state *device)
{
    const char *state = state_of(record, device);
    char since[32];

    if (record->waiting) {
        return str_printf("%s since %s", state, time_text(record->changed, since));
    }
    if (record->reconnects) {
        return str_printf("%s, again since %s (%u times, last after %.1f s)", state,
                          time_text(record->changed, since), record->reconnects,
                          (double)record->outage_ms / 1000);
    }
    return str_dup(state);
}

/* The mode of a macvtap, and whether vifplug chose it; caller frees. */
static char *mode_text(const struct vif_port *port)
{
    const char *mode = macvtap_mode_name(port->mode);

    return mode ? str_printf("%s%s", port->mode_auto ? "auto: " : "", mode) : str_dup("-");
}

void listing_print(const struct listing *listing)
{
    static const char *const heading[] = {"NAME", "DEVICE",      "ON",     "MODE",
                                          "VLAN", "MAC ADDRESS", "DOMAIN", "STATE"};
    const size_t columns = ARRAY_LEN(heading);
    const size_t n_cells = (listing->n + 1) * columns;

    if (!listing->n) {
        return;
    }
    char **cells = mem_resize(NULL, n_cells, sizeof *cells);
    char **cell = cells;
    for (size_t i = 0; i < columns; i++) {
        *cell++ = str_dup(heading[i]);
    }
    for (size_t i = 0; i < listing->n; i++) {
        const struct vif_port *port = &listing->records[i].port;
        char mac[MAC_TEXT_SIZE];

        *cell++ = str_dup(port->name);
        *cell++ = str_dup(vif_device_name(port->device));
        *cell++ = str_dup(port->bridge ? port->bridge : port->lower ? port->lower : "-");
        *cell++ = mode_text(port);
        *cell++ = vif_port_vlan_text(port);
        *cell++ = str_dup(mac_format(&port->mac, mac));
        *cell++ = str_dup(port->domain_name ? port->domain_name : "-");
        *cell++ = state_text(&listing->records[i], &listing->devices[i]);
    }
    output_table(cells, listing->n + 1, columns);
    for (size_t i = 0; i < n_cells; i++) {
        free(cells[i]);
    }
    free(cells);
}

cJSON *listing_json(const struct listing *listing, size_t i)
{
    const struct vif_record *record = &listing->records[i];
    const struct vif_device_state *device = &listing->devices[i];
    cJSON *interface = vif_record_to_json(record);

    cJSON_AddBoolToObject(interface, "has_device", device->exists);
    cJSON_AddBoolToObject(interface, "in_use", device->in_use);
    cJSON_AddStringToObject(interface, "status", state_of(record, device));
    return interface;
}
