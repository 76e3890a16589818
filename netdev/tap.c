/* Theory of operation. TUNSETIFF is one call with two meanings: it makes a device where there is
 * none of the name, and attaches to it where there is one. Each function here wants exactly one of
 * the two:
 *
 * - To make one, IFF_TUN_EXCL makes the kernel refuse a name that is taken.
 * - To attach, the descriptor is first told (TUNSETIFINDEX) that a device made through it shall
 *   have the index of lo. That is always taken, so that making one fails, while attaching does not
 *   look at it. There is thus no moment between "it exists" and "open it".
 *
 * Whatever fails, the descriptors are closed, and a tap made here dies with them.
 */
#include "netdev/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/high-ifindex.h"
#include "netdev/ifname.h"
#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/queues.h"
#include "netdev/rtnl.h"

#define TUN_PATH "/dev/net/tun"

/* LOOPBACK_IFINDEX of include/net/net_namespace.h, the same in every namespace. */
#define LO_IFINDEX 1

static int check_options(const struct tap_options *options, char **errorp)
{
    int error = ifname_check(options->name, errorp);

    if (error) {
        return error;
    }
    if (options->n_queues < 1 || options->n_queues > TAP_MAX_QUEUES) {
        return error_set(errorp, EINVAL, "tap \"%s\" cannot have %u queues: 1 to %d are possible",
                         options->name, options->n_queues, TAP_MAX_QUEUES);
    }
    return 0;
}

static int wanted_flags(const struct tap_options *options)
{
    return IFF_TAP | IFF_NO_PI | (options->vnet_hdr ? IFF_VNET_HDR : 0) |
           (options->n_queues > 1 ? IFF_MULTI_QUEUE : 0);
}

static int open_tun(int *fdp, char **errorp)
{
    int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0) {
        *fdp = fd;
        return 0;
    }
    const int err = errno;

    switch (err) {
    case EACCES:
    case EPERM:
        return error_set(errorp, err,
                         "cannot open " TUN_PATH
                         ": %m; run as root, or give this user access to the device");
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return error_set(errorp, err, "cannot open " TUN_PATH ": %m; is the tun module loaded?");
    case EMFILE:
        return error_set(errorp, err,
                         "cannot open " TUN_PATH
                         ": %m; each queue takes a descriptor: raise the limit (ulimit -n)");
    default:
        return error_set(errorp, err, "cannot open " TUN_PATH ": %m");
    }
}

/* Attaches a descriptor of /dev/net/tun to the device of that name. Returns 0 or a negative errno
 * value. */
static int set_iff(int fd, const char *name, int flags)
{
    struct ifreq request = {0};

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags = (short)flags;
    return ioctl(fd, TUNSETIFF, &request) ? -errno : 0;
}

/* As set_iff(), but never makes a device: -EBUSY instead (or -EPERM for those that may not). */
static int set_iff_existing(int fd, const char *name, int flags)
{
    unsigned taken = LO_IFINDEX;

    if (ioctl(fd, TUNSETIFINDEX, &taken)) {
        return -errno;
    }
    return set_iff(fd, name, flags);
}

/* Reads the link for a sentence or a check. */
static int look_up(const char *name, struct link_info *info, char **errorp)
{
    struct rtnl *rtnl = NULL;
    int error = rtnl_open(&rtnl, errorp);

    if (!error) {
        error = link_get(rtnl, name, info, errorp);
    }
    rtnl_close(rtnl);
    return error;
}

static int refuse_name(const char *name, char **errorp)
{
    struct link_info info;

    if (look_up(name, &info, NULL)) {
        return error_set(errorp, EEXIST, "cannot make tap \"%s\": the name is in use", name);
    }
    auto_free char *kind = link_describe_kind(&info);

    return error_set(errorp, EEXIST, "cannot make tap \"%s\": the name is in use, by a %s", name,
                     kind);
}

static int refuse_creation(const char *name, int error, char **errorp)
{
    switch (error) {
    case -EBUSY: /* what IFF_TUN_EXCL gives */
    case -EEXIST:
        return refuse_name(name, errorp);
    case -EPERM:
        return error_set(errorp, EPERM,
                         "cannot make tap \"%s\": %m; this needs CAP_NET_ADMIN: run as root", name);
    default:
        return error_set(errorp, -error, "cannot make tap \"%s\": %m", name);
    }
}

