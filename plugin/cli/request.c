#include "cli/request.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/flags.h"

void request_clear(struct request *request)
{
    for (size_t i = 0; i < request->n_documents; i++) {
        vif_document_clear(&request->documents[i]);
    }
    free(request->documents);
    vif_spec_clear(&request->by_hand);
    for (size_t i = 0; i < request->n_wishes; i++) {
        free(request->wheres[i]);
    }
    free(request->wheres);
    free(request->wishes);
    vif_networks_free(request->networks);
    memset(request, 0, sizeof *request);
}

static void add_wish(struct request *request, const struct vif_wish *wish, char *where)
{
    request->wishes = mem_resize(request->wishes, request->n_wishes + 1, sizeof *request->wishes);
    request->wheres = mem_resize(request->wheres, request->n_wishes + 1, sizeof *request->wheres);
    request->wishes[request->n_wishes] = *wish;
    request->wishes[request->n_wishes].where = where;
    request->wheres[request->n_wishes++] = where;
}

static void add_document(const struct cli *cli, struct request *request,
                         const struct vif_document *document)
{
    for (size_t i = 0; i < document->n_specs; i++) {
        const struct vif_spec *spec = &document->specs[i];
        char *number = document->kind == VIF_DOCUMENT_DOMAIN ? str_printf(" %zu", i + 1)
                                                             : str_dup("");
        char *target = spec->target ? str_printf(" (target \"%s\")", spec->target) : str_dup("");
        char *where = str_printf("%s: interface%s%s", document->file, number, target);

        free(number);
        free(target);
        if (spec->type == VIF_TYPE_OTHER) {
            if (cli_given(cli, CLI_OPT_VERBOSE)) {
                fprintf(stderr, "vifplug: %s: type='%s' is left alone\n", where, spec->type_name);
            }
            free(where);
            continue;
        }
        add_wish(request,
                 &(struct vif_wish){
                     .spec = spec,
                     .domain_name = document->domain_name,
                     .domain_uuid = document->domain_uuid,
                 },
                 where);
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

static int read_documents(const struct cli *cli, struct request *request, char **errorp)
{
    request->documents = mem_zalloc(cli->n_inputs * sizeof *request->documents);
    for (size_t i = 0; i < cli->n_inputs; i++) {
        int error = read_document(&cli->inputs[i], &request->documents[i], errorp);

        if (error) {
            return error;
        }
        request->n_documents++;
        add_document(cli, request, &request->documents[i]);
    }
    return 0;
}

int request_read(const struct cli *cli, struct request *request, char **errorp)
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
            add_wish(request, &(struct vif_wish){.spec = &request->by_hand},
                     str_dup("command line"));
        }
    }
    if (!error && !request->n_wishes) {
        error = error_set(errorp, EINVAL,
                          "there is no interface that vifplug could plug; --verbose "
                          "says which ones are left alone");
    }
    return error;
}

/* A user or group by name or number. */
static int find_id(const char *text, bool group, unsigned *id, char **errorp)
{
    if (text[strspn(text, "0123456789")] == '\0' && text[0] && strlen(text) < 10) {
        *id = (unsigned)strtoul(text, NULL, 10);
        return 0;
    }
    const struct passwd *passwd = group ? NULL : getpwnam(text);
    const struct group *grp = group ? getgrnam(text) : NULL;
    if (!passwd && !grp) {
        return error_set(errorp, EINVAL, "no %s \"%s\"", group ? "group" : "user", text);
    }
    *id = passwd ? passwd->pw_uid : grp->gr_gid;
    return 0;
}

int request_plan(const struct cli *cli, const struct request *request, struct vif_host *host,
                 bool persistent, struct vif_plan *plan, struct vif_view *view, char **errorp)
{
    const char *user = cli_value(cli, CLI_OPT_USER);
    const char *group = cli_value(cli, CLI_OPT_GROUP);
    struct vif_plan_options options = {
        .persistent = persistent,
        .owner = getuid(),
        .group = (gid_t)-1,
        .transient = cli_given(cli, CLI_OPT_TRANSIENT),
    };
    int error = user ? find_id(user, false, &options.owner, errorp) : 0;

    if (!error && group) {
        error = find_id(group, true, &options.group, errorp);
    }
    if (!error) {
        error = vif_host_plan(host, request->wishes, request->n_wishes, request->networks, &options,
                              plan, view, errorp);
    }
    return error;
}
