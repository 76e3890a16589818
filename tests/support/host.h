/* For C tests in the sandbox: shell commands to arrange and to look with, and other users. */
#ifndef TESTS_SUPPORT_HOST_H
#define TESTS_SUPPORT_HOST_H

#include <dirent.h>
#include <grp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/test.h"

/* Runs the shell command; returns what it printed, on both outputs; caller frees. Fails the test
 * when its exit status is not 0. */
__attribute__((format(printf, 1, 2), unused)) static char *host_output(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    size_t size = 0;
    size_t n = 0;

    va_start(args, format);
    auto_free char *command = str_vprintf(format, args);
    va_end(args);
    auto_free char *joined = str_printf("{ %s\n} 2>&1", command);
    FILE *pipe = popen(joined, "re");

    assert_non_null(pipe);
    do {
        size += 4096;
        text = mem_resize(text, size + 1, 1);
        n += fread(text + n, 1, size - n, pipe);
    } while (n == size);
    text[n] = '\0';
    int status = pclose(pipe);

    if (status) {
        print_error("status %d of: %s\n%s", status, command, text);
        free(text);
        fail();
    }
    return text;
}

/* host_output() for its effect only. */
#define host_run(...) free(host_output(__VA_ARGS__))

/* Checks that the output of a shell command holds `part`. */
#define check_output(part, ...)                                                                    \
    do {                                                                                           \
        char *output_ = host_output(__VA_ARGS__);                                                  \
        if (!strstr(output_, part)) {                                                              \
            print_error("no \"%s\" in: %s\n", part, output_);                                      \
            free(output_);                                                                         \
            fail();                                                                                \
        }                                                                                          \
        free(output_);                                                                             \
    } while (0)

/* How many descriptors this process has open; one more for the folder itself each time. */
__attribute__((unused)) static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(folder);
    while (readdir(folder)) {
        n++;
    }
    closedir(folder);
    return n;
}

/* Runs function(arg, errorp) in a child process as that user, with that group only; returns its
 * result and stores a copy of its sentence. What it opens ends with it. */
__attribute__((unused)) static int
host_as(uid_t uid, gid_t gid, int (*function)(void *arg, char **errorp), void *arg, char **errorp)
{
    struct {
        int result;
        char text[1000];
    } *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0);

    assert_ptr_not_equal(shared, MAP_FAILED);
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        char *error = NULL;

        if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) {
            _exit(1);
        }
        shared->result = function(arg, &error);
        snprintf(shared->text, sizeof shared->text, "%s", error ? error : "");
        _exit(0);
    }
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    int result = shared->result;

    if (shared->text[0]) {
        *errorp = str_dup(shared->text);
    }
    munmap(shared, sizeof *shared);
    return result;
}

#endif
