/* Privileges, given up step by step.
 *
 * The helper is setuid root or has file capabilities. Between its beginning and its end it is in
 * these states, each with fewer privileges for good than the one before, and in the first two with
 * none in effect but where that is said:
 *
 *   begun     the caller's user and groups; what follows is permitted, nothing in effect;
 *   reading   the same, while a file is opened that only root may read (CAP_DAC_READ_SEARCH);
 *   plugging  root, so that records are root's and the caller cannot send signals; in effect
 *             CAP_NET_ADMIN for devices and CAP_DAC_OVERRIDE for the socket of OVSDB, which may be
 *             another user's; for a macvtap also CAP_SYS_ADMIN and CAP_MKNOD, without which nobody
 *             can open the right one (netdev/macvtap.h); no way back to others;
 *   reaping   root with CAP_DAC_OVERRIDE alone; for a macvtap also CAP_NET_ADMIN, since that does
 * not go by itself.
 */
#ifndef HELPER_PRIVILEGES_H
#define HELPER_PRIVILEGES_H

#include <stdbool.h>

struct ask_caller;

/* Finds out who calls, and becomes that user. No new privileges can be had from here on (not by
 * running a program either). Returns 0 and the caller frees caller->gids; -EPERM where the program
 * has not been given what it needs. */
int privileges_begin(struct ask_caller *caller, char **errorp);

/* Enters and leaves "reading". */
int privileges_read(bool on, char **errorp);

int privileges_plug(bool macvtap, char **errorp);
int privileges_reap(bool macvtap);

#endif
