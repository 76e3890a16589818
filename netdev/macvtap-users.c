#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/detached.h"
#include "netdev/macvtap.h"
#include "netdev/sysfs.h"

/* What is looked for. */
struct search {
    dev_t *numbers; /* 0 for what is no macvtap */
    bool *in_use;
    size_t n;
};

static int find_numbers(const int *ifindexes, struct search *search, char **errorp)
{
    auto_close int sysfs = -1;
    int error = detached_mount("sysfs", &sysfs, errorp);

    for (size_t i = 0; !error && i < search->n; i++) {
        error = sysfs_macvtap_number(sysfs, ifindexes[i], &search->numbers[i], NULL);
        if (error == -ENODEV) {
            error = 0;
        } else if (error) {
            error_set(errorp, -error, "cannot read the device number of macvtap %d: %m",
                      ifindexes[i]);
        }
    }
    return error;
}

static void count_all_as_used(struct search *search)
{
    for (size_t i = 0; i < search->n; i++) {
        search->in_use[i] = search->numbers[i] != 0;
    }
}

static bool is_denial(int err)
{
    return err == EACCES || err == EPERM;
}

static void look_at(struct search *search, int folder, const char *descriptor)
{
    struct statx st;

    /* Without AT_STATX_DONT_SYNC a file on a dead NFS server would hold us up. */
    if (statx(folder, descriptor, AT_STATX_DONT_SYNC, STATX_TYPE, &st)) {
        if (is_denial(errno)) {
            count_all_as_used(search);
        }
        return; /* else closed meanwhile */
    }
    const dev_t number = makedev(st.stx_rdev_major, st.stx_rdev_minor);

    for (size_t i = 0; S_ISCHR(st.stx_mode) && i < search->n; i++) {
        search->in_use[i] |= search->numbers[i] && search->numbers[i] == number;
    }
}

/* Looks through the descriptors of the process whose folder in /proc has that name. */
static void look_through(struct search *search, int proc, const char *process)
{
    auto_free char *path = str_printf("%s/fd", process);
    int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    if (!folder) {
        if (is_denial(errno) || errno == EMFILE || errno == ENFILE) {
            count_all_as_used(search);
        }
        return; /* else ended meanwhile */
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.') {
            look_at(search, fd, entry->d_name);
        }
    }
    closedir(folder);
}

int macvtap_find_users(const int *ifindexes, size_t n, bool *in_use, char **errorp)
{
    if (n == 0) {
        return 0;
    }
    auto_free dev_t *numbers = mem_zalloc(n * sizeof *numbers);
    struct search search = {.numbers = numbers, .in_use = in_use, .n = n};
    int error = find_numbers(ifindexes, &search, errorp);

    if (error) {
        return error_wrap(errorp, error, "cannot find who uses macvtaps");
    }
    DIR *proc = opendir("/proc");

    if (!proc) {
        return error_set(errorp, errno, "cannot find who uses macvtaps: cannot open /proc: %m");
    }
    memset(in_use, 0, n * sizeof *in_use);
    for (struct dirent *entry; (entry = readdir(proc));) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
            look_through(&search, dirfd(proc), entry->d_name);
        }
    }
    closedir(proc);
    return 0;
}
