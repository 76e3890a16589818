#include <cjson/cJSON.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/listing.h"
#include "cli/output.h"

/* Why choices were made that nobody asked for. */
static void print_notes(const struct listing *listing)
{
    for (size_t i = 0; i < listing->n; i++) {
        const struct vif_port *port = &listing->records[i].port;

        for (size_t j = 0; j < port->n_notes; j++) {
            fprintf(stderr, "vifplug: %s: %s\n", port->name, port->notes[j]);
        }
    }
}

static void print_json(const struct listing *listing)
{
    cJSON *interfaces = cJSON_CreateArray();

    for (size_t i = 0; i < listing->n; i++) {
        cJSON_AddItemToArray(interfaces, listing_json(listing, i));
    }
    output_json_list("interfaces", interfaces);
}

enum cli_status cli_cmd_list(struct cli *cli)
{
    struct listing listing;
    char *sentence = NULL;

    if (cli_given(cli, CLI_OPT_WATCH)) {
        return listing_follow(cli);
    }
    enum cli_status status = listing_read(cli, &listing, &sentence);
    if (status) {
        return cli_fail(status, sentence);
    }
    if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(&listing);
    } else {
        listing_print(&listing);
        if (cli_given(cli, CLI_OPT_VERBOSE)) {
            print_notes(&listing);
        }
    }
    listing_clear(&listing);
    return CLI_DONE;
}
