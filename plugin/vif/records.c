/* The records of a run-time folder. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/ifname.h"
#include "vif/lock.h"
#include "vif/record.h"

/* RUNDIR/ports/NAME.json is the record of the device NAME; RUNDIR/lock is what vif_records_lock()
 * takes; RUNDIR/qmp/NAME.sock is QEMU's socket for the watcher. */
#define PORTS_FOLDER   "ports"
#define SUFFIX         ".json"
#define SOCKETS_FOLDER "qmp"
#define SOCKET_SUFFIX  ".sock"

/* No bridge helper that is not stopped lives longer than this, and nobody else has the lock for
 * more than an instant. */
#define LOCK_MS 60000

struct vif_records {
    char *rundir;
    int ports_fd; /* RUNDIR/ports, or -1 while it was not there */
    int lock_fd;  /* of vif_records_try_lock(), or -1 */
    unsigned lock_depth;
};

int vif_records_open(const char *rundir, struct vif_records **recordsp, char **errorp)
{
    auto_free char *ports = str_printf("%s/%s", rundir, PORTS_FOLDER);
    int fd = open(ports, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno != ENOENT) {
        return error_set(errorp, errno, "cannot open the records in %s: %m", ports);
    }
    *recordsp = mem_zalloc(sizeof **recordsp);
    (*recordsp)->rundir = str_dup(rundir);
    (*recordsp)->ports_fd = fd;
    (*recordsp)->lock_fd = -1;
    return 0;
}

void vif_records_close(struct vif_records *records)
{
    if (records) {
        if (records->lock_fd >= 0) {
            close(records->lock_fd);
        }
        if (records->ports_fd >= 0) {
            close(records->ports_fd);
        }
        free(records->rundir);
        free(records);
    }
}

/* What to do about a folder that cannot be used. */
static const char *remedy(int err)
{
    return err == EACCES ? "; run as root, or name another folder with --rundir" : "";
}

