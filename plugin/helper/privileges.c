#include "helper/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "helper/ask.h"

/* Sets of capabilities, a bit each: all that there are here are below 32. */
#define CAP(name) (1U << CAP_##name)

#define CHANGE_USER (CAP(SETUID) | CAP(SETGID))
#define PLUGGING    (CAP(NET_ADMIN) | CAP(DAC_OVERRIDE))
#define NEEDED      (CHANGE_USER | PLUGGING | CAP(DAC_READ_SEARCH))
#define FOR_MACVTAP (CAP(SYS_ADMIN) | CAP(MKNOD))

/* What is permitted until it is known what is asked for: as much of the above as was given. */
static unsigned all;

/* Makes these the permitted and the effective capabilities of the process, and none inheritable. */
static int set(unsigned permitted, unsigned effective)
{
    capng_clear(CAPNG_SELECT_CAPS);
    for (unsigned cap = 0; cap < 32; cap++) {
        if (permitted & 1U << cap) {
            capng_update(CAPNG_ADD, CAPNG_PERMITTED, cap);
        }
        if (effective & 1U << cap) {
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, cap);
        }
    }
    return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

static int check_permitted(char **errorp)
{
    if (capng_get_caps_process()) {
        return error_set(errorp, EPERM, "cannot find out with which capabilities this runs");
    }
    for (unsigned cap = 0; cap < 32; cap++) {
        if (capng_have_capability(CAPNG_PERMITTED, cap)) {
            all |= (NEEDED | FOR_MACVTAP) & 1U << cap;
        }
        if ((NEEDED & 1U << cap) && !capng_have_capability(CAPNG_PERMITTED, cap)) {
            return error_set(
                errorp, EPERM,
                "this runs without the capability cap_%s%s; the administrator must make it setuid "
                "root or give it capabilities: see vifplug-bridge-helper(8)",
                capng_capability_to_name(cap), geteuid() ? "" : ", though as root");
        }
    }
    return 0;
}

static int find_groups(struct ask_caller *caller, char **errorp)
{
    int n = getgroups(0, NULL);

    if (n < 0) {
        return error_set(errorp, errno, "cannot find out the caller's groups: %m");
    }
    caller->gids = mem_zalloc(((size_t)n + 1) * sizeof *caller->gids);
    n = n ? getgroups(n, caller->gids) : 0;
    if (n < 0) {
        return error_set(errorp, errno, "cannot find out the caller's groups: %m");
    }
    caller->gids[n] = getgid();
    caller->n_gids = (size_t)n + 1;
    return 0;
}

int privileges_begin(struct ask_caller *caller, char **errorp)
{
    gid_t gid = getgid();

    caller->uid = getuid();
    int error = check_permitted(errorp);
    if (!error) {
        error = find_groups(caller, errorp);
    }
    if (error) {
        return error;
    }
    /* Root stays in the saved user id for the way back, and keeps what is permitted. */
    if (set(all, CHANGE_USER) || setresgid(gid, gid, gid) ||
        setresuid(caller->uid, caller->uid, 0) || set(all, 0) ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        return error_set(errorp, EPERM, "cannot become the caller");
    }
    return 0;
}

int privileges_read(bool on, char **errorp)
{
    return set(all, on ? CAP(DAC_READ_SEARCH) : 0)
               ? error_set(errorp, EPERM, "cannot change capabilities")
               : 0;
}

int privileges_plug(bool macvtap, char **errorp)
{
    unsigned wanted = PLUGGING | (macvtap ? FOR_MACVTAP : 0);
    uid_t real;
    uid_t effective;
    uid_t saved;

    if (wanted & ~all) {
        return error_set(errorp, EPERM,
                         "a macvtap needs the capabilities cap_sys_admin and cap_mknod, which the "
                         "helper was not given; see vifplug-bridge-helper(8)");
    }
    if (set(all, CHANGE_USER) || setgroups(0, NULL) || setresgid(0, 0, 0) || setresuid(0, 0, 0) ||
        set(wanted, wanted) || getresuid(&real, &effective, &saved) || real || effective || saved) {
        return error_set(errorp, EPERM, "cannot become root");
    }
    return 0;
}

int privileges_reap(bool macvtap)
{
    unsigned wanted = CAP(DAC_OVERRIDE) | (macvtap ? CAP(NET_ADMIN) : 0);

    return set(wanted, wanted);
}
