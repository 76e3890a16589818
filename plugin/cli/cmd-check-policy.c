/* vifplug check --policy USER NAME: what the bridge helper would decide, found out in the same way.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/report.h"
#include "helper/ask.h"
#include "policy/host.h"
#include "policy/trusted.h"

/* Finds the user of a name or number, and all the groups. */
static int find_caller(const char *name, struct ask_caller *caller, char **errorp)
{
    bool is_number = *name && !name[strspn(name, "0123456789")];
    const struct passwd *user = getpwnam(name);
    int n = 64;

    if (!user && is_number) {
        user = getpwuid((uid_t)strtoul(name, NULL, 10));
    }
    if (!user) {
        return error_set(errorp, EINVAL, "no user \"%s\"", name);
    }
    caller->uid = user->pw_uid;
    do {
        caller->n_gids = (size_t)n;
        caller->gids = mem_resize(caller->gids, caller->n_gids, sizeof *caller->gids);
    } while (getgrouplist(user->pw_name, user->pw_gid, caller->gids, &n) < 0 &&
             (size_t)n > caller->n_gids);
    caller->n_gids = (size_t)n;
    return 0;
}

/* Refuses the options of a SPEC that the helper does not know. */
static int check_options(const struct cli *cli, char **errorp)
{
    for (int id = 0; id < CLI_N_OPTIONS; id++) {
        unsigned group = cli_options[id].group;

        if ((group == CLI_SPEC || group == CLI_DEVICE) && id != CLI_OPT_VLAN && id != CLI_OPT_MAC &&
            cli_given(cli, (enum cli_option_id)id)) {
            return error_set(errorp, EINVAL,
                             "--%s does not go with --policy: the helper knows --vlan and --mac",
                             cli_options[id].name);
        }
    }
    return cli->n_args
               ? 0
               : error_set(errorp, EINVAL, "--policy USER needs the NAME of a network or bridge");
}

/* libvirt's hook decides likewise for root, but only about networks that a line names. */
static void note_libvirt(struct report *found, const struct ask *ask, const struct policy *policy,
                         const struct ask_caller *caller)
{
    if (caller->uid == 0 && !policy_names(policy, ask->name)) {
        report_add(found, REPORT_NOTE, "libvirt",
                   "no line names \"%s\", so root's guests under libvirt are not asked", ask->name);
    }
}

/* What the helper decides when it has the policy. Returns an error for what comes after policy. */
static int decide(const struct cli *cli, struct ask *ask, const struct policy *policy,
                  const struct ask_caller *caller, struct policy_verdict *verdict, char **errorp)
{
    struct vif_records *records;
    struct vif_record *all = NULL;
    struct vif_host *host;
    size_t n = 0;

    if (!ask_is_worth_it(policy, ask, caller, verdict)) {
        return 0;
    }
    int error = ask_look_up(ask, trusted_read, errorp);
    if (!error) {
        error = cli_open_host(cli, &host, errorp);
    }
    if (error) {
        return error;
    }
    error = vif_host_records(host, &records, errorp);
    if (!error) {
        error = vif_records_read_all(records, &all, &n, errorp);
    }
    if (!error) {
        ask_decide(ask, &ask->draft.ports[0], policy, caller, all, n, verdict);
        vif_records_free(all, n);
    }
    vif_host_close(host);
    return error;
}

static enum cli_status report(const struct cli *cli, struct ask *ask,
                              const struct ask_caller *caller)
{
    struct policy_verdict verdict = {0};
    struct policy *policy = NULL;
    struct report found = {0};
    auto_free char *sentence = NULL;
    enum cli_status status = CLI_DENIED;

    if (policy_read_host(trusted_read, &policy, &sentence)) {
        report_add(&found, REPORT_FAIL, "policy", "all is denied, since %s", sentence);
    } else {
        int error = decide(cli, ask, policy, caller, &verdict, &sentence);

        if (error) {
            report_add(&found, REPORT_FAIL, "name", "%s", sentence);
            status = cli_plan_status(error);
        } else {
            report_add(&found, verdict.allowed ? REPORT_OK : REPORT_FAIL, "policy", "%s: %s",
                       verdict.allowed ? "allowed" : "denied", verdict.reason);
            note_libvirt(&found, ask, policy, caller);
            status = verdict.allowed ? CLI_DONE : CLI_DENIED;
        }
    }
    report_print(cli, &found);
    policy_verdict_clear(&verdict);
    policy_free(policy);
    return status;
}

enum cli_status cli_check_policy(struct cli *cli)
{
    struct ask_caller caller = {0};
    struct ask ask = {0};
    char *sentence = NULL;
    int error = check_options(cli, &sentence);

    if (!error) {
        error = find_caller(cli_value(cli, CLI_OPT_POLICY), &caller, &sentence);
    }
    if (!error) {
        error = ask_take(&ask, cli->args[0], cli_value(cli, CLI_OPT_VLAN),
                         cli_value(cli, CLI_OPT_MAC), &sentence);
    }
    enum cli_status status = error ? cli_fail(CLI_USAGE, sentence) : report(cli, &ask, &caller);
    ask_clear(&ask);
    free(caller.gids);
    return status;
}
