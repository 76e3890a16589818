#include "netdev/queues.h"

#include "base/mem.h"

struct queues queues_new(unsigned max)
{
    return (struct queues){.fds = mem_zalloc(max * sizeof(int))};
}

int queues_finish(struct queues *queues, int error, int *fds)
{
    if (!error) {
        memcpy(fds, queues->fds, queues->n * sizeof *fds);
    } else {
        for (unsigned i = 0; i < queues->n; i++) {
            close(queues->fds[i]);
        }
    }
    free(queues->fds);
    *queues = (struct queues){0};
    return error;
}
