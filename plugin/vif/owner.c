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

int vif_user_find(const char *name, id_t *id)
{
    auto_free char *buffer = mem_zalloc(ENTRY_MAX);
    struct passwd entry;
    struct passwd *found = NULL;
    int error = getpwnam_r(name, &entry, buffer, ENTRY_MAX, &found);

    if (found) {
        *id = found->pw_uid;
        return 0;
    }
    return error ? -error : -ENOENT;
}

int vif_group_find(const char *name, id_t *id)
{
    auto_free char *buffer = mem_zalloc(ENTRY_MAX);
    struct group entry;
    struct group *found = NULL;
    int error = getgrnam_r(name, &entry, buffer, ENTRY_MAX, &found);

    if (found) {
        *id = found->gr_gid;
        return 0;
    }
    return error ? -error : -ENOENT;
}

/* The id that a number or a name stands for. */
static int choose(const char *what, int (*find)(const char *, id_t *), const char *text, id_t *id,
                  char **errorp)
{
    if (is_number(text)) {
        *id = (id_t)strtoul(text, NULL, 10);
        return 0;
    }
    return find(text, id) ? error_set(errorp, EINVAL, "no %s \"%s\"", what, text) : 0;
}

int vif_owner_choose(const char *user, const char *group, struct vif_plan_options *options,
                     char **errorp)
{
    int error = 0;

    options->owner = group ? (uid_t)-1 : getuid();
    options->group = (gid_t)-1;
    if (user) {
        error = choose("user", vif_user_find, user, &options->owner, errorp);
    }
    if (!error && group) {
        error = choose("group", vif_group_find, group, &options->group, errorp);
    }
    return error;
}
