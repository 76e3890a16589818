#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ovs/habits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "base/mem.h"
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "ovs/ovsdb.h"

/* As in fatal_signals[] of lib/fatal-signal.c. */
static const int fatal_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGSEGV};

static void (*log_callback)(int level, const char *module, const char *line);
static int log_fd = -1; /* a memfd that the library knows as its log file */
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER; /* of its content */

static void tame_signals(void)
{
    struct sigaction actions[ARRAY_LEN(fatal_signals)];
    struct habits_fds before;
    sigset_t block;
    sigset_t mask;

    sigemptyset(&block);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
        sigaddset(&block, fatal_signals[i]);
    }
    pthread_sigmask(SIG_BLOCK, &block, &mask);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
        sigaction(fatal_signals[i], NULL, &actions[i]);
    }
    habits_open_begin(&before);
    fatal_signal_init();
    habits_open_end(&before);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
        sigaction(fatal_signals[i], &actions[i], NULL);
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void init(void)
{
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    /* It calls openlog() before its first line, wherever that goes, and so changes the name under
     * which the process itself logs. */
    vlog_set_syslog_method("null");
    tame_signals();
}

static void init_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, init);
}

static int syslog_level(const char *name)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {
        {"EMER", LOG_ALERT}, {"ERR", LOG_ERR},   {"WARN", LOG_WARNING},
        {"INFO", LOG_INFO},  {"DBG", LOG_DEBUG},
    };

    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (str_eq(name, levels[i].name)) {
            return levels[i].level;
        }
    }
    return LOG_INFO;
}

/* Passes on "LEVEL|MODULE|TEXT". A line of another form continues a message of several lines. */
static void pass_line(char *line)
{
    char *module = strchr(line, '|');
    char *text = module ? strchr(module + 1, '|') : NULL;

    if (!text) {
        log_callback(LOG_INFO, "", line);
        return;
    }
    *module++ = '\0';
    *text++ = '\0';
    log_callback(syslog_level(line), module, text);
}

static void empty_log(void)
{
    struct stat st;

    if (fstat(log_fd, &st) || st.st_size <= 0) {
        return;
    }
    auto_free char *text = mem_zalloc((size_t)st.st_size + 1);
    char *rest = text;
    char *line;

    if (pread(log_fd, text, (size_t)st.st_size, 0) > 0) {
        while ((line = strsep(&rest, "\n")) != NULL) {
            if (*line) {
                pass_line(line);
            }
        }
    }
    /* The library appends, so that it goes on at the start. */
    if (ftruncate(log_fd, 0)) {
        log_callback(LOG_WARNING, "vifplug", "cannot empty the log of libopenvswitch");
    }
}

/* When another thread is at it, it passes on our lines, or the next call does. */
static void pass_log(void)
{
    if (log_fd >= 0 && log_callback && !pthread_mutex_trylock(&log_mutex)) {
        empty_log();
        pthread_mutex_unlock(&log_mutex);
    }
}

static void open_log(void)
{
    struct habits_fds before;
    char path[sizeof "/proc/self/fd/" + 12];

    log_fd = memfd_create("libopenvswitch-log", MFD_CLOEXEC);
    if (log_fd < 0) {
        return;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", log_fd);
    habits_open_begin(&before);
    vlog_set_pattern(VLF_FILE, "%p|%c|%m");
    vlog_set_log_file(path);
    habits_open_end(&before);
}

void ovsdb_set_log(void (*log)(int level, const char *module, const char *line))
{
    init_once();
    if (log && log_fd < 0) {
        open_log();
    }
    log_callback = log;
    vlog_set_levels(NULL, VLF_FILE, log ? VLL_INFO : VLL_OFF);
}

static bool sigpipe_is_pending(void)
{
    sigset_t pending;

    return !sigpending(&pending) && sigismember(&pending, SIGPIPE) == 1;
}

void habits_enter(struct habits *habits)
{
    sigset_t sigpipe;

    init_once();
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    habits->sigpipe_pending = sigpipe_is_pending();
    pthread_sigmask(SIG_BLOCK, &sigpipe, &habits->mask);
}

void habits_leave(const struct habits *habits)
{
    int saved_errno = errno;

    if (!habits->sigpipe_pending && sigpipe_is_pending()) {
        const struct timespec now = {0};
        sigset_t sigpipe;

        sigemptyset(&sigpipe);
        sigaddset(&sigpipe, SIGPIPE);
        while (sigtimedwait(&sigpipe, NULL, &now) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &habits->mask, NULL);
    pass_log();
    errno = saved_errno;
}

/* The descriptors of this process. Without /proc there are none, and nothing is then changed. */
static void list_fds(struct habits_fds *list)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t allocated = 0;
    const struct dirent *entry;

    list->fds = NULL;
    list->n = 0;
    if (!dir) {
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);

        /* Neither "." and "..", nor what we just opened ourselves: it gives its number away. */
        if (entry->d_name[0] == '.' || fd == dirfd(dir)) {
            continue;
        }
        if (list->n == allocated) {
            allocated = allocated ? allocated * 2 : 16;
            list->fds = mem_resize(list->fds, allocated, sizeof *list->fds);
        }
        list->fds[list->n++] = fd;
    }
    closedir(dir);
}

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a;
    int y = *(const int *)b;

    return (x > y) - (x < y);
}

void habits_open_begin(struct habits_fds *before)
{
    list_fds(before);
    if (before->n) {
        qsort(before->fds, before->n, sizeof *before->fds, compare_ints);
    }
}

void habits_open_end(struct habits_fds *before)
{
    struct habits_fds after;

    list_fds(&after);
    for (size_t i = 0; before->n && i < after.n; i++) {
        int fd = after.fds[i];

        if (!bsearch(&fd, before->fds, before->n, sizeof fd, compare_ints)) {
            int flags = fcntl(fd, F_GETFD);

            if (flags >= 0) {
                fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
            }
        }
    }
    free(after.fds);
    free(before->fds);
}
