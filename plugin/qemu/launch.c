#include "qemu/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

static int check_program(const char *path)
{
    struct stat st;

    if (stat(path, &st)) {
        return -errno;
    }
    return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

int qemu_find_program(const char *program, char **errorp)
{
    int error = -ENOENT;

    if (strchr(program, '/')) {
        error = check_program(program);
    } else {
        const char *path = getenv("PATH");
        auto_free char *folders = str_dup(path ? path : "/usr/bin:/bin");
        char *rest = folders;

        for (const char *folder; error && (folder = strsep(&rest, ":"));) {
            auto_free char *file = str_printf("%s/%s", folder[0] ? folder : ".", program);
            int found = check_program(file);

            error = found == -EACCES || !found ? found : error;
        }
    }
    if (error) {
        error_set(errorp, -error, "cannot run \"%s\": %s", program,
                  error == -EACCES ? "it is not executable"
                                   : "no such program; is QEMU installed, and spelled right?");
    }
    return error;
}

/* Dies with `parent`, unless that is dead already. */
static void bind_to(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) {
        _exit(127);
    }
}

static void become(const struct qemu_start *start, pid_t parent, int report_fd)
    __attribute__((noreturn));

/* The child: passes on what is to be inherited, and executes the program. */
static void become(const struct qemu_start *start, pid_t parent, int report_fd)
{
    if (start->bound) {
        bind_to(parent);
    }
    for (size_t i = 0; i < start->n_fds; i++) {
        int flags = fcntl(start->fds[i], F_GETFD);

        fcntl(start->fds[i], F_SETFD, flags & ~FD_CLOEXEC);
    }
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, start->mask, NULL);
    execvp(start->argv[0], start->argv);
    int error = errno;
    ssize_t written = write(report_fd, &error, sizeof error);
    (void)written;
    _exit(127);
}

int qemu_start(const struct qemu_start *start, pid_t *pid, char **errorp)
{
    const char *program = start->argv[0];
    const pid_t parent = getpid();
    int report[2]; /* what execvp() says; closed unsaid when it succeeds */
    int failure = 0;
    int error = 0;

    if (pipe2(report, O_CLOEXEC)) {
        return error_set(errorp, errno, "cannot make a pipe: %m");
    }
    *pid = fork();
    if (*pid == 0) {
        become(start, parent, report[1]);
    }
    int fork_errno = errno;
    close(report[1]);
    if (*pid < 0) {
        error = error_set(errorp, fork_errno, "cannot start \"%s\": %s", program,
                          strerror(fork_errno));
    } else if (read(report[0], &failure, sizeof failure) == sizeof failure) {
        error = error_set(errorp, failure, "cannot run \"%s\": %s", program, strerror(failure));
        waitpid(*pid, NULL, 0);
    }
    close(report[0]);
    return error;
}

bool qemu_has_ended(pid_t pid, int *statusp)
{
    int status = 0;

    if (waitpid(pid, &status, WNOHANG) != pid) {
        return false;
    }
    *statusp = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

void qemu_pass_on(pid_t pid, int number, int code)
{
    /* The terminal sends to the whole process group, so the process has those already. */
    if (number != SIGCHLD && code != SI_KERNEL) {
        kill(pid, number);
    }
}
