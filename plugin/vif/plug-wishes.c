#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "vif/plug.h"

/* So often can it be bad luck; after that it is something else. */
#define ATTEMPTS 5

static int plan_and_plug(struct vif_host *host, const struct vif_wish *wishes, size_t n,
                         struct vif_networks *networks, const struct vif_plan_options *plan_options,
                         const struct vif_plug_options *options, struct vif_plugged **plugged,
                         char **errorp)
{
    struct vif_plan plan;
    struct vif_view view;
    int error = vif_host_plan(host, wishes, n, networks, plan_options, &plan, &view, errorp);

    if (error) {
        return error;
    }
    if (options->before) {
        error = options->before(options->before_data, &plan, errorp);
    }
    if (!error) {
        error = vif_plug(host, &plan, &view, options, plugged, errorp);
    }
    vif_view_clear(&view);
    vif_plan_clear(&plan);
    return error;
}

int vif_plug_wishes(struct vif_host *host, const struct vif_wish *wishes, size_t n,
                    struct vif_networks *networks, const struct vif_plan_options *plan_options,
                    const struct vif_plug_options *options, struct vif_plugged **plugged,
                    char **errorp)
{
    struct vif_plug_options timed = *options;
    int error = -EAGAIN;

    timed.began_us = clock_us();
    for (int attempt = 0; attempt < ATTEMPTS && error == -EAGAIN; attempt++) {
        char *sentence = NULL;

        error = plan_and_plug(host, wishes, n, networks, plan_options, &timed, plugged, &sentence);
        if (error) {
            error_set(errorp, -error, "%s", sentence);
        }
        if (error == -EAGAIN) {
            vif_host_log(host, "%s: planning again", sentence);
        }
        free(sentence);
    }
    return error;
}
