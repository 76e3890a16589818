#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/host.h"
#include "cli/output.h"
#include "netdev/brport.h"
#include "netdev/link.h"
#include "ovs/bridge.h"

/* Whether Open vSwitch has a bridge of that name. One that cannot be asked has none. */
static bool is_ovs_bridge(struct vif_host *host, const char *name)
{
    struct ovs_switch *sw;
    struct ovsdb *db;

    if (vif_host_ovsdb(host, &db, NULL) || ovs_switch_read(db, &sw, NULL)) {
        return false;
    }
    bool found = ovs_switch_find(sw, name);

    ovs_switch_free(sw);
    return found;
}

/* "br0, br1", or "none"; caller frees. */
static char *linux_bridge_names(struct rtnl *rtnl)
{
    auto_free struct link_info *links = NULL;
    char *names = NULL;
    size_t n = 0;

    if (link_list(rtnl, &links, &n, NULL)) {
        return str_dup("unknown");
    }
    for (size_t i = 0; i < n; i++) {
        if (str_eq(links[i].kind, "bridge")) {
            char *longer = str_printf("%s%s%s", names ? names : "", names ? ", " : "",
                                      links[i].name);

            free(names);
            names = longer;
        }
    }
    return names ? names : str_dup("none");
}

/* Says what a link is that is no Linux bridge. */
static int refuse_link(struct rtnl *rtnl, const struct link_info *link, char **errorp)
{
    auto_free char *kind = link_describe_kind(link);
    struct link_info master;

    error_set(errorp, EOPNOTSUPP, "%s is not a Linux bridge but a %s", link->name, kind);
    if (link->master && link_get_by_index(rtnl, link->master, &master, NULL) == 0 &&
        str_eq(master.kind, "bridge")) {
        error_append(errorp, "it is a port of %s: vifplug hairpin %s %s", master.name, master.name,
                     link->name);
    }
    return -EOPNOTSUPP;
}

static int find_bridge(struct vif_host *host, struct rtnl *rtnl, const char *name,
                       struct link_info *bridge, char **errorp)
{
    bool found = false;
    int error = link_find(rtnl, name, &found, bridge, errorp);

    if (error || (found && str_eq(bridge->kind, "bridge"))) {
        return error;
    }
    if (is_ovs_bridge(host, name)) {
        return error_set(errorp, EOPNOTSUPP,
                         "%s is a bridge of Open vSwitch, whose ports have no hairpin flag; there, "
                         "a flow with the action in_port sends frames back where they came in",
                         name);
    }
    if (found) {
        return refuse_link(rtnl, bridge, errorp);
    }
    auto_free char *names = linux_bridge_names(rtnl);

    return error_set(errorp, ENODEV, "there is no bridge \"%s\"; Linux bridges: %s", name, names);
}

/* Finds the port of that name, and says whose it is where it is another's. */
static int find_port(struct rtnl *rtnl, const struct link_info *bridge, const char *name,
                     struct brport *port, char **errorp)
{
    auto_free char *words = NULL;
    struct link_info link;
    struct link_info other;
    int error = link_get(rtnl, name, &link, errorp);

    if (error) {
        return error;
    }
    error = brport_get(rtnl, link.ifindex, port, &words);
    if (error && error != -EOPNOTSUPP) {
        return error_set(errorp, -error, "%s", words);
    }
    if (error || port->bridge == bridge->ifindex) {
        return error ? error_set(errorp, -error, "%s is no port of %s, nor of any Linux bridge",
                                 link.name, bridge->name)
                     : 0;
    }
    if (link_get_by_index(rtnl, port->bridge, &other, NULL)) {
        return error_set(errorp, EOPNOTSUPP, "%s is no port of %s", link.name, bridge->name);
    }
    return error_set(errorp, EOPNOTSUPP, "%s is no port of %s but of %s", link.name, bridge->name,
                     other.name);
}

static int set(struct rtnl *rtnl, struct brport *port, bool on, char **errorp)
{
    int error = brport_set_hairpin(rtnl, port->ifindex, on, errorp);

    if (!error) {
        port->hairpin = on;
    }
    return error_wrap(errorp, error, "%s", port->name);
}

static const char *flag_text(const struct brport *port)
{
    return port->hairpin ? "on" : "off";
}

static void print_table(const struct brport *ports, size_t n)
{
    char **cells = mem_resize(NULL, (n + 1) * 2, sizeof *cells);

    cells[0] = str_dup("PORT");
    cells[1] = str_dup("HAIRPIN");
    for (size_t i = 0; i < n; i++) {
        cells[2 * i + 2] = str_dup(ports[i].name);
        cells[2 * i + 3] = str_dup(flag_text(&ports[i]));
    }
    output_table(cells, n + 1, 2);
    for (size_t i = 0; i < (n + 1) * 2; i++) {
        free(cells[i]);
    }
    free(cells);
}

static void print_json(const struct brport *ports, size_t n)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *port = cJSON_CreateObject();

        cJSON_AddStringToObject(port, "name", ports[i].name);
        cJSON_AddBoolToObject(port, "hairpin", ports[i].hairpin);
        cJSON_AddItemToArray(list, port);
    }
    output_json_list("ports", list);
}

/* Reads the port that is named, having set its flag if that is asked for, or all of them. */
static int look(const struct cli *cli, struct vif_host *host, struct brport **ports, size_t *n,
                char **errorp)
{
    struct link_info bridge;
    struct rtnl *rtnl = NULL;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = find_bridge(host, rtnl, cli->args[0], &bridge, errorp);
    }
    if (error || cli->n_args == 1) {
        return error ? error : brport_list(rtnl, bridge.ifindex, ports, n, errorp);
    }
    *ports = mem_zalloc(sizeof **ports);
    *n = 1;
    error = find_port(rtnl, &bridge, cli->args[1], *ports, errorp);
    if (!error && cli->n_args == 3) {
        error = set(rtnl, *ports, str_eq(cli->args[2], "on"), errorp);
    }
    return error;
}

enum cli_status cli_cmd_hairpin(struct cli *cli)
{
    auto_free struct brport *ports = NULL;
    enum cli_status status = CLI_DONE;
    struct vif_host *host = NULL;
    char *sentence = NULL;
    size_t n = 0;

    if (cli->n_args == 3 && !str_eq(cli->args[2], "on") && !str_eq(cli->args[2], "off")) {
        return cli_fail(CLI_USAGE, str_printf("hairpin \"%s\": on or off is wanted", cli->args[2]));
    }
    if (cli_open_host(cli, &host, &sentence)) {
        return cli_fail(CLI_USAGE, sentence);
    }
    if (look(cli, host, &ports, &n, &sentence)) {
        status = cli_fail(CLI_FAILED, sentence);
    } else if (cli_given(cli, CLI_OPT_JSON)) {
        print_json(ports, n);
    } else if (!cli_given(cli, CLI_OPT_QUIET) && n) {
        print_table(ports, n);
    }
    vif_host_close(host);
    return status;
}
