#include "vif/stray.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"
#include "vif/device.h"

static bool bears_mark(const struct link_info *link)
{
    return strncmp(link->alias, VIF_MARK_PREFIX, strlen(VIF_MARK_PREFIX)) == 0;
}

/* Whether a link is what an interface that is being moved had before, so that it has a record, if
 * none of its name. */
static bool is_before(const struct vif_record *all, size_t n, const struct link_info *link)
{
    for (size_t i = 0; i < n; i++) {
        if (all[i].before && str_eq(all[i].before->port.name, link->name)) {
            return true;
        }
    }
    return false;
}

/* Keeps those of `n` links that are in no record's `before`. */
static int drop_before(struct vif_records *records, struct link_info *links, size_t *n,
                       char **errorp)
{
    struct vif_record *all;
    size_t n_all;
    size_t n_kept = 0;
    int error = *n ? vif_records_read_all(records, &all, &n_all, errorp) : 0;

    if (error || !*n) {
        return error;
    }
    for (size_t i = 0; i < *n; i++) {
        if (!is_before(all, n_all, &links[i])) {
            links[n_kept++] = links[i];
        }
    }
    *n = n_kept;
    vif_records_free(all, n_all);
    return 0;
}

/* Keeps those of `n` links that are macvtaps without a record, at the beginning. The links were
 * read first: a macvtap that is being plugged has a record before it exists. */
static int keep_strays(struct vif_host *host, struct link_info *links, size_t *n, char **errorp)
{
    struct vif_records *records;
    size_t n_kept = 0;
    int error = vif_host_records(host, &records, errorp);

    for (size_t i = 0; i < *n && !error; i++) {
        struct vif_record record;

        if (!str_eq(links[i].kind, "macvtap")) {
            continue;
        }
        error = vif_records_read(records, links[i].name, &record, errorp);
        if (!error) {
            vif_record_clear(&record);
        } else if (error == -ENOENT) {
            links[n_kept++] = links[i];
            error = 0;
        }
    }
    *n = n_kept;
    return error ? error : drop_before(records, links, n, errorp);
}

/* On success the caller frees *links and *in_use. */
static int find_candidates(struct vif_host *host, struct link_info **linksp, bool **in_usep,
                           size_t *n, char **errorp)
{
    struct link_info *links = NULL;
    struct rtnl *rtnl;
    int error = vif_host_rtnl(host, &rtnl, errorp);

    if (!error) {
        error = link_list(rtnl, &links, n, errorp);
    }
    if (!error) {
        error = keep_strays(host, links, n, errorp);
    }
    if (error) {
        free(links);
        return error;
    }
    bool *in_use = mem_zalloc(*n * sizeof *in_use);
    error = vif_device_find_users(links, *n, in_use, errorp);
    if (error) {
        free(links);
        free(in_use);
        return error;
    }
    *linksp = links;
    *in_usep = in_use;
    return 0;
}

static bool has_mac_of(const struct link_info *link, const struct vif_guest *guest)
{
    for (size_t i = 0; i < guest->n_macs; i++) {
        if (mac_equal(&link->mac, &guest->macs[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a macvtap is that guest's; without a guest: whether it is anybody's, and abandoned. */
static bool is_meant(const struct link_info *link, bool in_use, const struct vif_guest *guest)
{
    if (!guest) {
        return bears_mark(link) && !in_use;
    }
    return bears_mark(link)
               ? guest->uuid && str_eq(link->alias + strlen(VIF_MARK_PREFIX), guest->uuid)
               : !in_use && has_mac_of(link, guest);
}

static int find(struct vif_host *host, const struct vif_guest *guest, struct vif_stray **straysp,
                size_t *n_strays, char **errorp)
{
    struct link_info *links;
    bool *in_use;
    size_t n;
    int error = find_candidates(host, &links, &in_use, &n, errorp);

    if (error) {
        return error;
    }
    struct vif_stray *strays = mem_zalloc(n * sizeof *strays);
    *n_strays = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_meant(&links[i], in_use[i], guest)) {
            struct vif_stray *stray = &strays[(*n_strays)++];

            memcpy(stray->name, links[i].name, sizeof stray->name);
            stray->ifindex = links[i].ifindex;
        }
    }
    free(links);
    free(in_use);
    *straysp = strays;
    return 0;
}

int vif_strays_of(struct vif_host *host, const struct vif_guest *guest, struct vif_stray **strays,
                  size_t *n, char **errorp)
{
    return find(host, guest, strays, n, errorp);
}

int vif_strays_abandoned(struct vif_host *host, struct vif_stray **strays, size_t *n, char **errorp)
{
    return find(host, NULL, strays, n, errorp);
}

int vif_strays_remove(struct vif_host *host, const struct vif_stray *strays, size_t n,
                      char **errorp)
{
    int *ifindexes = mem_resize(NULL, n, sizeof *ifindexes);
    struct rtnl *rtnl;
    int error = n ? vif_host_rtnl(host, &rtnl, errorp) : 0;

    for (size_t i = 0; i < n; i++) {
        vif_host_log(host, "deleting macvtap \"%s\", which has no record", strays[i].name);
        ifindexes[i] = strays[i].ifindex;
    }
    if (!error && n) {
        error = link_delete_many(rtnl, ifindexes, n, errorp);
    }
    free(ifindexes);
    return error;
}