/* Makes the folders, for the first record. Only the last two parts of the path can be missing. */
static int make_folders(struct vif_records *records, char **errorp)
{
    auto_free char *ports = str_printf("%s/%s", records->rundir, PORTS_FOLDER);

    if (records->ports_fd >= 0) {
        return 0;
    }
    if ((mkdir(records->rundir, 0755) == 0 || errno == EEXIST) &&
        (mkdir(ports, 0755) == 0 || errno == EEXIST)) {
        records->ports_fd = open(ports, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (records->ports_fd < 0) {
        return error_set(errorp, errno, "cannot make the run-time folder %s: %m%s", ports,
                         remedy(errno));
    }
    return 0;
}

/* Opens the file RUNDIR/lock. Returns its descriptor or a negative errno value. */
static int open_lock(struct vif_records *records, char **errorp)
{
    auto_free char *path = str_printf("%s/lock", records->rundir);
    int error = make_folders(records, errorp);

    if (error) {
        return error;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? error_set(errorp, errno, "cannot open %s: %m%s", path, remedy(errno)) : fd;
}

/* Takes the lock, for which it waits so long. Returns a descriptor that keeps it. */
static int lock_within(struct vif_records *records, unsigned milliseconds, char **errorp)
{
    auto_close int fd = open_lock(records, errorp);
    int error = fd < 0 ? fd : 0;

    if (!error) {
        error = vif_lock(fd, milliseconds, errorp);
        if (error) {
            error_wrap(errorp, error, "cannot lock %s/lock", records->rundir);
        }
    }
    return error ? error : steal_fd(&fd);
}

int vif_records_lock(struct vif_records *records, char **errorp)
{
    if (records->lock_fd < 0) {
        return lock_within(records, LOCK_MS, errorp);
    }
    /* The lock is that of both, and goes with the last of them: flock(2). */
    int fd = fcntl(records->lock_fd, F_DUPFD_CLOEXEC, 0);

    return fd < 0 ? error_set(errorp, errno, "cannot lock %s/lock: %m", records->rundir) : fd;
}

int vif_records_try_lock(struct vif_records *records, char **errorp)
{
    if (!records->lock_depth) {
        int fd = lock_within(records, 0, errorp);

        if (fd < 0) {
            return fd;
        }
        records->lock_fd = fd;
    }
    records->lock_depth++;
    return 0;
}

void vif_records_unlock(struct vif_records *records)
{
    if (--records->lock_depth == 0) {
        close(records->lock_fd);
        records->lock_fd = -1;
    }
}

bool vif_records_have_lock(const struct vif_records *records)
{
    return records->lock_depth != 0;
}

int vif_records_make_folders(struct vif_records *records, char **errorp)
{
    return make_folders(records, errorp);
}

int vif_records_lock_user(struct vif_records *records, uid_t user, char **errorp)
{
    /* A byte for each user. This and flock(2) do not see each other's locks. */
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = user, .l_len = 1};
    auto_close int fd = open_lock(records, errorp);

    if (fd >= 0 && fcntl(fd, F_OFD_SETLKW, &byte)) {
        return error_set(errorp, errno, "cannot lock %s/lock for user %ld: %m", records->rundir,
                         (long)user);
    }
    return steal_fd(&fd);
}

static char *file_name(const char *name)
{
    return str_printf("%s%s", name, SUFFIX);
}

/* The name of a file to write a record to, that no other process and, for the ':' in it, no device
 * can have; caller frees. */
static char *temporary_name(const struct vif_record *record)
{
    return str_printf("%s:%ld", record->port.name, (long)getpid());
}

/* Writes the record to the file `temp`, for the caller to rename or link. */
static int write_temporary(struct vif_records *records, const char *temp,
                           const struct vif_record *record, char **errorp)
{
    int fd = openat(records->ports_fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    cJSON *json = vif_record_to_json(record);
    char *text = cJSON_Print(json);
    size_t length = strlen(text);
    int error = 0;

    cJSON_Delete(json);
    if (fd < 0 || write(fd, text, length) != (ssize_t)length) {
        error = errno ? errno : ENOSPC;
    }
    cJSON_free(text);
    if (fd >= 0 && close(fd) && !error) {
        error = errno;
    }
    if (error) {
        unlinkat(records->ports_fd, temp, 0);
        return error_set(errorp, error, "cannot write the record of \"%s\" under %s: %s",
                         record->port.name, records->rundir, strerror(error));
    }
    return 0;
}

/* Makes one record that was not there. */
static int create_one(struct vif_records *records, const struct vif_record *record, char **errorp)
{
    auto_free char *temp = temporary_name(record);
    auto_free char *file = file_name(record->port.name);
    int error = write_temporary(records, temp, record, errorp);

    if (error) {
        return error;
    }
    /* link(2), unlike rename(2), refuses to replace what is there. */
    if (linkat(records->ports_fd, temp, records->ports_fd, file, 0)) {
        error = errno;
        if (error == EEXIST) {
            struct vif_record other;
            bool known = vif_records_read(records, record->port.name, &other, NULL) == 0;
            error_set(errorp, error, "\"%s\" is %s already, by process %ld", record->port.name,
                      known ? vif_state_name(other.state) : "known", known ? (long)other.pid : 0L);
            if (known) {
                vif_record_clear(&other);
            }
        } else {
            error_set(errorp, error, "cannot write the record of \"%s\" under %s: %s",
                      record->port.name, records->rundir, strerror(error));
        }
        error = -error;
    }
    unlinkat(records->ports_fd, temp, 0);
    return error;
}

int vif_records_create(struct vif_records *records, const struct vif_record *new, size_t n,
                       char **errorp)
{
    int error = make_folders(records, errorp);

    for (size_t i = 0; i < n && !error; i++) {
        error = create_one(records, &new[i], errorp);
        if (error) {
            while (i-- > 0) {
                vif_records_remove(records, new[i].port.name, NULL);
            }
            break;
        }
    }
    return error;
}

int vif_records_write(struct vif_records *records, const struct vif_record *record, char **errorp)
{
    auto_free char *temp = temporary_name(record);
    auto_free char *file = file_name(record->port.name);
    int error = write_temporary(records, temp, record, errorp);

    if (error) {
        return error;
    }
    if (renameat(records->ports_fd, temp, records->ports_fd, file)) {
        error = error_set(errorp, errno, "cannot replace the record of \"%s\" under %s: %m",
                          record->port.name, records->rundir);
        unlinkat(records->ports_fd, temp, 0);
    }
    return error;
}

/* The contents of a file as text, NULL when it cannot be read or is far too big; caller frees. */
static char *read_all(int fd)
{
    const size_t most = (size_t)1024 * 1024;
    struct stat st;

    if (fstat(fd, &st) || (size_t)st.st_size > most) {
        return NULL;
    }
    char *text = mem_zalloc((size_t)st.st_size + 1);
    if (read(fd, text, (size_t)st.st_size) != st.st_size) {
        free(text);
        return NULL;
    }
    return text;
}

/* As vif_records_read(), but a record whose text does not hold `part` (NULL: whatever it holds) is
 * as good as none, and is not looked at any further. */
static int read_one(struct vif_records *records, const char *name, const char *part,
                    struct vif_record *record, char **errorp)
{
    /* The name may come from the command line, and becomes a file's name. */
    int error = ifname_check(name, errorp);
    if (error) {
        return error;
    }
    if (records->ports_fd < 0) {
        return -ENOENT;
    }
    auto_free char *file = file_name(name);
    auto_close int fd = openat(records->ports_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT
                   ? -ENOENT
                   : error_set(errorp, errno, "cannot read the record of \"%s\": %m", name);
    }
    auto_free char *text = read_all(fd);
    if (part && text && !strstr(text, part)) {
        return -ENOENT;
    }
    cJSON *json = text ? cJSON_Parse(text) : NULL;
    error = json ? vif_record_from_json(json, record, errorp)
                 : error_set(errorp, EINVAL, "it is not JSON; remove it if nothing uses \"%s\"",
                             name);
    cJSON_Delete(json);
    if (!error && !str_eq(record->port.name, name)) {
        error = error_set(errorp, EINVAL, "it is the record of \"%s\"; remove it",
                          record->port.name);
        vif_record_clear(record);
    }
    if (error) {
        /* Not -EINVAL, which would blame the user's input. */
        return error_wrap(errorp, -EBADMSG, "%s/%s/%s", records->rundir, PORTS_FOLDER, file);
    }
    return 0;
}

int vif_records_read(struct vif_records *records, const char *name, struct vif_record *record,
                     char **errorp)
{
    return read_one(records, name, NULL, record, errorp);
}

static int by_name(const void *a, const void *b)
{
    const struct vif_record *ra = a;
    const struct vif_record *rb = b;

    return strcmp(ra->port.name, rb->port.name);
}

int vif_records_names(struct vif_records *records, char (**names)[IFNAMSIZ], size_t *n,
                      char **errorp)
{
    *names = NULL;
    *n = 0;
    if (records->ports_fd < 0) {
        return 0;
    }
    int fd = openat(records->ports_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        return error_set(errorp, errno, "cannot read %s/%s: %m", records->rundir, PORTS_FOLDER);
    }
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);

        if (length <= strlen(SUFFIX) || length - strlen(SUFFIX) >= IFNAMSIZ ||
            strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) != 0) {
            continue;
        }
        *names = mem_resize(*names, *n + 1, sizeof **names);
        snprintf((*names)[(*n)++], IFNAMSIZ, "%.*s", (int)(length - strlen(SUFFIX)), entry->d_name);
    }
    closedir(dir);
    return 0;
}

