/* What the hook does for libvirt's networks.
 *
 * libvirt runs the hooks in network.d with four arguments, NETWORK OPERATION SUBOPERATION EXTRA,
 * and on standard input (networkRunHook() in its src/network/bridge_driver.c)
 *
 *     <hookData><network>...</network><networkport>...</networkport></hookData>
 *
 * At port-created an interface is about to become the network's, at the start of a guest or as it
 * is attached to a running one, and failure refuses that. It is the only hook that is run for the
 * latter.
 */
#ifndef LIBVIRT_NETWORK_HOOK_H
#define LIBVIRT_NETWORK_HOOK_H

#define NETWORK_HOOK_DECIDES "port-created"

/* Decides about the port on standard input as the policy of the bridge helper would for root, where
 * a line of that names the network; there is nothing to decide where none does, or where there is
 * no policy. A policy that cannot be believed refuses all. Returns 0, -EACCES with a sentence that
 * names the line, or another negative errno value with a sentence, which refuses as well. */
int network_hook_decide(const char *network, char **errorp);

#endif
