/* The policy of this host, and what counts against it. */
#ifndef POLICY_HOST_H
#define POLICY_HOST_H

#include "policy/policy.h"
#include "vif/record.h"

#define POLICY_FILE "/etc/vifplug/bridge.conf"

/* Reads a file that only root can have written: trusted_read(), or that and what it needs before
 * and after. */
typedef int policy_read_fn(const char *file, size_t max, char **text, size_t *length,
                           char **errorp);

/* Reads POLICY_FILE. As policy_read(). */
int policy_read_host(policy_read_fn *read, struct policy **policy, char **errorp);

/* The names for which a user has ports now, one for each port, as policy_request wants them. */
struct policy_held {
    char **names;
    size_t n;
};

/* Fills *held: with what the bridge helper has granted, which `records` say, and for root also with
 * the ports of libvirt's networks. Those are files of the system's libvirt,
 * /run/libvirt/network/NAME/ports/UUID.xml (virNetworkObjGetPortStatusDir() in its
 * src/conf/virnetworkobj.c), and only counted. The caller calls policy_held_clear(). */
void policy_held_find(uid_t uid, const struct vif_record *records, size_t n_records,
                      struct policy_held *held);
void policy_held_clear(struct policy_held *held);

#endif
