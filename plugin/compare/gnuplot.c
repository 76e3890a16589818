#include "compare/gnuplot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/spawn.h"

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
    int error = spawn_wait(pid, "gnuplot", errorp);

    if (error) {
        auto_free char *complaints = read_all(complaints_fd);
        const char *last = last_line(complaints);

        if (last[0]) {
            error_append(errorp, "%s", last);
        }
    }
    return error;
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
    char *argv[] = {(char[]){"gnuplot"}, (char[]){"--default-settings"}, (char[]){"-"}, NULL};
    pid_t pid;

    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] < 0) {
            return fds[i];
        }
    }
    if (pwrite(in, script, length, 0) != (ssize_t)length) {
        return error_set(errorp, errno, "cannot write a script for gnuplot: %m");
    }
    int error = spawn_program(argv[0], argv, fds, &pid);
    if (error == -ENOENT) {
        return error_set(errorp, ENOPKG,
                         "gnuplot, which draws the plots of a report, is not installed: install it "
                         "(Debian: gnuplot-nox)");
    }
    if (error) {
        return error_set(errorp, -error, "cannot run gnuplot: %s", strerror(-error));
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
