#include "cli/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/flags.h"
#include "cli/host.h"
#include "cli/progress.h"
#include "libvirt/adopted.h"
#include "vif/owner.h"

void request_clear(struct request *request)
{
    for (size_t i = 0; i < request->n_documents; i++) {
        vif_document_clear(&request->documents[i]);
    }
    free(request->documents);
    vif_spec_clear(&request->by_hand);
    vif_wishes_clear(&request->wishes);
    vif_networks_free(request->networks);
    memset(request, 0, sizeof *request);
}

/* What --verbose tells of interfaces that are not vifplug's. */
static void say_left_alone(void *data, const char *sentence)
{
    const struct cli *cli = data;

    if (cli_given(cli, CLI_OPT_VERBOSE)) {
        fprintf(stderr, "vifplug: %s\n", sentence);
    }
}

static int read_document(const struct cli_input *input, struct vif_document *document,
                         char **errorp)
{
    enum vif_document_kind wanted = input->is_domain ? VIF_DOCUMENT_DOMAIN : VIF_DOCUMENT_INTERFACE;
    int error = vif_document_load(input->file, document, errorp);

    if (!error && document->kind != wanted) {
        error = error_set(errorp, EINVAL, "%s: no <%s> in it; see vifplug plan --help",
                          document->file, input->is_domain ? "domain" : "interface");
        vif_document_clear(document);
    }
    if (!error && document->n_specs == 0) {
        error = error_set(errorp, EINVAL, "%s: the domain has no interface", document->file);
        vif_document_clear(document);
    }
    if (!error) {
        error = adopted_resolve(document, errorp);
        if (error) {
            vif_document_clear(document);
        }
    }
    return error;
}

static int read_documents(struct cli *cli, struct request *request, char **errorp)
{
    request->documents = mem_zalloc(cli->n_inputs * sizeof *request->documents);
    for (size_t i = 0; i < cli->n_inputs; i++) {
        int error = read_document(&cli->inputs[i], &request->documents[i], errorp);

        if (error) {
            return error;
        }
        request->n_documents++;
        vif_wishes_add_document(&request->wishes, &request->documents[i], say_left_alone, cli);
    }
    return 0;
}

int request_read(struct cli *cli, struct request *request, char **errorp)
{
    const struct cli_value *files = &cli->options[CLI_OPT_NETWORK];
    bool by_hand = flags_given(cli);

    memset(request, 0, sizeof *request);
    if (by_hand && cli->n_inputs) {
        return error_set(errorp, EINVAL,
                         "--%s cannot go with --interface or --domain: the XML has it",
                         flags_first(cli));
    }
    if (!by_hand && !cli->n_inputs) {
        return error_set(
            errorp, EINVAL,
            "which interface? give --interface FILE, --domain FILE or --bridge BRIDGE; see "
            "vifplug %s --help",
            cli->command->name);
    }
    int error = vif_networks_new(files->texts, files->n, vif_network_folders,
                                 ARRAY_LEN(vif_network_folders), &request->networks, errorp);
    if (!error) {
        error = read_documents(cli, request, errorp);
    }
    if (!error && by_hand) {
        error = flags_to_spec(cli, &request->by_hand, errorp);
        if (!error) {
            vif_wishes_add(&request->wishes, &request->by_hand, "command line");
        }
    }
    if (!error && !request->wishes.n) {
        error = error_set(errorp, EINVAL,
                          "there is no interface that vifplug could plug; --verbose "
                          "says which ones are left alone");
    }
    return error ? -EINVAL : 0;
}

static int plan_options(const struct cli *cli, bool persistent, struct vif_plan_options *options,
                        char **errorp)
{
    *options = (struct vif_plan_options){
        .persistent = persistent,
        .transient = cli_given(cli, CLI_OPT_TRANSIENT),
    };
    return vif_owner_choose(cli_value(cli, CLI_OPT_USER), cli_value(cli, CLI_OPT_GROUP), options,
                            errorp);
}

int request_plan(const struct cli *cli, const struct request *request, struct vif_host *host,
                 bool persistent, struct vif_plan *plan, struct vif_view *view, char **errorp)
{
    struct vif_plan_options options;
    int error = plan_options(cli, persistent, &options, errorp);

    if (!error) {
        error = vif_host_plan(host, request->wishes.list, request->wishes.n, request->networks,
                              &options, plan, view, errorp);
    }
    return error;
}

enum cli_status request_act(struct cli *cli, request_action *act)
{
    enum cli_status status;
    struct vif_host *host = NULL;
    struct request request;
    char *sentence = NULL;
    int error = request_read(cli, &request, &sentence);

    if (!error) {
        error = cli_open_host(cli, &host, &sentence);
    }
    status = error ? cli_plan_status(error) : act(cli, host, &request, &sentence);
    if (sentence) {
        cli_fail(status, sentence);
    }
    vif_host_close(host);
    request_clear(&request);
    return status;
}

/* A plug between its plan and its end. */
struct plugging {
    const struct cli *cli;
    const struct request_plug *how;
    struct signals signals;
    bool held;
};

static int before(void *data, const struct vif_plan *plan, char **errorp)
{
    struct plugging *plugging = data;
    const struct request_plug *how = plugging->how;
    int error = how->check ? how->check(plugging->cli, plan, how->data, errorp) : 0;

    if (!error && !plugging->held) {
        signals_hold(&plugging->signals);
        plugging->held = true;
    }
    return error;
}

enum cli_status request_plug(struct cli *cli, struct vif_host *host, const struct request *request,
                             const struct request_plug *how, char **errorp)
{
    const struct vif_wishes *wishes = &request->wishes;
    struct plugging plugging = {.cli = cli, .how = how};
    struct vif_plug_options options = how->options;
    struct vif_plan_options plan;
    struct vif_plugged *plugged;
    enum cli_status status;
    int error = plan_options(cli, how->persistent, &plan, errorp);

    options.before = before;
    options.before_data = &plugging;
    if (!error) {
        error = vif_plug_wishes(host, wishes->list, wishes->n, request->networks, &plan, &options,
                                &plugged, errorp);
        progress_clear();
    }
    if (error) {
        /* Bad input shows before anything is tried. */
        status = plugging.held ? CLI_FAILED : cli_plan_status(error);
    } else {
        status = how->use(cli, host, plugged, wishes->n, &plugging.signals, how->data, errorp);
        vif_plugged_free(plugged, wishes->n);
    }
    if (plugging.held) {
        signals_release(&plugging.signals);
    }
    return status;
}
