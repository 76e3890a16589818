#include "watch/unplug.h"

#include "base/child.h"
#include "vif/host.h"
#include "vif/plug.h"

/* Longer than the lock of the records, some OVSDB servers that do not answer, and a downscript that
 * is waited for take together. */
#define LIMIT_SECONDS 300

struct task {
    const struct vif_host *host;
    const struct vif_record *records;
    size_t n;
};

/* In the new process. */
static int run(void *data, char **sentence)
{
    const struct task *task = data;

    ovsdb_set_log(NULL); /* its file is not open here */
    struct vif_host *host = vif_host_open_again(task->host);
    int error = vif_unplug_known(host, task->records, task->n, sentence);

    vif_host_close(host);
    return error;
}

int unplug_start(struct vif_host *host, const struct vif_record *records, size_t n,
                 struct child *child, char **errorp)
{
    struct task task = {.host = host, .records = records, .n = n};

    return child_start(child, run, &task, LIMIT_SECONDS, errorp);
}
