#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/plugged.h"
#include "cli/request.h"
#include "cli/signals.h"

static enum cli_status tell(struct cli *cli, struct vif_host *host, struct vif_plugged *plugged,
                            size_t n, const struct signals *signals, void *data, char **errorp)
{
    (void)data;
    int error = 0;

    plugged_print(cli, plugged, n);
    if (fflush(stdout) || ferror(stdout)) {
        error = error_set(errorp, EIO, "cannot write to standard output, so nothing was kept");
    }
    if (error || signals_pending(signals)) {
        plugged_take_back(host, plugged, n);
    }
    return error ? CLI_FAILED : CLI_DONE;
}

static enum cli_status plug(struct cli *cli, struct vif_host *host, const struct request *request,
                            char **errorp)
{
    const struct request_plug how = {
        .persistent = true,
        .options = {.no_wait = cli_given(cli, CLI_OPT_NO_WAIT)},
        .use = tell,
    };

    return request_plug(cli, host, request, &how, errorp);
}

enum cli_status cli_cmd_plug(struct cli *cli)
{
    return request_act(cli, plug);
}
