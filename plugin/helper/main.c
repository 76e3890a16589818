/* vifplug-bridge-helper: a port for who is not root, where the policy allows it.
 *
 * Takes the arguments of qemu-bridge-helper and answers as that does: one message with one byte and
 * one descriptor on the socket that the caller names, and exit status 0; or a sentence and another
 * exit status. It never exits with 0 without having sent a descriptor: QEMU would take whatever it
 * has as descriptor 0 for the tap.
 *
 * It runs with more privileges than its caller, so the order of what it does matters:
 *
 *   1. what the caller handed on is forgotten, the caller's user taken on, system calls confined;
 *   2. with no privileges in effect the arguments, the policy and the network's XML are read, and a
 *      first decision is made; only to open a file a privilege is raised;
 *   3. as root, with what plugging needs: the reaper is started; under a lock the caller's ports
 *      are counted; the port is planned, the decision made again, the port plugged; the reaper is
 *      told, and the descriptor sent.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "helper/ask.h"
#include "helper/confine.h"
#include "helper/privileges.h"
#include "helper/reaper.h"
#include "helper/surroundings.h"
#include "netdev/link.h"
#include "policy/host.h"
#include "policy/trusted.h"
#include "vif/plug.h"

/* As vifplug's own: vifplug(8), EXIT STATUS. */
enum status { DONE = 0, FAILED = 1, USAGE = 2, DENIED = 4 };

#define TIMEOUT_MS 5000 /* of each step with Open vSwitch */

static const char usage[] =
    "Usage: vifplug-bridge-helper [--use-vnet] [--vlan TAG] [--mac ADDRESS] --br=NAME --fd=N\n"
    "Makes a tap on the bridge or network NAME, if /etc/vifplug/bridge.conf allows it, and sends\n"
    "it over the Unix socket N. Run by QEMU or libvirt; see vifplug-bridge-helper(8).\n";

/* The words that have a value, and the command line's values. */
enum word { BR, FD, VLAN, MAC, N_WORDS };
static const char *const words[N_WORDS] = {"br", "fd", "vlan", "mac"};

struct arguments {
    const char *values[N_WORDS]; /* of main()'s argv, or NULL */
    bool use_vnet;
    int fd;
};

/* Which word an argument is, `--word` or `--word=value`; *value is then what stands behind '='.
 * N_WORDS for none. */
static enum word find_word(const char *argument, const char **value)
{
    enum word word = BR;

    for (; word < N_WORDS; word++) {
        size_t length = strlen(words[word]);

        if (strncmp(argument, "--", 2) == 0 && strncmp(argument + 2, words[word], length) == 0 &&
            (!argument[2 + length] || argument[2 + length] == '=')) {
            *value = argument[2 + length] ? argument + 3 + length : NULL;
            break;
        }
    }
    return word;
}

/* A descriptor's number in digits and nothing else. */
static int parse_fd(const char *text, int *fd, char **errorp)
{
    size_t digits = strspn(text, "0123456789");

    if (!digits || digits > 6 || text[digits]) {
        return error_set(errorp, EINVAL, "--fd=%.16s is no number of a descriptor", text);
    }
    *fd = (int)strtol(text, NULL, 10);
    return 0;
}

static int parse(int argc, char **argv, struct arguments *arguments, char **errorp)
{
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        enum word word = find_word(argv[i], &value);

        if (word == N_WORDS && str_eq(argv[i], "--use-vnet")) {
            arguments->use_vnet = true;
            continue;
        }
        if (word == N_WORDS) {
            return error_set(errorp, EINVAL, "\"%.32s\" is not known; see --help", argv[i]);
        }
        if (!value && i + 1 < argc) {
            value = argv[++i];
        }
        if (!value || arguments->values[word]) {
            return error_set(errorp, EINVAL, "--%s %s", words[word],
                             value ? "is given twice" : "needs a value");
        }
        arguments->values[word] = value;
    }
    if (!arguments->values[BR] || !arguments->values[FD]) {
        return error_set(errorp, EINVAL, "--br=NAME and --fd=N are needed; see --help");
    }
    return parse_fd(arguments->values[FD], &arguments->fd, errorp);
}

/* A policy_read_fn: the privilege is there for as long as it takes to get the bytes. */
static int read_as_root(const char *file, size_t max, char **text, size_t *length, char **errorp)
{
    int error = privileges_read(true, errorp);

    if (error) {
        return error;
    }
    error = trusted_read(file, max, text, length, errorp);
    if (privileges_read(false, NULL)) {
        abort(); /* nothing may be parsed now */
    }
    return error;
}

