/* What attach and detach have in common, and their halves for a QEMU that is not libvirt's. */
#ifndef CLI_HOTPLUG_H
#define CLI_HOTPLUG_H

#include "cli/cli.h"
#include "cli/request.h"

/* Checks that just one guest is named. `way` is for the sentence: "into", "out of". */
int cli_check_guest(const struct cli *cli, const char *way, char **errorp);

/* Plugs what the SPEC asks for, and into the QEMU behind --qmp; a request_action. */
enum cli_status attach_to_qemu(struct cli *cli, struct vif_host *host,
                               const struct request *request, char **errorp);

/* Takes the interfaces that are named away from the QEMU behind --qmp, and unplugs them; what its
 * guest lets go of even where another one stays. Returns 0 or a negative errno value. */
int detach_from_qemu(const struct cli *cli, struct vif_host *host, char **errorp);

#endif
