/* What somebody without privileges asks for: a name and a few words; and what that comes to.
 *
 * The steps are apart, so that the bridge helper can take each with no more privileges than it
 * needs. */
#ifndef HELPER_ASK_H
#define HELPER_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/host.h"
#include "vif/network.h"
#include "vif/plan.h"
#include "vif/record.h"
#include "vif/spec.h"

/* Who asks. */
struct ask_caller {
    uid_t uid;
    gid_t *gids; /* all of the caller's groups */
    size_t n_gids;
};

struct ask {
    char *name;
    bool has_vlan; /* the caller named one */
    bool has_mac;
    bool is_network;
    struct vif_spec spec;
    struct vif_networks *networks; /* the one of that name, if there is one */
    struct vif_plan draft;         /* one port; a network may yet lead to another one, and a mode
                                      be left open */
};

/* Takes in the words, `vlan` and `mac` being NULL where not given, and checks their bytes; looks
 * nothing up. Returns 0, -EINVAL or -ENAMETOOLONG; the caller calls ask_clear() either way. */
int ask_take(struct ask *ask, const char *name, const char *vlan, const char *mac, char **errorp);
void ask_clear(struct ask *ask);

/* Whether there is any use in looking up what the name stands for. */
bool ask_is_worth_it(const struct policy *policy, const struct ask *ask,
                     const struct ask_caller *caller, struct policy_verdict *verdict);

/* Looks for a network of that name in vif_network_folders, and drafts the port; where there is no
 * network it is taken for a bridge. Touches nothing of the host. As vif_plan_draft(); -EINVAL too
 * for a macvtap without a --mac, -EOPNOTSUPP for one whose mode is left to the switch. */
int ask_look_up(struct ask *ask, policy_read_fn *read, char **errorp);

/* Decides about the port, as drafted or as planned in the end, counting the caller's ports among
 * the records, as policy_held_find() does. */
void ask_decide(const struct ask *ask, const struct vif_port *port, const struct policy *policy,
                const struct ask_caller *caller, const struct vif_record *records, size_t n_records,
                struct policy_verdict *verdict);

#endif
