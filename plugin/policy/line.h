/* A policy as it was read. For the files of policy.h only. */
#ifndef POLICY_LINE_H
#define POLICY_LINE_H

#include "policy/policy.h"

/* The first `n_octets` octets of addresses; 0 is every address. */
struct policy_mac {
    struct mac mac;
    unsigned n_octets;
};

/* Users or groups. */
struct policy_ids {
    bool given;
    id_t *list; /* may be empty: of names that nobody has */
    size_t n;
};

/* One allow or deny. What is empty does not narrow it. */
struct policy_line {
    const char *file; /* one of the policy's files */
    unsigned number;
    char *text; /* as it was written, blanks made single */

    bool deny;
    char *name; /* NULL: all */

    struct policy_ids users;
    struct policy_ids groups;
    unsigned char *vlans; /* a bit for each of the 4096 */
    struct policy_mac *macs;
    size_t n_macs;
    unsigned modes; /* a bit for each enum macvtap_mode; 0: not narrowed */
    bool has_max;
    unsigned max;
};

struct policy {
    char **files; /* the first one is the policy's own */
    size_t n_files;
    struct policy_line *lines;
    size_t n_lines;
};

#define POLICY_VLANS 4096

static inline bool policy_line_has_vlan(const struct policy_line *line, unsigned vlan)
{
    return line->vlans[vlan / 8] >> (vlan % 8) & 1;
}

#endif
