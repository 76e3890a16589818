/* policy/policy.h on any input: it is refused with a sentence, or decides; and what it decides is
 * in keeping with what policy_may_ask() says before. */
#include "policy/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "fuzz/fuzz.h"

struct input {
    const uint8_t *data;
    size_t size;
};

/* Every file is the input, so that an include of any is one of itself. */
static int read_input(void *data, const char *file, char **text, size_t *length, char **errorp)
{
    const struct input *input = data;

    if (str_eq(file, "/none")) {
        return error_set(errorp, ENOENT, "%s: there is none", file);
    }
    *text = mem_zalloc(input->size + 1);
    if (input->size) {
        memcpy(*text, input->data, input->size);
    }
    *length = input->size;
    return 0;
}

static int find_user(void *data, const char *name, id_t *id)
{
    (void)data;
    *id = (id_t)strlen(name);
    return strlen(name) < 6 ? 0 : -ENOENT;
}

static int find_group(void *data, const char *name, id_t *id)
{
    return find_user(data, name, id);
}

static void decide(const struct policy *policy, const char *name, const struct ovs_vlan *vlan,
                   const struct mac *mac)
{
    static const char *const held[] = {"br0", "lan"};
    static const gid_t gids[] = {4, 5};
    const struct policy_request request = {
        .name = name,
        .uid = 3,
        .gids = gids,
        .n_gids = ARRAY_LEN(gids),
        .is_network = str_eq(name, "lan"),
        .vlan_asked = vlan->tag >= 0,
        .vlan = vlan,
        .mac = mac,
        .mode = mac ? MACVTAP_NO_MODE : MACVTAP_VEPA,
        .held = held,
        .n_held = ARRAY_LEN(held),
    };
    struct policy_verdict verdict;

    policy_decide(policy, &request, &verdict);
    if (!verdict.reason || (verdict.allowed && !policy_may_ask(policy, &request))) {
        fprintf(stderr, "allowed, but may not ask: %s\n", verdict.reason);
        abort();
    }
    policy_verdict_clear(&verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ovs_vlan all = {.mode = OVS_VLAN_TRUNK, .tag = -1};
    static const struct ovs_vlan one = {.mode = OVS_VLAN_ACCESS, .tag = 100};
    static const struct mac mac = {{0x52, 0x54, 0, 0, 0, 1}};
    struct input input = {data, size};
    const struct policy_source source = {read_input, find_user, find_group, &input};
    struct policy *policy;
    char *error = NULL;

    if (policy_read("/p", &source, &policy, &error)) {
        if (!error || strchr(error, '\n')) {
            fprintf(stderr, "not one sentence: %s\n", error ? error : "none");
            abort();
        }
        free(error);
        return 0;
    }
    decide(policy, "br0", &all, NULL);
    decide(policy, "br0", &one, &mac);
    decide(policy, "lan", &one, NULL);
    policy_free(policy);
    return 0;
}
