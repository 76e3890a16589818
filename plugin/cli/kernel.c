#include "cli/kernel.h"

#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"

bool kernel_makes_nodes(void)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    const struct mntent *mount;
    bool makes = false;

    if (!mounts) {
        return false;
    }
    /* The last one mounted there is the one that is seen. */
    while ((mount = getmntent(mounts))) {
        if (str_eq(mount->mnt_dir, "/dev")) {
            makes = str_eq(mount->mnt_type, "devtmpfs");
        }
    }
    endmntent(mounts);
    return makes;
}

/* Whether a line of a file of depmod(8) is about the module 8021q: in modules.dep that is a path
 * with a colon behind it, in modules.builtin the path alone. */
static bool lists_8021q(const char *path)
{
    FILE *file = fopen(path, "re");
    bool found = false;
    char *line = NULL;
    size_t size = 0;

    while (file && !found && getline(&line, &size, file) >= 0) {
        line[strcspn(line, ":\n")] = '\0';
        found = strstr(line, "/8021q.ko") != NULL;
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return found;
}

bool kernel_has_vlans(void)
{
    struct utsname name;

    /* It is there as soon as the module is (net/8021q/vlanproc.c). */
    if (access("/proc/net/vlan", F_OK) == 0) {
        return true;
    }
    if (uname(&name) < 0) {
        return false;
    }
    auto_free char *modules = str_printf("/lib/modules/%s/modules.dep", name.release);
    auto_free char *builtin = str_printf("/lib/modules/%s/modules.builtin", name.release);

    return lists_8021q(modules) || lists_8021q(builtin);
}