/* -EACCES with the reason, unless it is allowed. */
static int judge(const struct ask *ask, struct policy_verdict *verdict, char **errorp)
{
    int error = verdict->allowed
                    ? 0
                    : error_set(errorp, EACCES, "\"%s\" is denied: %s", ask->name, verdict->reason);

    policy_verdict_clear(verdict);
    return error;
}

/* Step 2, after the arguments. */
static int decide_first(struct ask *ask, const struct ask_caller *caller, struct policy **policy,
                        char **errorp)
{
    struct policy_verdict verdict = {0};
    int error = policy_read_host(read_as_root, policy, errorp);

    if (error) {
        return error_wrap(errorp, -EACCES, "all is denied");
    }
    if (!ask_is_worth_it(*policy, ask, caller, &verdict)) {
        return judge(ask, &verdict, errorp);
    }
    error = ask_look_up(ask, read_as_root, errorp);
    if (error) {
        return error;
    }
    ask_decide(ask, &ask->draft.ports[0], *policy, caller, NULL, 0, &verdict);
    return judge(ask, &verdict, errorp);
}

/* A bridge may have alternative names. The policy knows it by one name, and none of the others is a
 * way around a line that denies. */
static int check_name(struct vif_host *host, const struct ask *ask, char **errorp)
{
    struct link_info link;
    struct rtnl *rtnl;
    bool found = false;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error && !ask->is_network) {
        error = link_find(rtnl, ask->name, &found, &link, errorp);
    }
    if (!error && found && !str_eq(link.name, ask->name)) {
        error = error_set(errorp, EACCES, "\"%s\" is denied: it is another name of \"%s\"",
                          ask->name, link.name);
    }
    return error;
}

/* What step 3 works with. */
struct grant {
    const struct ask *ask;
    const struct ask_caller *caller;
    const struct policy *policy;
    struct vif_host *host;
    int lock; /* keeps the count true until the new port has its record */
    struct vif_record *records;
    size_t n_records;
};

/* Counts the caller's ports, and lets nobody add one to them meanwhile. */
static int count(struct grant *grant, char **errorp)
{
    struct vif_records *records;
    int error = vif_host_records(grant->host, &records, errorp);

    if (!error) {
        grant->lock = vif_records_lock_user(records, grant->caller->uid, errorp);
        error = grant->lock < 0 ? grant->lock : 0;
    }
    if (!error) {
        error = vif_records_read_all(records, &grant->records, &grant->n_records, errorp);
    }
    return error;
}

/* Asked before each plan is carried out: decides again, now that all of the port is known. */
static int check_plan(void *data, const struct vif_plan *plan, char **errorp)
{
    const struct grant *grant = data;
    const struct vif_port *port = &plan->ports[0];
    bool macvtap = port->device == VIF_DEVICE_MACVTAP;
    struct policy_verdict verdict = {0};

    if (!macvtap && port->device != VIF_DEVICE_TAP) {
        return error_set(errorp, EOPNOTSUPP, "\"%s\" leads to no tap and no macvtap",
                         grant->ask->name);
    }
    if (macvtap != (grant->ask->draft.ports[0].device == VIF_DEVICE_MACVTAP)) {
        return error_set(errorp, EOPNOTSUPP,
                         "\"%s\" has two ways to connect, of which the helper knows the first one",
                         grant->ask->name);
    }
    ask_decide(grant->ask, port, grant->policy, grant->caller, grant->records, grant->n_records,
               &verdict);
    return judge(grant->ask, &verdict, errorp);
}

/* One message, one byte, one descriptor: net_bridge_run_helper() in net/tap.c of QEMU. */
static int send_fd(int socket, int fd, char **errorp)
{
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof fd)];
    } control = {0};
    const struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control.space,
    };

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    /* There is room for a byte in every socket that is fit for this; we wait for nobody. */
    if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) {
        return error_set(errorp, errno, "cannot send the tap to who asked for it: %m");
    }
    return 0;
}