/* Reads the records whose text holds `part`, or all of them for NULL. */
static int read_those(struct vif_records *records, const char *part, struct vif_record **allp,
                      size_t *np, char **errorp)
{
    auto_free char(*names)[IFNAMSIZ] = NULL;
    struct vif_record *all = NULL;
    size_t n_names;
    size_t n = 0;
    int error = vif_records_names(records, &names, &n_names, errorp);

    *allp = NULL;
    *np = 0;
    for (size_t i = 0; i < n_names && !error; i++) {
        all = mem_resize(all, n + 1, sizeof *all);
        error = read_one(records, names[i], part, &all[n], errorp);
        if (!error) {
            n++;
        } else if (error == -ENOENT) {
            /* Removed since it was listed. */
            error = 0;
        }
    }
    if (error) {
        vif_records_free(all, n);
        return error;
    }
    if (n) {
        qsort(all, n, sizeof *all, by_name);
    }
    *allp = all;
    *np = n;
    return 0;
}

int vif_records_read_all(struct vif_records *records, struct vif_record **all, size_t *n,
                         char **errorp)
{
    return read_those(records, NULL, all, n, errorp);
}

static bool is_plugging(const struct vif_record *record, const char *state)
{
    return str_eq(vif_state_name(record->state), state);
}

static bool is_of_domain(const struct vif_record *record, const char *uuid)
{
    return str_eq(record->port.domain_uuid, uuid);
}

/* Keeps of a list what has that value, and not only its text somewhere. */
static size_t keep_those(struct vif_record *list, size_t n_read, const char *value,
                         bool (*has)(const struct vif_record *record, const char *value))
{
    size_t n = 0;

    for (size_t i = 0; i < n_read; i++) {
        if (has(&list[i], value)) {
            list[n++] = list[i];
        } else {
            vif_record_clear(&list[i]);
        }
    }
    return n;
}

