/* Theory of operation. The kernel does not tell who has a macvtap open, so the descriptors of all
 * processes are looked at, for the macvtap's device number.
 *
 * A number alone does not say that it is this macvtap: it becomes free when a macvtap is deleted,
 * and the next one gets it, while a process may have the one that was deleted open for as long as
 * it likes, as QEMU does. So TUNGETIFF is asked of a copy of the descriptor: only what still lives
 * has an answer (tap_ioctl() in drivers/net/tap.c), and of those that live each has a number of its
 * own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/detached.h"
#include "netdev/macvtap.h"
#include "netdev/sysfs.h"

/* What is looked for. */
struct search {
    dev_t *numbers; /* 0 for what is no macvtap */
    pid_t *users;
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

/* What cannot be seen may be any of them. */
static void count_all_as_used(struct search *search)
{
    for (size_t i = 0; i < search->n; i++) {
        if (search->numbers[i] && !search->users[i]) {
            search->users[i] = MACVTAP_USER_HIDDEN;
        }
    }
}

static bool is_denial(int err)
{
    return err == EACCES || err == EPERM;
}

/* What a file in /proc is called, which is a process or a descriptor. */
static int number(const char *name)
{
    return (int)strtol(name, NULL, 10);
}

/* Whether what a process has open is of a macvtap that was deleted; false where that cannot be
 * told. */
static bool is_dead(pid_t pid, const char *descriptor)
{
    auto_close int process = pidfd_open(pid, 0);
    auto_close int copy = process < 0 ? -1 : pidfd_getfd(process, number(descriptor), 0);
    struct ifreq request = {0};

    return copy >= 0 && ioctl(copy, TUNGETIFF, &request) && errno == ENOLINK;
}

static void look_at(struct search *search, pid_t pid, int folder, const char *descriptor)
{
    struct statx st;

    /* Without AT_STATX_DONT_SYNC a file on a dead NFS server would hold us up. */
    if (statx(folder, descriptor, AT_STATX_DONT_SYNC, STATX_TYPE, &st)) {
        /* Of a process that ends just now nothing may be seen, either. */
        if (is_denial(errno) && kill(pid, 0) == 0) {
            count_all_as_used(search);
        }
        return; /* else closed meanwhile */
    }
    const dev_t number = makedev(st.stx_rdev_major, st.stx_rdev_minor);

    for (size_t i = 0; S_ISCHR(st.stx_mode) && i < search->n; i++) {
        if (search->numbers[i] && search->numbers[i] == number && !is_dead(pid, descriptor)) {
            search->users[i] = pid;
        }
    }
}

/* Looks through the descriptors of the process whose folder in /proc has that name. */
static void look_through(struct search *search, int proc, const char *process)
{
    auto_free char *path = str_printf("%s/fd", process);
    auto_close int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    if (!folder) {
        if (is_denial(errno) || errno == EMFILE || errno == ENFILE) {
            count_all_as_used(search);
        }
        return; /* else ended meanwhile */
    }
    steal_fd(&fd); /* the folder's now */
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.') {
            look_at(search, number(process), dirfd(folder), entry->d_name);
        }
    }
    closedir(folder);
}

int macvtap_find_users(const int *ifindexes, size_t n, pid_t *users, char **errorp)
{
    if (n == 0) {
        return 0;
    }
    auto_free dev_t *numbers = mem_zalloc(n * sizeof *numbers);
    struct search search = {.numbers = numbers, .users = users, .n = n};
    int error = find_numbers(ifindexes, &search, errorp);

    if (error) {
        return error_wrap(errorp, error, "cannot find who uses macvtaps");
    }
    DIR *proc = opendir("/proc");

    if (!proc) {
        return error_set(errorp, errno, "cannot find who uses macvtaps: cannot open /proc: %m");
    }
    memset(users, 0, n * sizeof *users);
    for (struct dirent *entry; (entry = readdir(proc));) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
            look_through(&search, dirfd(proc), entry->d_name);
        }
    }
    closedir(proc);
    return 0;
}
