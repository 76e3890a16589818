/* vifplug run, for the watcher: a QEMU that it can talk to, and cards that can be taken out. */
#ifndef CLI_RUN_WATCH_H
#define CLI_RUN_WATCH_H

#include "cli/cli.h"
#include "vif/host.h"
#include "vif/plug.h"

struct run_watch {
    char *path;   /* of the socket, or NULL: there is none */
    int fd;       /* that listens there; -1 while there is none */
    char **buses; /* as --bus names them */
    size_t n_buses;
};

/* Checks what can be refused of a plan before it is carried out. */
int run_watch_check(const struct cli *cli, const struct vif_plan *plan, char **errorp);

/* Reads the options; the caller calls run_watch_clear(). */
void run_watch_init(struct run_watch *watch, const struct cli *cli);
void run_watch_clear(struct run_watch *watch);

/* The bus for the interface at `index`, or NULL; borrowed. */
const char *run_watch_bus(const struct run_watch *watch, size_t index);

/* Makes the socket, where there is to be one, and writes it into the records. */
int run_watch_begin(struct run_watch *watch, const struct cli *cli, struct vif_host *host,
                    struct vif_plugged *plugged, size_t n, char **errorp);

/* Removes the socket: before the interfaces are, since by then another run may make one of that
 * name. */
void run_watch_end(struct run_watch *watch);

#endif
