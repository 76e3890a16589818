/* For C tests that open queues of devices: where they are put, and how many are open. */
#ifndef TESTS_SUPPORT_QUEUES_H
#define TESTS_SUPPORT_QUEUES_H

#include <unistd.h>

#include "base/mem.h"
#include "support/test.h"

/* What functions that open queues must not touch when they fail. */
#define UNTOUCHED (-4711)

/* As many as a tap or a macvtap can have. */
__attribute__((unused)) static int fds[256];

__attribute__((unused)) static void forget_queues(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = UNTOUCHED;
    }
}

/* Closes the queues that were opened to fds[]. */
__attribute__((unused)) static void close_queues(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fds) && fds[i] != UNTOUCHED; i++) {
        close(fds[i]);
        fds[i] = UNTOUCHED;
    }
}

#endif
