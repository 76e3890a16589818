#include "vif/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* Far more than any entry of the databases that is in its senses. */
#define ENTRY_MAX 65536

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits && digits < 10 && !text[digits];
}

static int find_user(const char *text, uid_t *uid, char **errorp)
{
    auto_free char *buffer = mem_zalloc(ENTRY_MAX);
    struct passwd entry;
    struct passwd *found = NULL;

    if (is_number(text)) {
        *uid = (uid_t)strtoul(text, NULL, 10);
        return 0;
    }
    getpwnam_r(text, &entry, buffer, ENTRY_MAX, &found);
    if (!found) {
        return error_set(errorp, EINVAL, "no user \"%s\"", text);
    }
    *uid = found->pw_uid;
    return 0;
}

static int find_group(const char *text, gid_t *gid, char **errorp)
{
    auto_free char *buffer = mem_zalloc(ENTRY_MAX);
    struct group entry;
    struct group *found = NULL;

    if (is_number(text)) {
        *gid = (gid_t)strtoul(text, NULL, 10);
        return 0;
    }
    getgrnam_r(text, &entry, buffer, ENTRY_MAX, &found);
    if (!found) {
        return error_set(errorp, EINVAL, "no group \"%s\"", text);
    }
    *gid = found->gr_gid;
    return 0;
}

int vif_owner_choose(const char *user, const char *group, struct vif_plan_options *options,
                     char **errorp)
{
    int error = 0;

    options->owner = group ? (uid_t)-1 : getuid();
    options->group = (gid_t)-1;
    if (user) {
        error = find_user(user, &options->owner, errorp);
    }
    if (!error && group) {
        error = find_group(group, &options->group, errorp);
    }
    return error;
}