/* Whose the tap is, for a sentence; caller frees. */
static char *describe_owner(const struct link_tun *tun)
{
    if (tun->owner != (uid_t)-1 && tun->group != (gid_t)-1) {
        return str_printf("user %u and group %u", tun->owner, tun->group);
    }
    if (tun->group != (gid_t)-1) {
        return str_printf("group %u", tun->group);
    }
    return str_printf("user %u", tun->owner);
}

/* Finds out what the error of set_iff_existing() means, by a look at the device. */
static int refuse_opening(const struct tap_options *options, int error, char **errorp)
{
    const char *name = options->name;
    struct link_info info;
    int missing = look_up(name, &info, errorp);

    if (missing) {
        return error_wrap(errorp, missing, "cannot open tap \"%s\"", name);
    }
    if (!str_eq(info.kind, "tun") || !info.tun.tap) {
        auto_free char *kind = link_describe_kind(&info);

        return error_set(errorp, EINVAL, "cannot open tap \"%s\": it is no tap but a %s", name,
                         kind);
    }
    if (info.tun.multi_queue != (options->n_queues > 1)) {
        return error_set(errorp, EINVAL,
                         info.tun.multi_queue
                             ? "cannot open tap \"%s\" with one queue: it was made with "
                               "multi_queue, which takes two or more"
                             : "cannot open tap \"%s\" with several queues: it was made without "
                               "multi_queue, which takes one",
                         name);
    }
    if (error == -EPERM) {
        auto_free char *owner = describe_owner(&info.tun);

        return error_set(errorp, EPERM,
                         "cannot open tap \"%s\": it is for %s; others need CAP_NET_ADMIN", name,
                         owner);
    }
    if (error == -EBUSY) {
        return error_set(errorp, EBUSY, "cannot open tap \"%s\": it is open already", name);
    }
    if (error == -E2BIG) {
        return error_set(errorp, E2BIG,
                         "cannot open tap \"%s\" with %u queues: it has %u open ones, and %d are "
                         "possible",
                         name, options->n_queues, info.tun.n_queues, TAP_MAX_QUEUES);
    }
    return error_set(errorp, -error, "cannot open tap \"%s\": %m", name);
}

/* Opens queues of an existing tap until there are n_queues. */
static int attach_queues(const struct tap_options *options, struct queues *queues, char **errorp)
{
    while (queues->n < options->n_queues) {
        auto_close int fd = -1;
        int error = open_tun(&fd, errorp);

        if (error) {
            return error_wrap(errorp, error, "queue %u of %u of tap \"%s\"", queues->n + 1,
                              options->n_queues, options->name);
        }
        error = set_iff_existing(fd, options->name, wanted_flags(options));
        if (error) {
            return refuse_opening(options, error, errorp);
        }
        queues->fds[queues->n++] = steal_fd(&fd);
    }
    return 0;
}

/* Makes the tap with that index (0: any) and opens its first queue. */
static int make_with_index(const struct tap_options *options, int ifindex, int *fdp, char **errorp)
{
    auto_close int fd = -1;
    int error = open_tun(&fd, errorp);

    if (error) {
        return error_wrap(errorp, error, "cannot make tap \"%s\"", options->name);
    }
    if (ifindex && ioctl(fd, TUNSETIFINDEX, &(unsigned){(unsigned)ifindex})) {
        return error_set(errorp, errno, "cannot choose the index of tap \"%s\": %m", options->name);
    }
    error = set_iff(fd, options->name, wanted_flags(options) | IFF_TUN_EXCL);
    if (error) {
        return refuse_creation(options->name, error, errorp);
    }
    *fdp = steal_fd(&fd);
    return 0;
}

/* Whether there is a /dev/tapN for the link's index N: not its own, as taps have none. */
static bool has_node(const char *name)
{
    auto_free char *node = macvtap_node((int)if_nametoindex(name));

    return access(node, F_OK) == 0;
}

