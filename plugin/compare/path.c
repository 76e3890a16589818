#include "compare/path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/path-kinds.h"
#include "compare/testbed.h"

const struct path_kind path_kinds[] = {
    {"ovs", "OVS userspace", false, PATH_USUAL, path_open_ovs},
    {"ovs-tso", "OVS userspace with TSO", false, PATH_USUAL, path_open_ovs_tso},
    {"ovs-offloads", "OVS userspace with guest offloads", false, PATH_USUAL,
     path_open_ovs_offloads},
    {"ovs-kernel", "OVS kernel datapath", false, PATH_USUAL, path_open_ovs_kernel},
    {"bridge", "Linux bridge", false, PATH_USUAL, path_open_bridge},
    {"macvtap-bridge", "macvtap bridge mode", false, PATH_USUAL, path_open_macvtap_bridge},
    {"vepa", "VEPA with hairpin", false, PATH_USUAL, path_open_vepa},
    {"vepa-no-hairpin", "VEPA without hairpin", false, PATH_USUAL, path_open_vepa_no_hairpin},
    {"vepa-ovs", "VEPA over reflecting OVS", false, PATH_USUAL, path_open_vepa_ovs},
    {"vepa-ovs-normal", "VEPA over plain OVS", false, PATH_ON_REQUEST, path_open_vepa_ovs_normal},
    {"private", "private with hairpin", false, PATH_USUAL, path_open_private},
    {"private-no-hairpin", "private without hairpin", false, PATH_ON_REQUEST,
     path_open_private_no_hairpin},
    {"passthrough", "passthrough over a bridge", false, PATH_USUAL, path_open_passthrough},
    {"bridge-host", "bridge of this host", false, PATH_OF_BRIDGE, path_open_host_bridge},
    {"macvtap-bridge-host", "bridge mode on this host", false, PATH_OF_LOWER,
     path_open_host_macvtap},
    {"vepa-host", "VEPA on this host", false, PATH_OF_LOWER, path_open_host_vepa},
    {"floor-tap", "one tap that echoes", true, PATH_USUAL, path_open_floor_tap},
    {"floor-packet", "packet sockets over veth", true, PATH_USUAL, path_open_floor_packet},
};

const size_t n_path_kinds = ARRAY_LEN(path_kinds);

char *paths_ids(void)
{
    char *all = str_dup("");

    for (size_t i = 0; i < n_path_kinds; i++) {
        char *longer = str_printf("%s%s%s", all, i ? ", " : "", path_kinds[i].id);

        free(all);
        all = longer;
    }
    return all;
}

/* Whether the kind can be had with these options at all. */
static bool is_there(const struct path_kind *kind, const struct testbed_options *options)
{
    return (kind->choice != PATH_OF_BRIDGE || options->bridge) &&
           (kind->choice != PATH_OF_LOWER || options->lower);
}

static bool is_usual(const struct path_kind *kind, const struct testbed_options *options)
{
    if (options->bridge || options->lower) {
        return is_there(kind, options) &&
               (kind->floor || kind->choice == PATH_OF_BRIDGE || kind->choice == PATH_OF_LOWER);
    }
    return kind->choice == PATH_USUAL;
}

static int choose_named(const char *name, const struct testbed_options *options, bool *wanted,
                        char **errorp)
{
    bool all = str_eq(name, "all");
    bool known = all;

    for (size_t i = 0; i < n_path_kinds; i++) {
        if (str_eq(name, path_kinds[i].id) || (all && is_there(&path_kinds[i], options))) {
            if (!is_there(&path_kinds[i], options)) {
                return error_set(errorp, EINVAL, "path \"%s\" needs %s", name,
                                 path_kinds[i].choice == PATH_OF_BRIDGE ? "--bridge" : "--lower");
            }
            wanted[i] = known = true;
        }
    }
    if (!known) {
        auto_free char *ids = paths_ids();

        return error_set(errorp, EINVAL, "no path \"%s\"; there are: %s, or all", name, ids);
    }
    return 0;
}

static int read_list(const char *list, const struct testbed_options *options, bool *wanted,
                     char **errorp)
{
    auto_free char *copy = str_dup(list);
    char *rest = copy;
    int error = 0;

    for (char *name = strsep(&rest, ","); name && !error; name = strsep(&rest, ",")) {
        error = choose_named(name, options, wanted, errorp);
    }
    return error;
}

int paths_choose(const char *list, const struct testbed_options *options,
                 const struct path_kind ***chosen, size_t *n, char **errorp)
{
    bool wanted[ARRAY_LEN(path_kinds)] = {false};

    if (list) {
        int error = read_list(list, options, wanted, errorp);

        if (error) {
            return error;
        }
    }
    const struct path_kind **kinds = mem_resize(NULL, n_path_kinds, sizeof(struct path_kind *));

    *n = 0;
    for (size_t i = 0; i < n_path_kinds; i++) {
        if (list ? wanted[i] : is_usual(&path_kinds[i], options)) {
            kinds[(*n)++] = &path_kinds[i];
        }
    }
    *chosen = kinds;
    return 0;
}

void path_note(struct compare_path *path, const char *format, ...)
{
    va_list args;

    path->notes = mem_resize(path->notes, path->n_notes + 1, sizeof *path->notes);
    va_start(args, format);
    path->notes[path->n_notes++] = str_vprintf(format, args);
    va_end(args);
}
