#include "compare/gnuplot.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* What gnuplot is to see of our environment: nothing that would change what it draws. */
static char *const clean_environment[] = {(char[]){"LC_ALL=C"}, NULL};

/* All of a file, from its beginning; caller frees. */
static char *read_all(int fd)
{
    struct stat st;
    size_t size = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
    char *text = mem_zalloc(size + 1);
    ssize_t length = pread(fd, text, size, 0);

    text[length > 0 ? length : 0] = '\0';
    return text;
}

/* posix_spawnp() with these descriptors and no signal blocked or ignored. */
static int spawn_gnuplot(const int fds[3], pid_t *pid)
{
    char *argv[] = {(char[]){"gnuplot"}, (char[]){"--default-settings"}, (char[]){"-"}, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int i = 0; i < 3; i++) {
        posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, clean_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The last line that has something in it, which is where gnuplot says what was wrong. */
static const char *last_line(char *text)
{
    size_t length = strlen(text);

    while (length > 0 && strchr(" \n", text[length - 1])) {
        text[--length] = '\0';
    }
    const char *newline = strrchr(text, '\n');
    return newline ? newline + 1 : text;
}

static int wait_for(pid_t pid, int complaints_fd, char **errorp)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(errorp, errno, "cannot wait for gnuplot: %m");
        }
    }
    if (WIFSIGNALED(status)) {
        return error_set(errorp, EIO, "gnuplot was killed by signal %d", WTERMSIG(status));
    }
    if (WEXITSTATUS(status)) {
        auto_free char *complaints = read_all(complaints_fd);

        return error_set(errorp, EIO, "gnuplot failed with exit status %d: %s", WEXITSTATUS(status),
                         last_line(complaints));
    }
    return 0;
}

/* Files in memory, so that neither side waits for the other to read, and nothing is left behind. */
static int open_file(const char *name, char **errorp)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    return fd >= 0 ? fd : error_set(errorp, errno, "cannot make a file in memory: %m");
}

int gnuplot_run(const char *script, char **output, char **errorp)
{
    auto_close int in = open_file("script", errorp);
    auto_close int out = open_file("plot", errorp);
    auto_close int complaints = open_file("complaints", errorp);
    const int fds[] = {in, out, complaints};
    size_t length = strlen(script);
    pid_t pid;

    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] < 0) {
            return fds[i];
        }
    }
    if (pwrite(in, script, length, 0) != (ssize_t)length) {
        return error_set(errorp, errno, "cannot write a script for gnuplot: %m");
    }
    int error = spawn_gnuplot(fds, &pid);
    if (error == ENOENT) {
        return error_set(errorp, ENOPKG,
                         "gnuplot, which draws the plots of a report, is not installed: install it "
                         "(Debian: gnuplot-nox)");
    }
    if (error) {
        return error_set(errorp, error, "cannot run gnuplot: %s", strerror(error));
    }
    error = wait_for(pid, complaints, errorp);
    if (error) {
        return error;
    }
    auto_free char *drawing = read_all(out);
    if (!drawing[0]) {
        return error_set(errorp, EIO, "gnuplot drew nothing");
    }
    *output = steal_ptr(drawing);
    return 0;
}

/* In single quotes only a quote has a meaning, and stands for itself when doubled. */
void gnuplot_quote(FILE *script, const char *text)
{
    putc('\'', script);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '\'') {
            putc(c, script);
        }
        putc(c < ' ' || c == 0x7f ? ' ' : c, script);
    }
    putc('\'', script);
}
