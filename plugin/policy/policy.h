/* Who may have a port where. vifplug-bridge.conf(5) is the grammar.
 *
 * It is qemu-bridge-helper's (a line is `allow NAME`, `deny NAME` or `include FILE`; what no line
 * allows is denied; any deny wins over any allow), with words after the name that narrow a line.
 * Where it cannot be known whether a narrowed line is about a request, an allow is not and a deny
 * is.
 *
 * Reading and deciding touch nothing but what the source does: so they can be tested, and done
 * without privileges.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netdev/mac.h"
#include "netdev/macvtap-mode.h"
#include "ovs/port.h"

/* Limits of a policy: far more than a person writes, and little enough to read at each run. */
#define POLICY_MAX_FILE  ((size_t)256 * 1024) /* bytes of one file */
#define POLICY_MAX_FILES 64
#define POLICY_MAX_DEPTH 8 /* of files that include each other */
#define POLICY_MAX_LINES 4096

/* The longest name that can be asked for: that of a bridge is shorter, a network's may be as long.
 */
#define POLICY_NAME_SIZE 64

/* Where files and ids come from. */
struct policy_source {
    /* Reads a file of at most POLICY_MAX_FILE bytes, which `text` is malloc'd to hold, and a NUL
     * after them. Returns 0 or -errno with a sentence that names the file. */
    int (*read)(void *data, const char *file, char **text, size_t *length, char **errorp);

    /* The id of a name. 0; -ENOENT where there is none; or another error. */
    int (*find_user)(void *data, const char *name, id_t *id);
    int (*find_group)(void *data, const char *name, id_t *id);
    void *data;
};

struct policy;

/* Reads a policy and what it includes. All or nothing: -EINVAL for a line that is not understood,
 * or what the source returns. On success the caller calls policy_free(). */
int policy_read(const char *file, const struct policy_source *source, struct policy **policy,
                char **errorp);
void policy_free(struct policy *policy);

/* Whether a caller may utter this name at all: 1 to POLICY_NAME_SIZE - 1 letters, digits and
 * `_.-@:+,=`, the first one neither '.' nor '-'. Nothing that would be special in a path, in a
 * format or to a shell: QEMU hands the name to one where the helper has words of its own. Returns
 * 0, -EINVAL or -ENAMETOOLONG. */
int policy_check_name(const char *name, char **errorp);

/* What is asked for. */
struct policy_request {
    const char *name;
    uid_t uid;
    const gid_t *gids; /* all groups of the caller */
    size_t n_gids;

    bool is_network;             /* the name is a network's, which says the VLAN */
    bool vlan_asked;             /* the caller named a VLAN, instead of taking what there is */
    const struct ovs_vlan *vlan; /* that the port would have */
    const struct mac *mac;       /* that the caller named, or NULL */
    enum macvtap_mode mode;      /* MACVTAP_NO_MODE for a tap */

    const char *const *held; /* the names for which the caller has ports now, one for each port */
    size_t n_held;
};

struct policy_verdict {
    bool allowed;
    char *reason; /* a sentence that names the line that decided, or why none did */
};

/* Decides. The caller calls policy_verdict_clear(). */
void policy_decide(const struct policy *policy, const struct policy_request *request,
                   struct policy_verdict *verdict);
void policy_verdict_clear(struct policy_verdict *verdict);

/* Whether any line allows this caller this name in whatever way, and none denies it in every way;
 * only name, uid and gids of the request are looked at. Where not, there is no need to look up what
 * the name stands for. */
bool policy_may_ask(const struct policy *policy, const struct policy_request *request);

/* Whether any line has that very name. */
bool policy_names(const struct policy *policy, const char *name);

#endif
