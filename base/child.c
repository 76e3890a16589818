#include "base/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nofile.h"

/* What one can say: less than a pipe takes while nobody reads. */
#define TEXT_MAX 16384

/* Closes all descriptors but 0 to 2 and pipes. */
static void close_others(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        struct stat st;

        if (fd > STDERR_FILENO && fd != dirfd(dir) && fstat(fd, &st) == 0 &&
            !S_ISFIFO(st.st_mode)) {
            close(fd);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

/* In the new process. */
static _Noreturn void live(pid_t parent, child_run run, void *data, unsigned limit_s,
                           const int *fds)
{
    sigset_t none;
    char *text = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_FAILURE);
    }
    close(fds[0]); /* so that there is a descriptor to look for the others with */
    close_others();
    nofile_restore(); /* it may execute others */
    sigemptyset(&none);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(limit_s);
    int error = run(data, &text);
    size_t length = text ? strlen(text) : 0;

    if (length && write(fds[1], text, length < TEXT_MAX ? length : TEXT_MAX - 1) < 0) {
        _exit(EXIT_FAILURE);
    }
    _exit(error ? EXIT_FAILURE : EXIT_SUCCESS);
}

int child_start(struct child *child, child_run run, void *data, unsigned limit_s, char **errorp)
{
    pid_t parent = getpid();
    int fds[2];

    *child = (struct child){0};
    if (pipe2(fds, O_CLOEXEC)) {
        return error_set(errorp, errno, "cannot make a pipe: %m");
    }
    pid_t pid = fork();

    if (pid == 0) {
        live(parent, run, data, limit_s, fds);
    }
    int error = pid < 0 ? error_set(errorp, errno, "cannot start a process: %m") : 0;
    close(fds[1]);
    /* It has not been waited for, so that this fails only where there are no descriptors. */
    int pidfd = error ? -1 : pidfd_open(pid, 0);
    if (!error && pidfd < 0) {
        error = error_set(errorp, errno, "cannot watch a process: %m");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (error) {
        close(fds[0]);
        return error;
    }
    *child = (struct child){.pid = pid, .pidfd = pidfd, .text_fd = fds[0]};
    return 0;
}

static bool ends_within(const struct child *child, int64_t ms)
{
    struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};

    return poll(&ended, 1, ms > 0 ? (int)ms : 0) > 0;
}

bool child_has_ended(const struct child *child)
{
    return ends_within(child, 0);
}

bool child_take(struct child *child, char **text)
{
    char buffer[TEXT_MAX];
    int status = 0;

    waitpid(child->pid, &status, 0);
    /* It fits into the pipe, and so is there as a whole. */
    ssize_t length = read(child->text_fd, buffer, sizeof buffer - 1);

    buffer[length > 0 ? length : 0] = '\0';
    *text = length > 0 ? str_dup(buffer) : NULL;
    close(child->pidfd);
    close(child->text_fd);
    *child = (struct child){0};
    return status == 0;
}

void child_end(struct child *child, int64_t deadline)
{
    char *text;

    if (!child->pid) {
        return;
    }
    if (!ends_within(child, deadline - clock_ms())) {
        kill(child->pid, SIGKILL);
    }
    child_take(child, &text);
    free(text);
}