/* Makes the tap and opens its first queue. */
static int make_device(const struct tap_options *options, struct queues *queues, char **errorp)
{
    int ifindex = 0;

    for (int i = 0; i < HIGH_IFINDEX_TRIES; i++) {
        auto_close int fd = -1;
        int error = make_with_index(options, ifindex, &fd, errorp);

        if (error) {
            return error;
        }
        if (!options->by_name || !has_node(options->name)) {
            queues->fds[queues->n++] = steal_fd(&fd);
            return 0;
        }
        error = high_ifindex_pick(&ifindex, errorp);
        if (error) {
            return error_wrap(errorp, error, "cannot make tap \"%s\"", options->name);
        }
    }
    return error_set(
        errorp, EEXIST,
        "cannot make tap \"%s\": there is a node /dev/tapN for each of %d indexes that "
        "were tried",
        options->name, HIGH_IFINDEX_TRIES);
}

/* The owner that a new tap gets. Never leaves it to nobody in particular: the kernel takes that for
 * "everyone who can open /dev/net/tun", which often is everyone. */
static uid_t owner_of_new(const struct tap_options *options)
{
    bool nobodys = options->owner == (uid_t)-1 && options->group == (gid_t)-1;

    return nobodys ? geteuid() : options->owner;
}

static int set_owner(const struct tap_options *options, int fd, char **errorp)
{
    uid_t owner = owner_of_new(options);

    if (owner != (uid_t)-1 && ioctl(fd, TUNSETOWNER, (unsigned long)owner)) {
        return error_set(errorp, errno, "cannot give tap \"%s\" to user %u: %m", options->name,
                         owner);
    }
    if (options->group != (gid_t)-1 && ioctl(fd, TUNSETGROUP, (unsigned long)options->group)) {
        return error_set(errorp, errno, "cannot give tap \"%s\" to group %u: %m", options->name,
                         options->group);
    }
    return 0;
}

/* Checks that all queues are of one device, since they were attached by name one after another, and
 * that it has the flags asked for, since the kernel ignores those of a later queue. */
static int check_queues(const struct tap_options *options, const struct queues *queues,
                        char **errorp)
{
    struct ifreq first = {0};

    for (unsigned i = 0; i < queues->n; i++) {
        struct ifreq now = {0};

        if (ioctl(queues->fds[i], TUNGETIFF, &now)) {
            return error_set(errorp, ENODEV, "tap \"%s\" was deleted while it was opened",
                             options->name);
        }
        if (i == 0) {
            first = now;
        }
        if (!str_eq(now.ifr_name, first.ifr_name)) {
            return error_set(errorp, ENODEV, "tap \"%s\" was renamed while it was opened",
                             options->name);
        }
        if (!(now.ifr_flags & IFF_VNET_HDR) != !options->vnet_hdr) {
            return error_set(errorp, EINVAL, "tap \"%s\" is open already, %s vnet_hdr",
                             options->name, options->vnet_hdr ? "without" : "with");
        }
    }
    return 0;
}

/* Opens the queues of an existing tap that are still missing. */
static int open_queues(const struct tap_options *options, struct queues *queues, char **errorp)
{
    int error = attach_queues(options, queues, errorp);

    return error ? error : check_queues(options, queues, errorp);
}

/* Whether a new tap has our queues and no other, and whether it is as we made it: a stranger that
 * came and went could have made it his own. */
static bool is_all_ours(const struct tap_options *options, const struct link_tun *tun)
{
    return tun->n_queues == options->n_queues && tun->owner == owner_of_new(options) &&
           tun->group == options->group && !tun->persist;
}

/* Checks that nobody got hold of a new tap. Between its making and set_owner() everybody could, and
 * would get a share of the guest's frames. Not so with a single queue: that lets in nobody while we
 * have it open. */
static int check_for_strangers(const struct tap_options *options, char **errorp)
{
    struct link_info info;
    struct rtnl *rtnl = NULL;
    int error = rtnl_open(&rtnl, errorp);

    if (!error) {
        error = link_get(rtnl, options->name, &info, errorp);
    }
    if (!error && !is_all_ours(options, &info.tun)) {
        /* It would outlive our descriptors, by theirs. */
        link_delete(rtnl, info.ifindex, NULL);
        error = error_set(errorp, EBUSY,
                          "another process opened tap \"%s\" while it was made; it was deleted",
                          options->name);
    }
    rtnl_close(rtnl);
    return error;
}

