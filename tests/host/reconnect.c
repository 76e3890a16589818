/* vif/reconnect.h for a shell script: connects an interface again that `vifplug plug` made, as the
 * watcher does.
 *
 *      find NAME [NETWORK-FILE...]     prints the device that it would go on
 *      again NAME LOWER [COMMAND...]   prints how many queues were opened, and runs the command,
 *                                      which has them as descriptors from 3 on
 *      undo NAME
 *      move NAME LOWER                 the first step of moving it
 *      moved NAME, back NAME, settle NAME
 *                                      and the others
 *      lost NAME                       notes that it waits
 *
 * Says what is wrong on stderr, and ends with 1, or 3 where it was -ENODEV.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/reconnect.h"

static int find(struct vif_host *host, const struct vif_record *record, char **argv, char **errorp)
{
    struct vif_networks *networks;
    char name[IFNAMSIZ];
    size_t n = 0;

    while (argv[n]) {
        n++;
    }
    int error = vif_networks_new((const char *const *)argv, n, NULL, 0, &networks, errorp);
    if (!error) {
        error = vif_reconnect_find(host, networks, record, name, errorp);
        vif_networks_free(networks);
    }
    if (!error) {
        puts(name);
    }
    return error;
}

static int again(struct vif_host *host, struct vif_record *record, char **argv, char **errorp)
{
    int *fds = NULL;
    size_t n = 0;
    int error = vif_reconnect(host, record, argv[0], &fds, &n, errorp);

    if (error) {
        return error;
    }
    printf("%zu\n", n);
    fflush(stdout);
    for (size_t i = 0; i < n; i++) {
        /* Above all that this process has open, and then from 3 on. */
        int fd = dup2(fds[i], 100 + (int)i);

        close(fds[i]);
        fds[i] = fd;
    }
    for (size_t i = 0; i < n && argv[1]; i++) {
        dup2(fds[i], 3 + (int)i);
        close(fds[i]);
    }
    free(fds);
    if (argv[1]) {
        execvp(argv[1], argv + 1);
        return error_set(errorp, errno, "cannot run %s: %m", argv[1]);
    }
    return 0;
}

static int lost(struct vif_host *host, struct vif_record *record, char **errorp)
{
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    record->waiting = true;
    return error ? error : vif_records_write(records, record, errorp);
}

static int move(struct vif_host *host, struct vif_record *record, const char *lower, char **errorp)
{
    int *fds = NULL;
    size_t n = 0;
    int error = vif_reconnect_move(host, record, lower, &fds, &n, errorp);

    while (n) {
        close(fds[--n]);
    }
    free(fds);
    return error;
}

static int act(struct vif_host *host, char **argv, char **errorp)
{
    struct vif_record record;
    struct vif_records *records;
    int error = vif_host_records(host, &records, errorp);

    if (!error) {
        error = vif_records_read(records, argv[2], &record, errorp);
    }
    if (error) {
        return error;
    }
    error = str_eq(argv[1], "find")     ? find(host, &record, argv + 3, errorp)
            : str_eq(argv[1], "again")  ? again(host, &record, argv + 3, errorp)
            : str_eq(argv[1], "lost")   ? lost(host, &record, errorp)
            : str_eq(argv[1], "move")   ? move(host, &record, argv[3], errorp)
            : str_eq(argv[1], "moved")  ? vif_reconnect_moved(host, &record, errorp)
            : str_eq(argv[1], "back")   ? vif_reconnect_move_back(host, &record, errorp)
            : str_eq(argv[1], "settle") ? vif_reconnect_settle(host, &record, errorp)
                                        : vif_reconnect_undo(host, &record, errorp);
    vif_record_clear(&record);
    return error;
}

int main(int argc, char **argv)
{
    struct vif_host_options options = {0};
    struct vif_host *host = vif_host_open(&options);
    auto_free char *sentence = NULL;

    if (argc < 3 || ((str_eq(argv[1], "again") || str_eq(argv[1], "move")) && argc < 4)) {
        return 2;
    }
    int error = act(host, argv, &sentence);

    vif_host_close(host);
    if (error) {
        fprintf(stderr, "%s\n", sentence ? sentence : strerror(-error));
    }
    return error == -ENODEV ? 3 : error ? 1 : 0;
}
