/* What a command says of the interfaces that it plugged, and how it takes them back. */
#ifndef CLI_PLUGGED_H
#define CLI_PLUGGED_H

#include <stddef.h>

#include "cli/cli.h"
#include "vif/plug.h"

/* Prints the names, or with --json all that is known of them. */
void plugged_print(const struct cli *cli, const struct vif_plugged *plugged, size_t n);

/* Unplugs those that were not there before, since the user broke it off, or cannot be told what
 * they are, or nobody wants them. Prints the sentence of what could not be. */
void plugged_take_back(struct vif_host *host, const struct vif_plugged *plugged, size_t n);

#endif
