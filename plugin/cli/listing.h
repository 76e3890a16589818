/* What `vifplug list` shows: the records, and what is there of their devices. */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <stddef.h>

#include "cli/cli.h"
#include "vif/device.h"
#include "vif/record.h"

struct listing {
    struct vif_record *records;
    struct vif_device_state *devices; /* of each */
    size_t n;
};

/* Looks at the host as it is now. Returns a status other than CLI_DONE with a sentence; else the
 * caller calls listing_clear(). */
enum cli_status listing_read(const struct cli *cli, struct listing *listing, char **errorp);
void listing_clear(struct listing *listing);

/* Prints the table; nothing where nothing is plugged. */
void listing_print(const struct listing *listing);

/* One of them as JSON; caller owns the reference. */
struct cJSON *listing_json(const struct listing *listing, size_t i);

/* Shows the listing, and then each change, until a signal says that it is enough. */
enum cli_status listing_follow(const struct cli *cli);

#endif
