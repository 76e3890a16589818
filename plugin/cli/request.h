/* SPEC: from the command line to wishes and a plan. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/cli.h"
#include "cli/signals.h"
#include "vif/document.h"
#include "vif/host.h"
#include "vif/plan.h"
#include "vif/plug.h"
#include "vif/wishes.h"

/* All that a SPEC asks for, with the documents that hold it. */
struct request {
    struct vif_document *documents;
    size_t n_documents;
    struct vif_spec by_hand; /* made from flags */
    struct vif_wishes wishes;
    struct vif_networks *networks;
};

/* Reads the SPEC: documents, flags and networks. Whatever is wrong with it is bad input, -EINVAL:
 * also a file that cannot be read, or asking for nothing at all. The caller calls request_clear()
 * either way. */
int request_read(struct cli *cli, struct request *request, char **errorp);
void request_clear(struct request *request);

/* Plans it on the host. Taps are persistent if `persistent`. As vif_host_plan(). */
int request_plan(const struct cli *cli, const struct request *request, struct vif_host *host,
                 bool persistent, struct vif_plan *plan, struct vif_view *view, char **errorp);

/* What a command does with a SPEC. Returns its exit status, and stores a sentence in *errorp if it
 * failed. */
typedef enum cli_status request_action(struct cli *cli, struct vif_host *host,
                                       const struct request *request, char **errorp);

/* What plan, plug and run have in common: reads the SPEC, opens the host, lets `act` do the rest,
 * and prints the sentence of whatever failed. */
enum cli_status request_act(struct cli *cli, request_action *act);

/* How plug and run differ. */
struct request_plug {
    bool persistent;
    struct vif_plug_options options;

    void *data; /* for both of these */

    /* What can be refused of a plan before it is carried out; NULL: nothing. */
    int (*check)(const struct cli *cli, const struct vif_plan *plan, void *data, char **errorp);

    /* What is done with the `n` interfaces once they are plugged, while signals are held. */
    enum cli_status (*use)(struct cli *cli, struct vif_host *host, struct vif_plugged *plugged,
                           size_t n, const struct signals *signals, void *data, char **errorp);
};

/* Plugs what the SPEC asks for and lets `how->use` have it; signals that would end the process are
 * held from the first change of the host on. As a request_action. */
enum cli_status request_plug(struct cli *cli, struct vif_host *host, const struct request *request,
                             const struct request_plug *how, char **errorp);

#endif
