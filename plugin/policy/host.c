#include "policy/host.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vif/owner.h"

#define LIBVIRT_NETWORKS "/run/libvirt/network/"

static int read_for_policy(void *data, const char *file, char **text, size_t *length, char **errorp)
{
    policy_read_fn *const *read = data;

    return (*read)(file, POLICY_MAX_FILE, text, length, errorp);
}

static int find_user(void *data, const char *name, id_t *id)
{
    (void)data;
    return vif_user_find(name, id);
}

static int find_group(void *data, const char *name, id_t *id)
{
    (void)data;
    return vif_group_find(name, id);
}

int policy_read_host(policy_read_fn *read, struct policy **policy, char **errorp)
{
    const struct policy_source source = {
        .read = read_for_policy,
        .find_user = find_user,
        .find_group = find_group,
        .data = (void *)&read,
    };

    return policy_read(POLICY_FILE, &source, policy, errorp);
}

/* Takes over `name`. */
static void add(struct policy_held *held, char *name)
{
    held->names = mem_resize(held->names, held->n + 1, sizeof *held->names);
    held->names[held->n++] = name;
}

static void add_libvirts(struct policy_held *held)
{
    glob_t found;

    if (glob(LIBVIRT_NETWORKS "*/ports/*.xml", GLOB_NOSORT, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *network = found.gl_pathv[i] + strlen(LIBVIRT_NETWORKS);

            add(held, str_printf("%.*s", (int)strcspn(network, "/"), network));
        }
        globfree(&found);
    }
}

void policy_held_find(uid_t uid, const struct vif_record *records, size_t n_records,
                      struct policy_held *held)
{
    memset(held, 0, sizeof *held);
    for (size_t i = 0; i < n_records; i++) {
        if (records[i].granted_name && records[i].granted_user == uid) {
            add(held, str_dup(records[i].granted_name));
        }
    }
    if (uid == 0) {
        add_libvirts(held);
    }
}

void policy_held_clear(struct policy_held *held)
{
    for (size_t i = 0; i < held->n; i++) {
        free(held->names[i]);
    }
    free(held->names);
    memset(held, 0, sizeof *held);
}
