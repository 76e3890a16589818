#include "watch/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define SUFFIX ".json"

/* What becomes of files, which appear and change whole (vif/record.h), and of the folder. */
#define IN_THE_FOLDER (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)

/* The folder, and those above it that may be missing with it. */
enum { PORTS, RUNDIR, ABOVE, N_PATHS };

struct folder {
    int fd;
    char *paths[N_PATHS];
    int watch; /* inotify's number */
    int above; /* of the folder above that of the records, which tells when that is removed; it does
                  not do so itself while anybody has it open */
    int level; /* which path is looked at: the first one that is there; N_PATHS for none */
    char *buffer;
    size_t length; /* of what was read */
    size_t offset; /* of the next event in it */
};

#define BUFFER_SIZE 16384

static void aim(struct folder *folder)
{
    do {
        for (folder->level = 0; folder->level < N_PATHS; folder->level++) {
            folder->watch = inotify_add_watch(folder->fd, folder->paths[folder->level],
                                              IN_THE_FOLDER | IN_ONLYDIR);
            if (folder->watch >= 0) {
                break;
            }
        }
        /* What is below may have come in between. */
    } while (folder->level > 0 && folder->level < N_PATHS &&
             access(folder->paths[folder->level - 1], F_OK) == 0 &&
             inotify_rm_watch(folder->fd, folder->watch) == 0);
    folder->above = folder->level == PORTS
                        ? inotify_add_watch(folder->fd, folder->paths[RUNDIR],
                                            IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR)
                        : -1;
}

static void aim_again(struct folder *folder)
{
    inotify_rm_watch(folder->fd, folder->watch);
    if (folder->above >= 0) {
        inotify_rm_watch(folder->fd, folder->above);
    }
    aim(folder);
}

/* The folder that `path` is in, by the text; caller frees. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash) {
        return str_dup(".");
    }
    return slash == path ? str_dup("/") : str_printf("%.*s", (int)(slash - path), path);
}

int folder_open(const char *rundir, struct folder **folderp, char **errorp)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd < 0) {
        return error_set(errorp, errno, "cannot look at %s: inotify: %m", rundir);
    }
    struct folder *folder = mem_zalloc(sizeof *folder);
    folder->fd = fd;
    folder->paths[PORTS] = str_printf("%s/ports", rundir);
    folder->paths[RUNDIR] = str_dup(rundir);
    folder->paths[ABOVE] = parent_of(rundir);
    folder->buffer = mem_zalloc(BUFFER_SIZE);
    aim(folder);
    if (folder->level == N_PATHS) {
        int error = error_set(errorp, errno, "cannot look at %s: %m", folder->paths[ABOVE]);

        folder_close(folder);
        return error;
    }
    *folderp = folder;
    return 0;
}

void folder_close(struct folder *folder)
{
    if (folder) {
        for (int i = 0; i < N_PATHS; i++) {
            free(folder->paths[i]);
        }
        free(folder->buffer);
        close(folder->fd);
        free(folder);
    }
}

int folder_fd(const struct folder *folder)
{
    return folder->fd;
}

/* Takes the next of inotify's own events. */
static bool next(struct folder *folder, struct inotify_event *event, const char **name)
{
    if (folder->offset >= folder->length) {
        ssize_t length = read(folder->fd, folder->buffer, BUFFER_SIZE);

        folder->offset = 0;
        folder->length = length > 0 ? (size_t)length : 0;
        if (length <= 0) {
            return false;
        }
    }
    memcpy(event, folder->buffer + folder->offset, sizeof *event);
    *name = event->len ? folder->buffer + folder->offset + sizeof *event : "";
    folder->offset += sizeof *event + event->len;
    return true;
}

/* "NAME.json" is the record of NAME. */
static bool take_name(const char *file, char name[IFNAMSIZ])
{
    const char *suffix = strrchr(file, '.');
    size_t length = suffix ? (size_t)(suffix - file) : 0;

    if (!length || length >= IFNAMSIZ || !str_eq(suffix, SUFFIX)) {
        return false;
    }
    memcpy(name, file, length);
    name[length] = '\0';
    return true;
}

/* Whether it may be another folder by now that is the one of the records. */
static bool is_another(const struct folder *folder, const struct inotify_event *event,
                       const char *file)
{
    if (event->wd == folder->above) {
        return str_eq(file, "ports");
    }
    return event->wd == folder->watch &&
           (folder->level != PORTS || event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED));
}

enum folder_event folder_next(struct folder *folder, char name[IFNAMSIZ])
{
    struct inotify_event event;
    const char *file;

    while (next(folder, &event, &file)) {
        if (event.mask & IN_Q_OVERFLOW) {
            return FOLDER_ANOTHER;
        }
        if (is_another(folder, &event, file)) {
            int before = folder->level;

            aim_again(folder);
            if (before != folder->level || before == PORTS) {
                return FOLDER_ANOTHER;
            }
        } else if (event.wd == folder->watch && take_name(file, name)) {
            return FOLDER_RECORD;
        }
    }
    return FOLDER_QUIET;
}
