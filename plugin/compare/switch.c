#include "compare/switch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/program.h"
#include "netdev/link.h"
#include "ovs/bridge.h"

/* As much as any of the programs may take; on a machine that is not overloaded it is a fifth of a
 * second for all. */
#define START_TIMEOUT_MS 10000
#define TIMEOUT_OPTION   "--timeout=10"

/* ovs-vswitchd itself tells nobody when it cannot make a datapath, but its log. */
#define QUIET "-vconsole:warn", "-vsyslog:off"

struct texts {
    char *db;     /* the database file */
    char *remote; /* for ovsdb-server */
    char *server; /* for its clients */
    char *option; /* of ovs-vsctl, that names the server */
    char *bridge; /* "datapath_type=netdev" */
};

static struct texts make_texts(const struct site *site, const struct switch_options *options)
{
    auto_free char *folder = str_printf(PROGRAM_FOLDER, site->folder);

    return (struct texts){
        .db = str_printf("%s/conf.db", folder),
        .remote = str_printf("--remote=punix:%s/db.sock", folder),
        .server = str_printf("unix:%s/db.sock", folder),
        .option = str_printf("--db=unix:%s/db.sock", folder),
        .bridge = str_printf("datapath_type=%s", options->kernel ? "system" : "netdev"),
    };
}

static void free_texts(struct texts *texts)
{
    free(texts->db);
    free(texts->remote);
    free(texts->server);
    free(texts->option);
    free(texts->bridge);
}

static bool server_answers(const struct site *site)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_free char *path = str_printf(PROGRAM_FOLDER "/db.sock", site->folder);
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 && str_copy(address.sun_path, sizeof address.sun_path, path) &&
           connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* -EIO when the program has ended by itself. */
static int check_life(const struct site *site, pid_t *pid, const char *name, char **errorp)
{
    if (waitpid(*pid, NULL, WNOHANG) != *pid) {
        return 0;
    }
    auto_free char *words = program_last_words(name, site->folder);

    *pid = 0;
    return error_set(errorp, EIO, "%s ended: %s", name, words);
}

static int wait_for_server(struct site *site, char **errorp)
{
    const struct timespec moment = {.tv_nsec = 2000000};

    for (int waited_ms = 0; waited_ms < START_TIMEOUT_MS; waited_ms += 2) {
        if (server_answers(site)) {
            return 0;
        }
        int error = check_life(site, &site->pids[0], "ovsdb-server", errorp);

        if (error) {
            return error;
        }
        nanosleep(&moment, NULL);
    }
    return error_set(errorp, ETIMEDOUT, "ovsdb-server did not answer in %d s",
                     START_TIMEOUT_MS / 1000);
}

static int start_server(struct site *site, const struct switch_options *options,
                        const struct texts *texts, char **errorp)
{
    const char *const create[] = {"ovsdb-tool", "create", texts->db, NULL};
    const char *const serve[] = {"ovsdb-server", QUIET, texts->remote, texts->db, NULL};
    /* Read by ovs-vswitchd once, as it starts. */
    const char *const init[] = {
        "ovs-vsctl",
        texts->option,
        "--no-wait",
        TIMEOUT_OPTION,
        "set",
        "Open_vSwitch",
        ".",
        options->userspace_tso ? "other_config:userspace-tso-enable=true"
                               : "other_config:userspace-tso-enable=false",
        NULL,
    };
    int error = program_run(create, site->folder, errorp);

    if (!error) {
        error = program_start(serve, site->folder, &site->pids[0], errorp);
    }
    if (!error) {
        error = wait_for_server(site, errorp);
    }
    return error ? error : program_run(init, site->folder, errorp);
}

static int start_vswitchd(struct site *site, const struct texts *texts, char **errorp)
{
    const char *const argv[] = {"ovs-vswitchd", QUIET, texts->server, NULL};
    int error = program_start(argv, site->folder, &site->pids[1], errorp);

    site->switch_pid = site->pids[1];
    return error;
}

static int add_bridge(struct site *site, const struct switch_options *options,
                      const struct texts *texts, char **errorp)
{
    const char *const argv[] = {
        "ovs-vsctl",
        texts->option,
        TIMEOUT_OPTION,
        "add-br",
        SWITCH_BRIDGE,
        "--",
        "set",
        "Bridge",
        SWITCH_BRIDGE,
        texts->bridge,
        "fail_mode=standalone",
        options->port ? "--" : NULL,
        "add-port",
        SWITCH_BRIDGE,
        options->port,
        NULL,
    };

    int error = program_run(argv, site->folder, errorp);

    /* Where nobody carries out what stands in the database, that is the reason. */
    if (error && check_life(site, &site->pids[1], "ovs-vswitchd", errorp)) {
        site->switch_pid = 0;
    }
    return error;
}

/* ovs-vsctl has waited until ovs-vswitchd was done, so the bridge's own link is there, or never
 * will be. */
static int check_datapath(struct site *site, const struct switch_options *options, char **errorp)
{
    struct link_info link;
    bool found = false;
    int error = link_find(site->rtnl, SWITCH_BRIDGE, &found, &link, errorp);

    if (error || found) {
        return error;
    }
    if (options->kernel) {
        return error_set(errorp, EOPNOTSUPP,
                         "the kernel has no datapath of Open vSwitch; for the module: modprobe "
                         "openvswitch");
    }
    auto_free char *words = program_last_words("ovs-vswitchd", site->folder);

    return error_set(errorp, EIO, "ovs-vswitchd made no bridge: %s", words);
}

static int reflect(struct site *site, char **errorp)
{
    const char *const argv[] = {"ovs-ofctl",   TIMEOUT_OPTION,           "add-flow",
                                SWITCH_BRIDGE, "actions=NORMAL,IN_PORT", NULL};

    return program_run(argv, site->folder, errorp);
}

int switch_start(struct site *site, const struct switch_options *options, char **errorp)
{
    struct texts texts = make_texts(site, options);
    int error = start_server(site, options, &texts, errorp);

    if (!error) {
        error = start_vswitchd(site, &texts, errorp);
    }
    if (!error) {
        error = add_bridge(site, options, &texts, errorp);
    }
    if (!error) {
        error = check_datapath(site, options, errorp);
    }
    if (!error && options->reflect) {
        error = reflect(site, errorp);
    }
    free_texts(&texts);
    /* What is not installed cannot be had. */
    return error == -ENOENT ? -EOPNOTSUPP : error;
}

/* What stands in the database, where the distribution's start-up script has written it there. */
static char *host_version(struct site *site)
{
    struct ovs_switch *sw = NULL;
    struct ovsdb *db = NULL;
    char *version = NULL;

    if (vif_host_ovsdb(site->host, &db, NULL) == 0 && ovs_switch_read(db, &sw, NULL) == 0) {
        version = sw->ovs_version[0] ? str_dup(sw->ovs_version) : NULL;
        ovs_switch_free(sw);
    }
    return version;
}

char *switch_version(struct site *site)
{
    /* "ovsdb-server (Open vSwitch) 3.1.0" */
    static const char *const argv[] = {"ovsdb-server", "--version", NULL};
    static const char before[] = "(Open vSwitch) ";

    if (!site->switch_pid) {
        return NULL;
    }
    if (site->real) {
        return host_version(site);
    }
    if (program_run(argv, site->folder, NULL)) {
        return NULL;
    }
    auto_free char *words = program_last_words(argv[0], site->folder);
    const char *version = strstr(words, before);

    return version ? str_dup(version + strlen(before)) : NULL;
}
