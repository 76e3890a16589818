/* Waits until ovs-vswitchd has realised interfaces, or has refused them. */
#ifndef OVS_WAIT_H
#define OVS_WAIT_H

#include <stddef.h>
#include <stdint.h>

#include "ovs/connection.h"

/* Waits for the `n` Interface rows with these uuids, at most db->timeout_ms; `names` are for
 * sentences. Stores their OpenFlow port numbers in `ofports`, unless that is NULL. -EIO when one
 * was refused or has vanished, -ETIMEDOUT when one was not looked at in time. */
int wait_realised(struct ovsdb *db, const char *const *uuids, const char *const *names, size_t n,
                  int64_t *ofports, char **errorp);

#endif
