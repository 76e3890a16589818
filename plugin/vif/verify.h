/* Wish against fact: whether what was plugged still is as it was. */
#ifndef VIF_VERIFY_H
#define VIF_VERIFY_H

#include <stddef.h>

#include "vif/host.h"

/* What is wrong with one interface. */
struct vif_verdict {
    char **faults; /* a sentence each */
    size_t n_faults;
};

/* Compares `n` records with the host: device, MAC address, MTU, state, mark, bridge, OVS row,
 * ofport. On success *verdicts has an entry for each, in order; the caller calls
 * vif_verdicts_free(). An OVSDB server that cannot be reached is a fault of the interfaces that are
 * on it. */
int vif_verify(struct vif_host *host, const struct vif_record *records, size_t n,
               struct vif_verdict **verdicts, char **errorp);

void vif_verdicts_free(struct vif_verdict *verdicts, size_t n);

#endif
