#include "netdev/high-ifindex.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "base/error.h"

#define HIGH_IFINDEX 0x10000000

int high_ifindex_pick(int *ifindex, char **errorp)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        return error_set(errorp, EIO, "no random number for its index");
    }
    *ifindex = HIGH_IFINDEX | (int)(random % HIGH_IFINDEX);
    return 0;
}
