#include "compare/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* Where daemons are, which is not in everybody's $PATH. */
#define DAEMON_PATH "/usr/local/sbin:/usr/sbin:/sbin"

/* So much of what a program said is looked at. */
#define WORDS_MAX 4096

static const char *const folder_variables[] = {"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR",
                                               "OVS_SYSCONFDIR"};

/* What is made ready before the fork: after it, in a process that may have had threads, memory is
 * not to be asked for. */
struct start {
    const char *const *argv;
    int folder;
    int log;
    int report; /* where errno goes when the program cannot be started */
    pid_t parent;
    char **environment;
};

/* Our environment, and before it what the program gets of its own; freed with free_environment().
 */
static char **make_environment(int folder)
{
    size_t n = 0;
    const char *now = getenv("PATH");

    while (environ[n]) {
        n++;
    }
    char **environment = mem_resize(NULL, n + ARRAY_LEN(folder_variables) + 2, sizeof(char *));
    size_t used = 0;

    /* The first of a name is what counts, so ours come first. */
    for (size_t i = 0; i < ARRAY_LEN(folder_variables); i++) {
        environment[used++] = str_printf("%s=" PROGRAM_FOLDER, folder_variables[i], folder);
    }
    environment[used++] = str_printf("PATH=%s:" DAEMON_PATH, now ? now : "/usr/bin:/bin");
    memcpy(&environment[used], environ, (n + 1) * sizeof *environment);
    return environment;
}

static void free_environment(char **environment)
{
    for (size_t i = 0; i <= ARRAY_LEN(folder_variables); i++) {
        free(environment[i]);
    }
    free(environment);
}

/* A /tmp that can be written to: libc's tmpfile() takes no other place, and ovsdb-server begins
 * with one. Others' is left alone where it will do, since the program may be in it. */
static void ensure_tmp(void)
{
    if (access(P_tmpdir, W_OK) && unshare(CLONE_NEWNS) == 0 &&
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) {
        mount("tmpfs", P_tmpdir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    }
}

static void become(const struct start *start)
{
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    /* No Ctrl-C of the terminal: whether and when to end is for this process to say. */
    setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != start->parent || null < 0 ||
        dup2(null, STDIN_FILENO) < 0 || dup2(start->log, STDOUT_FILENO) < 0 ||
        dup2(start->log, STDERR_FILENO) < 0 || fcntl(start->folder, F_SETFD, 0)) {
        return;
    }
    ensure_tmp();
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    environ = start->environment;
    execvpe(start->argv[0], (char *const *)(uintptr_t)start->argv, start->environment);
}

/* Returns 0 once the program runs, or why it does not. */
static int fork_and_wait(struct start *start, pid_t *pid)
{
    int report[2];
    int err = 0;

    if (pipe2(report, O_CLOEXEC)) {
        return -errno;
    }
    start->parent = getpid();
    start->report = report[1];
    *pid = fork();
    if (*pid == 0) {
        become(start);
        err = errno;
        while (write(start->report, &err, sizeof err) < 0 && errno == EINTR) {
        }
        _exit(EXIT_FAILURE);
    }
    err = *pid < 0 ? errno : 0;
    close(report[1]);
    while (!err && read(report[0], &err, sizeof err) < 0 && errno == EINTR) {
    }
    close(report[0]);
    if (err && *pid > 0) {
        waitpid(*pid, NULL, 0);
    }
    return -err;
}

int program_start(const char *const argv[], int folder, pid_t *pid, char **errorp)
{
    auto_free char *name = str_printf("%s.log", argv[0]);
    auto_close int log = openat(folder, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (log < 0) {
        return error_set(errorp, errno, "cannot write what %s says: %m", argv[0]);
    }
    struct start start = {
        .argv = argv,
        .folder = folder,
        .log = log,
        .environment = make_environment(folder),
    };
    int error = fork_and_wait(&start, pid);

    free_environment(start.environment);
    if (error == -ENOENT) {
        return error_set(errorp, ENOENT, "%s is not installed", argv[0]);
    }
    return error ? error_set(errorp, -error, "cannot run %s: %s", argv[0], strerror(-error)) : 0;
}

int program_run(const char *const argv[], int folder, char **errorp)
{
    int status = 0;
    pid_t pid = 0;
    int error = program_start(argv, folder, &pid, errorp);

    if (error) {
        return error;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(errorp, errno, "cannot wait for %s: %m", argv[0]);
        }
    }
    if (status) {
        auto_free char *words = program_last_words(argv[0], folder);

        return error_set(errorp, EIO, "%s failed: %s", argv[0], words);
    }
    return 0;
}

void program_end(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

char *program_last_words(const char *name, int folder)
{
    auto_free char *file = str_printf("%s.log", name);
    auto_close int log = openat(folder, file, O_RDONLY | O_CLOEXEC);
    char words[WORDS_MAX + 1] = "";
    off_t size = log < 0 ? 0 : lseek(log, 0, SEEK_END);
    ssize_t n = size <= 0 ? 0
                          : pread(log, words, WORDS_MAX, size > WORDS_MAX ? size - WORDS_MAX : 0);

    while (n > 0 && words[n - 1] == '\n') {
        n--;
    }
    words[n > 0 ? n : 0] = '\0';
    const char *last = strrchr(words, '\n');

    return str_dup(last ? last + 1 : words);
}
