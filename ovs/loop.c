#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/loop.h"

#include "openvswitch/poll-loop.h"
#include "ovs/habits.h"
#include "timeval.h"

int64_t ovs_loop_now(void)
{
    return time_msec();
}

void ovs_loop_fd(int fd, short events)
{
    poll_fd_wait(fd, events);
}

void ovs_loop_until(int64_t when)
{
    poll_timer_wait_until(when);
}

void ovs_loop_block(void)
{
    struct habits habits;

    habits_enter(&habits);
    poll_block();
    habits_leave(&habits);
}
