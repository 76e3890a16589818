/* The host that a command works on, as its options say. */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "cli/cli.h"
#include "vif/host.h"

/* What --db, --timeout, --rundir and the rest say of the host; what it points to stays. -EINVAL for
 * a bad --timeout. */
int cli_host_options(const struct cli *cli, struct vif_host_options *options, char **errorp);

/* Opens the host with --db, --timeout, --rundir and the rest; --verbose makes it tell each step on
 * standard error. -EINVAL for a bad --timeout. On success the caller calls vif_host_close(). */
int cli_open_host(const struct cli *cli, struct vif_host **host, char **errorp);

/* What cli_open_host() opens it with, for who opens it later; the strings are those of the command
 * line. */
int cli_host_options(const struct cli *cli, struct vif_host_options *options, char **errorp);

/* What --timeout says where it is not given, in milliseconds. */
#define CLI_TIMEOUT_MS 5000

/* What --timeout says, or else `otherwise_ms`. -EINVAL for a bad one. */
int cli_timeout(const struct cli *cli, unsigned otherwise_ms, unsigned *timeout_ms, char **errorp);

/* The run-time folder, as --rundir says it; borrowed. */
const char *cli_rundir(const struct cli *cli);

#endif
