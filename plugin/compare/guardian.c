#include "compare/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/plug.h"

/* How often it tries, and how long it waits in between: what is left then is for gc. */
#define ATTEMPTS 5

/* Unplugs all that the process `parent` had plugged or begun to plug. */
static int unplug(struct vif_host *host, pid_t parent)
{
    struct vif_records *records;
    struct vif_record *all = NULL;
    size_t n = 0;
    int error = vif_host_records(host, &records, NULL);

    if (!error) {
        error = vif_records_read_all(records, &all, &n, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        if (all[i].pid == parent) {
            int failure = vif_unplug_known(host, &all[i], 1, NULL);

            error = error ? error : failure;
        }
    }
    if (!error) {
        vif_records_sweep(records);
    }
    vif_records_free(all, n);
    return error;
}

static void mourn(const struct vif_host_options *options, pid_t parent)
{
    struct vif_host_options quiet = *options;

    quiet.log = NULL;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct vif_host *host = vif_host_open(&quiet);
        int error = unplug(host, parent);

        vif_host_close(host);
        if (!error) {
            return;
        }
        sleep(1U << attempt);
    }
}

/* What a terminal or a script kills its programs with is not for us; and of what the parent has
 * open we must keep nothing but the pipe, or its end would wait for ours. */
static void watch(const struct vif_host_options *options, int pipe, pid_t parent)
{
    char told;
    ssize_t n;
    int null;

    setsid();
    prctl(PR_SET_NAME, "vifplug-guard");
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pipe = dup2(pipe, STDERR_FILENO + 1);
    close_range(STDERR_FILENO + 2, ~0U, 0);
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++) {
        dup2(null, fd);
    }
    do {
        n = read(pipe, &told, sizeof told);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        mourn(options, parent);
    }
}

int guardian_start(struct guardian *guardian, const struct vif_host_options *options, char **errorp)
{
    pid_t parent = getpid();
    int ends[2];

    if (pipe2(ends, O_CLOEXEC)) {
        return error_set(errorp, errno, "cannot make a pipe: %m");
    }
    guardian->pid = fork();
    if (guardian->pid == 0) {
        close(ends[1]);
        watch(options, ends[0], parent);
        _exit(EXIT_SUCCESS);
    }
    close(ends[0]);
    guardian->pipe = ends[1];
    if (guardian->pid < 0) {
        int error = error_set(errorp, errno, "cannot start a process: %m");

        close(guardian->pipe);
        guardian->pipe = -1;
        return error;
    }
    return 0;
}

void guardian_end(struct guardian *guardian)
{
    if (guardian->pipe < 0) {
        return;
    }
    while (write(guardian->pipe, "", 1) < 0 && errno == EINTR) {
    }
    close(guardian->pipe);
    guardian->pipe = -1;
    while (waitpid(guardian->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}
