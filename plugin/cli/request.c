#include "cli/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/flags.h"
#include "cli/host.h"
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

int request_plan(const struct cli *cli, const struct request *request, struct vif_host *host,
                 bool persistent, struct vif_plan *plan, struct vif_view *view, char **errorp)
{
    struct vif_plan_options options = {
        .persistent = persistent,
        .transient = cli_given(cli, CLI_OPT_TRANSIENT),
    };
    int error = vif_owner_choose(cli_value(cli, CLI_OPT_USER), cli_value(cli, CLI_OPT_GROUP),
                                 &options, errorp);

    if (!error) {
        error = vif_host_plan(host, request->wishes.list, request->wishes.n, request->networks,
                              &options, plan, view, errorp);
    }
    return error;
}

enum cli_status request_act(struct cli *cli, bool persistent, request_action *act)
{
    enum cli_status status;
    struct vif_host *host = NULL;
    struct request request;
    struct vif_plan plan;
    struct vif_view view;
    char *sentence = NULL;
    int error = request_read(cli, &request, &sentence);

    if (!error) {
        error = cli_open_host(cli, &host, &sentence);
    }
    if (!error) {
        error = request_plan(cli, &request, host, persistent, &plan, &view, &sentence);
    }
    if (error) {
        status = cli_plan_status(error);
    } else {
        status = act(cli, host, &plan, &view, &sentence);
        vif_view_clear(&view);
        vif_plan_clear(&plan);
    }
    if (sentence) {
        cli_fail(status, sentence);
    }
    vif_host_close(host);
    request_clear(&request);
    return status;
}