/* Plugs, tells the reaper, sends. After the last of these nothing can fail. */
static int deliver(struct grant *grant, int socket, const struct reaper *reaper, char **errorp)
{
    const struct vif_plan_options plan_options = {.owner = grant->caller->uid, .group = (gid_t)-1};
    const struct vif_plug_options plug_options = {
        .supervised = true,
        .supervisor = reaper->pid,
        .fresh = true,
        .granted_name = grant->ask->name,
        .granted_user = grant->caller->uid,
        .before = check_plan,
        .before_data = grant,
    };
    const struct vif_wish wish = {.spec = &grant->ask->spec, .where = grant->ask->name};
    struct vif_plugged *plugged;
    int error = vif_plug_wishes(grant->host, &wish, 1, grant->ask->networks, &plan_options,
                                &plug_options, &plugged, errorp);

    if (error) {
        return error;
    }
    error = reaper_tell(reaper, &plugged->record, plugged->fds[0], errorp);
    if (!error) {
        error = send_fd(socket, plugged->fds[0], errorp);
    }
    if (error) {
        char *sentence = NULL;

        if (vif_unplug_known(grant->host, &plugged->record, 1, &sentence)) {
            error_append(errorp, "%s", sentence);
            free(sentence);
        }
    }
    vif_plugged_free(plugged, 1);
    return error;
}

/* Step 3. */
static int grant_it(const struct ask *ask, const struct ask_caller *caller,
                    const struct policy *policy, int socket, char **errorp)
{
    auto_free char *who = str_printf("vifplug-bridge-helper (for user %ld)", (long)caller->uid);
    const struct vif_host_options options = {
        .ovsdb = {.timeout_ms = TIMEOUT_MS, .caller = who},
    };
    struct grant grant = {.ask = ask, .caller = caller, .policy = policy, .lock = -1};
    bool macvtap = ask->draft.ports[0].device == VIF_DEVICE_MACVTAP;
    struct reaper reaper;
    int error = privileges_plug(macvtap, errorp);

    if (!error) {
        error = reaper_start(&options, macvtap, &reaper, errorp);
    }
    if (error) {
        return error;
    }
    grant.host = vif_host_open(&options);
    error = check_name(grant.host, ask, errorp);
    if (!error) {
        error = count(&grant, errorp);
    }
    if (!error) {
        error = deliver(&grant, socket, &reaper, errorp);
    }
    vif_records_free(grant.records, grant.n_records);
    vif_host_close(grant.host);
    reaper_close(&reaper);
    if (grant.lock >= 0) {
        close(grant.lock);
    }
    return error;
}

static enum status status_of(int error)
{
    switch (-error) {
    case 0:
        return DONE;
    case EACCES:
        return DENIED;
    case EINVAL:
    case ENAMETOOLONG:
        return USAGE;
    default:
        return FAILED;
    }
}

static int serve(int argc, char **argv, char **errorp)
{
    struct arguments arguments = {.fd = -1};
    struct ask_caller caller = {0};
    struct policy *policy = NULL;
    struct ask ask = {0};
    int error = privileges_begin(&caller, errorp);

    if (!error) {
        error = confine(errorp);
    }
    if (!error) {
        error = parse(argc, argv, &arguments, errorp);
    }
    if (!error) {
        error = surroundings_keep_socket(arguments.fd, errorp);
    }
    if (!error) {
        error = ask_take(&ask, arguments.values[BR], arguments.values[VLAN], arguments.values[MAC],
                         errorp);
    }
    if (!error && !arguments.use_vnet) {
        /* A card that knows nothing of offloads. */
        ask.spec.model = str_dup("rtl8139");
    }
    if (!error) {
        error = decide_first(&ask, &caller, &policy, errorp);
    }
    if (!error) {
        error = grant_it(&ask, &caller, policy, arguments.fd, errorp);
    }
    policy_free(policy);
    ask_clear(&ask);
    free(caller.gids);
    return error;
}

#ifdef __SANITIZE_ADDRESS__
/* In a build with the address sanitizer: its leak checker traces the process that it is in, which
 * nobody may do with this one. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
/* NOLINTEND(bugprone-reserved-identifier) */
#endif

int main(int argc, char **argv)
{
    char *sentence = NULL;
    int error = surroundings_forget(&sentence);

    if (!error && argc == 2 && str_eq(argv[1], "--help")) {
        fputs(usage, stdout);
        return fflush(stdout) ? FAILED : USAGE; /* not 0: no descriptor was sent */
    }
    if (!error && argc == 2 && str_eq(argv[1], "--version")) {
        printf("vifplug-bridge-helper %s\n", VIFPLUG_VERSION);
        return fflush(stdout) ? FAILED : USAGE;
    }
    if (!error) {
        error = serve(argc, argv, &sentence);
    }
    if (error) {
        fprintf(stderr, "vifplug-bridge-helper: %s\n", sentence ? sentence : "failed");
    }
    free(sentence);
    return (int)status_of(error);
}
