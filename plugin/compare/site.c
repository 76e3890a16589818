#include "compare/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/program.h"
#include "netdev/bridge-link.h"
#include "netdev/brport.h"
#include "netdev/detached.h"
#include "netdev/link.h"
#include "netdev/netns.h"
#include "netdev/rtnl.h"
#include "netdev/veth.h"
#include "vif/wishes.h"

#define OVSDB_TIMEOUT_MS 10000

/* What would send frames of its own, and what would look into ours. Where a kernel lacks one of
 * these there is nothing to turn off. */
static const struct setting {
    const char *path;
    const char *value;
} settings[] = {
    {"/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"},
    {"/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"},
    {"/proc/sys/net/bridge/bridge-nf-call-iptables", "0"},
    {"/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0"},
    {"/proc/sys/net/bridge/bridge-nf-call-arptables", "0"},
};

/* The files are those of this thread's network namespace. */
static void calm_down(void)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        auto_close int fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);

        if (fd >= 0 && write(fd, settings[i].value, 1) != 1) {
            continue; /* what is disturbed by it shows in the spread */
        }
    }
}

static void clear(struct site *site)
{
    *site = (struct site){.folder = -1, .home = -1, .away = -1, .extra_fds = {-1, -1}};
}

int site_make(struct site *site, char **errorp)
{
    struct vif_host_options options = {
        .ovsdb = {.timeout_ms = OVSDB_TIMEOUT_MS, .caller = "vifplug compare"},
    };

    clear(site);
    int error = netns_enter_new(&site->home, &site->away, errorp);
    if (!error) {
        calm_down();
        error = detached_mount("tmpfs", &site->folder, errorp);
    }
    if (!error && mkdirat(site->folder, "vifplug", 0755)) {
        error = error_set(errorp, errno, "cannot make a folder: %m");
    }
    if (!error) {
        error = rtnl_open(&site->rtnl, errorp);
    }
    if (!error) {
        site->rundir = str_printf(PROGRAM_FOLDER "/vifplug", site->folder);
        site->remote = str_printf("unix:" PROGRAM_FOLDER "/db.sock", site->folder);
        options.rundir = site->rundir;
        options.ovsdb.remote = site->remote;
        site->host = vif_host_open(&options);
    }
    return error;
}

int site_make_real(struct site *site, const struct vif_host_options *options, char **errorp)
{
    clear(site);
    site->real = true;
    site->host = vif_host_open(options);
    return rtnl_open(&site->rtnl, errorp);
}

void site_leave(struct site *site)
{
    netns_return(site->home);
    if (site->home >= 0) {
        close(site->home);
        site->home = -1;
    }
}

static int unplug(struct site *site, char **errorp)
{
    struct vif_record *records = mem_resize(NULL, site->n_guests, sizeof *records);

    for (size_t i = 0; i < site->n_guests; i++) {
        records[i] = site->guests[i].record;
    }
    int error = vif_unplug_known(site->host, records, site->n_guests, errorp);
    free(records);
    return error;
}

static void close_fd(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

int site_close(struct site *site, char **errorp)
{
    int error = site->real && site->n_guests ? unplug(site, errorp) : 0;

    site_leave(site);
    vif_plugged_free(site->guests, site->n_guests);
    vif_host_close(site->host);
    for (size_t i = ARRAY_LEN(site->pids); i-- > 0;) {
        program_end(site->pids[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(site->extra_fds); i++) {
        close_fd(site->extra_fds[i]);
    }
    rtnl_close(site->rtnl);
    close_fd(site->away);
    close_fd(site->folder);
    free(site->rundir);
    free(site->remote);
    clear(site);
    return error;
}

int site_add_bridge(struct site *site, const char *name, int *ifindex, char **errorp)
{
    const struct link_change up = {.state = LINK_UP};
    int error = bridge_create(site->rtnl, name, ifindex, errorp);

    return error ? error : link_change(site->rtnl, *ifindex, &up, errorp);
}

int site_add_cable(struct site *site, const char *name, const char *other, int bridge, bool hairpin,
                   char **errorp)
{
    const struct link_change up = {.state = LINK_UP};
    const struct link_change join = {.state = LINK_UP, .master = bridge};
    int ifindexes[2];
    int error = veth_create(site->rtnl, name, other, ifindexes, errorp);

    if (!error) {
        error = link_change(site->rtnl, ifindexes[0], &up, errorp);
    }
    if (!error) {
        error = link_change(site->rtnl, ifindexes[1], &join, errorp);
    }
    if (!error && bridge) {
        error = brport_set_hairpin(site->rtnl, ifindexes[1], hairpin, errorp);
    }
    return error;
}

static int force_offloads(void *data, const struct vif_plan *plan, char **errorp)
{
    (void)data;
    (void)errorp;
    for (size_t i = 0; i < plan->n_ports; i++) {
        plan->ports[i].vnet_hdr = true;
    }
    return 0;
}

static int plug(struct site *site, const struct site_guests *guests, char **errorp)
{
    const struct vif_plan_options plan_options = {.owner = (uid_t)-1, .group = (gid_t)-1};
    const struct vif_plug_options options = {
        .fresh = true,
        .supervised = true,
        .before = guests->force_offloads ? force_offloads : NULL,
    };
    struct vif_networks *networks = NULL;
    struct vif_wishes wishes = {0};

    for (size_t i = 0; i < guests->n; i++) {
        auto_free char *where = str_printf("endpoint %c", (char)('A' + i));

        vif_wishes_add(&wishes, &guests->specs[i], where);
    }
    int error = vif_plug_wishes(site->host, wishes.list, wishes.n, networks, &plan_options,
                                &options, &site->guests, errorp);
    vif_wishes_clear(&wishes);
    site->n_guests = error ? 0 : guests->n;
    return error;
}

int site_plug(struct site *site, const struct site_guests *guests, struct compare_pair *pair,
              struct endpoint *other_vlan, char **errorp)
{
    struct endpoint *const endpoints[SITE_MAX_GUESTS] = {&pair->a, &pair->b, other_vlan};
    int error = plug(site, guests, errorp);

    for (size_t i = 0; i < guests->n && i < ARRAY_LEN(endpoints) && !error; i++) {
        const struct vif_plugged *guest = &site->guests[i];

        error = endpoint_prepare(guest->fds[0], &guest->record.port.mac,
                                 guest->record.port.vnet_hdr, endpoints[i], errorp);
    }
    if (!error && guests->n > 2) {
        pair->other_vlan = other_vlan;
    }
    return error;
}