int vif_records_read_plugging(struct vif_records *records, struct vif_record **list, size_t *n,
                              char **errorp)
{
    const char *state = vif_state_name(VIF_PLUGGING);
    auto_free char *value = str_printf("\"%s\"", state);
    int error = read_those(records, value, list, n, errorp);

    if (!error) {
        *n = keep_those(*list, *n, state, is_plugging);
    }
    return error;
}

int vif_records_read_domain(struct vif_records *records, const char *domain_uuid,
                            struct vif_record **list, size_t *n, char **errorp)
{
    int error = read_those(records, domain_uuid, list, n, errorp);

    if (!error) {
        *n = keep_those(*list, *n, domain_uuid, is_of_domain);
    }
    return error;
}

int vif_records_claim(struct vif_records *records, const char *name, const char *plug_id,
                      struct vif_record *record, char **errorp)
{
    if (records->ports_fd < 0) {
        return -ENOENT;
    }
    auto_close int lock = vif_records_lock(records, errorp);
    if (lock < 0) {
        return lock;
    }
    int error = vif_records_read(records, name, record, errorp);
    if (!error) {
        if (plug_id && !str_eq(plug_id, record->plug_id)) {
            error = -ENOENT;
        } else if (record->state != VIF_PLUGGED && vif_record_owner_lives(record) &&
                   record->pid != getpid()) {
            error = error_set(errorp, EBUSY, "process %ld is %s \"%s\"", (long)record->pid,
                              vif_state_name(record->state), name);
        } else {
            record->state = VIF_UNPLUGGING;
            vif_record_set_owner(record);
            error = vif_records_write(records, record, errorp);
        }
        if (error) {
            vif_record_clear(record);
        }
    }
    return error;
}

int vif_records_remove(struct vif_records *records, const char *name, char **errorp)
{
    auto_free char *file = file_name(name);

    if (records->ports_fd >= 0 && unlinkat(records->ports_fd, file, 0) && errno != ENOENT) {
        return error_set(errorp, errno, "cannot remove the record of \"%s\" under %s: %m", name,
                         records->rundir);
    }
    return 0;
}

void vif_records_sweep(struct vif_records *records)
{
    int fd = records->ports_fd < 0
                 ? -1
                 : openat(records->ports_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (!dir) {
        return;
    }
    while ((entry = readdir(dir))) {
        const char *colon = strchr(entry->d_name, ':');
        long pid = colon ? strtol(colon + 1, NULL, 10) : 0;

        if (pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH) {
            unlinkat(records->ports_fd, entry->d_name, 0);
        }
    }
    closedir(dir);
}

/* The folder of sockets, absolute; caller frees. */
static char *socket_folder(const struct vif_records *records)
{
    auto_free char *rundir = realpath(records->rundir, NULL);

    return str_printf("%s/%s", rundir ? rundir : records->rundir, SOCKETS_FOLDER);
}

char *vif_records_socket(struct vif_records *records, const char *name, char **errorp)
{
    auto_free char *folder = socket_folder(records);

    if (mkdir(folder, 0700) && errno != EEXIST) {
        error_set(errorp, errno, "cannot make the folder %s: %m%s", folder, remedy(errno));
        return NULL;
    }
    return str_printf("%s/%s%s", folder, name, SOCKET_SUFFIX);
}

bool vif_records_have_socket(const struct vif_records *records, const char *path)
{
    auto_free char *folder = socket_folder(records);
    size_t length = strlen(folder);

    return path && strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Whether a record names the socket. */
static bool is_named(const char *path, const struct vif_record *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(all[i].qmp, path)) {
            return true;
        }
    }
    return false;
}

int vif_records_sweep_sockets(struct vif_records *records, char **errorp)
{
    auto_free char *folder = socket_folder(records);
    DIR *dir = opendir(folder);
    struct vif_record *all = NULL;
    const struct dirent *entry;
    size_t n = 0;
    int error = 0;

    while (dir && !error && (entry = readdir(dir))) {
        auto_free char *path = str_printf("%s/%s", folder, entry->d_name);
        const char *suffix = strrchr(entry->d_name, '.');

        if (!str_eq(suffix, SOCKET_SUFFIX)) {
            continue;
        }
        /* Read after what is looked at: who makes one wrote its record before. */
        vif_records_free(all, n);
        all = NULL;
        n = 0;
        error = vif_records_read_all(records, &all, &n, errorp);
        if (!error && !is_named(path, all, n) && unlink(path) && errno != ENOENT) {
            error = error_set(errorp, errno, "cannot remove %s: %m", path);
        }
    }
    vif_records_free(all, n);
    if (dir) {
        closedir(dir);
    }
    return error;
}
