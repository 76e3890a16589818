/* What the hook does for a domain, at each of libvirt's operations.
 *
 * libvirt runs its hooks with four arguments, GUEST OPERATION SUBOPERATION EXTRA, and the domain's
 * XML on standard input (hooks.rst of libvirt). In the life of a guest:
 *
 *     prepare, start, started    in that order; the failure of one ends the start
 *     stopped, release           in that order, when the guest has ended or its start has failed,
 *                                at whichever operation; libvirt overlooks their failure
 *     reconnect                  a restarted libvirt finds the guest alive; failure kills the guest
 *     migrate, restore           before prepare; standard output would replace the XML
 *
 * In a migration all of the first line, with migrate before it, happens on the new host while the
 * guest runs on the old one. The latter has stopped and release when the guest has gone; the new
 * host has them if it does not come.
 *
 * libvirt waits for its hooks without a limit, and a hook that calls libvirt waits for ever, so
 * nothing here does, and each step with Open vSwitch has a timeout.
 */
#ifndef LIBVIRT_HOOK_H
#define LIBVIRT_HOOK_H

#include <stdbool.h>

/* Does what is due for `guest`, or the network of that name, at the operation, with the XML from
 * standard input where it is needed. An operation that asks for nothing, and a domain that has no
 * adopted interfaces, are done with at once.
 *
 *     prepare              plugs all adopted interfaces, all or nothing
 *     stopped, release     unplugs all that is plugged for the domain, by its UUID
 *     reconnect            puts back what is missing, and says what differs
 *     port-created         of a network: network_hook_decide()
 *
 * Returns 0, or a negative errno value with a sentence; then prepare has left nothing behind. */
int hook_run(const char *guest, const char *operation, char **errorp);

/* Whether libvirt would end a running guest, were this operation to fail. */
bool hook_must_not_fail(const char *operation);

#endif
