#include "compare/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    const char *title;
} reaches[REACH_N] = {
    [REACH_UNICAST] = {"unicast", "unicast"},
    [REACH_BROADCAST] = {"broadcast", "broadcast"},
    [REACH_MULTICAST] = {"multicast", "multicast"},
    [REACH_UNKNOWN_UNICAST] = {"unknown-unicast", "to an unknown address"},
    [REACH_OTHER_SOURCE] = {"other-source", "from another address than its own"},
    [REACH_OWN_BROADCAST] = {"own-broadcast", "its own broadcast comes back"},
    [REACH_SAME_VLAN] = {"same-vlan", "to the same VLAN"},
    [REACH_OTHER_VLAN] = {"other-vlan", "to another VLAN"},
};

static const struct {
    const char *name;
    const char *title;
    double bytes;
} loads[LOAD_N] = {
    [LOAD_64] = {"64", "64 B", 64},
    [LOAD_1500] = {"1500", "1500 B", 1500},
    [LOAD_GSO] = {"gso", "64 KB", 65214}, /* 45 segments of 1448 bytes, and headers */
};

const char *compare_reach_name(enum compare_reach reach)
{
    return reaches[reach].name;
}

const char *compare_reach_title(enum compare_reach reach)
{
    return reaches[reach].title;
}

const char *compare_load_name(enum compare_load load)
{
    return loads[load].name;
}

const char *compare_load_title(enum compare_load load)
{
    return loads[load].title;
}

double compare_load_bytes(enum compare_load load)
{
    return loads[load].bytes;
}

const char *compare_offload_name(enum compare_offload offload)
{
    switch (offload) {
    case OFFLOAD_UNTRIED:
        return "untried";
    case OFFLOAD_RIGHT:
        return "right";
    case OFFLOAD_CORRUPTED:
        return "corrupted";
    case OFFLOAD_LOST:
        return "lost";
    }
    return NULL;
}

const struct compare_path *compare_find(const struct compare_result *result, const char *id)
{
    for (size_t i = 0; i < result->n_paths; i++) {
        if (str_eq(result->paths[i].id, id)) {
            return &result->paths[i];
        }
    }
    return NULL;
}

static bool is_spoilt(enum compare_offload offload)
{
    return offload == OFFLOAD_CORRUPTED || offload == OFFLOAD_LOST;
}

bool compare_path_is_sound(const struct compare_path *path)
{
    return !path->skipped && !is_spoilt(path->checksum) && !is_spoilt(path->segmentation);
}

static void clear_strings(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(strings[i]);
    }
    free(strings);
}

static void clear_path(struct compare_path *path)
{
    free(path->id);
    free(path->title);
    free(path->skipped);
    for (size_t i = 0; i < LOAD_N; i++) {
        free(path->samples[i]);
    }
    free(path->trips);
    clear_strings(path->notes, path->n_notes);
}

void compare_result_clear(struct compare_result *result)
{
    free(result->version);
    free(result->started);
    free(result->command);
    free(result->kernel);
    free(result->cpu);
    free(result->ovs_version);
    free(result->qemu_version);
    for (size_t i = 0; i < result->n_paths; i++) {
        clear_path(&result->paths[i]);
    }
    free(result->paths);
    clear_strings(result->advice, result->n_advice);
    memset(result, 0, sizeof *result);
}