static int make_queues(const struct tap_options *options, struct queues *queues, char **errorp)
{
    int error = make_device(options, queues, errorp);

    if (!error) {
        error = set_owner(options, queues->fds[0], errorp);
    }
    if (!error && options->n_queues > 1) {
        error = open_queues(options, queues, errorp);
        if (!error) {
            error = check_for_strangers(options, errorp);
        }
    }
    return error;
}

int tap_create(const struct tap_options *options, int *fds, char **errorp)
{
    int error = check_options(options, errorp);

    if (error) {
        return error;
    }
    struct queues queues = queues_new(options->n_queues);

    return queues_finish(&queues, make_queues(options, &queues, errorp), fds);
}

int tap_open(const struct tap_options *options, int *fds, char **errorp)
{
    int error = check_options(options, errorp);

    if (error) {
        return error;
    }
    struct queues queues = queues_new(options->n_queues);

    return queues_finish(&queues, open_queues(options, &queues, errorp), fds);
}

int tap_set_persistent(int fd, bool persistent, char **errorp)
{
    if (ioctl(fd, TUNSETPERSIST, (unsigned long)persistent)) {
        return error_set(errorp, errno, "cannot make a tap %s: %m",
                         persistent ? "persistent" : "go with its descriptors");
    }
    return 0;
}

/* Deletes a tap that was made only in part: its queues are open elsewhere, too. */
static void delete_again(const char *name)
{
    struct rtnl *rtnl = NULL;
    struct link_info info;

    if (!rtnl_open(&rtnl, NULL) && !link_get(rtnl, name, &info, NULL)) {
        link_delete(rtnl, info.ifindex, NULL);
    }
    rtnl_close(rtnl);
}

static int apply_settings(const struct tap_options *options, const int *fds,
                          const struct tap_settings *settings, char **errorp)
{
    if (options->vnet_hdr &&
        (ioctl(fds[0], TUNSETVNETHDRSZ, &(int){(int)settings->vnet_hdr_size}) ||
         ioctl(fds[0], TUNSETOFFLOAD, (unsigned long)settings->offloads))) {
        return error_set(errorp, errno, "cannot set up tap \"%s\" as it was: %m", options->name);
    }
    for (unsigned i = 0; i < options->n_queues; i++) {
        struct ifreq request = {.ifr_flags = IFF_DETACH_QUEUE};

        if (settings->disabled[i] && ioctl(fds[i], TUNSETQUEUE, &request)) {
            return error_set(errorp, errno, "cannot disable queue %u of tap \"%s\": %m", i,
                             options->name);
        }
    }
    return 0;
}

/* All but the first queue, and what comes then. */
static int attach_others_again(const struct tap_options *options, const int *fds,
                               const struct tap_settings *settings, char **errorp)
{
    struct queues queues = {.fds = mem_resize(NULL, options->n_queues, sizeof *fds),
                            .n = options->n_queues};
    int error = set_owner(options, fds[0], errorp);

    memcpy(queues.fds, fds, options->n_queues * sizeof *fds);
    for (unsigned i = 1; i < options->n_queues && !error; i++) {
        error = set_iff_existing(fds[i], options->name, wanted_flags(options));
        if (error) {
            error = refuse_opening(options, error, errorp);
        }
    }
    if (!error) {
        error = check_queues(options, &queues, errorp);
    }
    if (!error && options->n_queues > 1) {
        error = check_for_strangers(options, errorp);
    }
    free(queues.fds);
    return error ? error : apply_settings(options, fds, settings, errorp);
}

int tap_attach_again(const struct tap_options *options, const int *fds,
                     const struct tap_settings *settings, char **errorp)
{
    int error = check_options(options, errorp);

    if (error) {
        return error;
    }
    error = set_iff(fds[0], options->name, wanted_flags(options) | IFF_TUN_EXCL);
    if (error) {
        return refuse_creation(options->name, error, errorp);
    }
    error = attach_others_again(options, fds, settings, errorp);
    if (error) {
        delete_again(options->name);
    }
    return error;
}
