/* The event loop: libopenvswitch's own (poll-loop), so that connections to OVSDB servers and
 * everybody else's descriptors are waited for in one place.
 *
 * Whoever has something to wait for says so before each ovs_loop_block(), which forgets it all.
 * Only for the thread that uses it. */
#ifndef OVS_LOOP_H
#define OVS_LOOP_H

#include <stdint.h>

/* Milliseconds of the monotonic clock, as all times here. */
int64_t ovs_loop_now(void);

/* Wakes when one of these `events` of poll(2) happens. */
void ovs_loop_fd(int fd, short events);

/* Wakes at that time, or at once where it has passed. */
void ovs_loop_until(int64_t when);

/* Waits until something happens of what was said since the last time; without an end where nothing
 * was. */
void ovs_loop_block(void);

#endif
