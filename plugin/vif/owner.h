/* Whose the taps are going to be, and users and groups by their names. */
#ifndef VIF_OWNER_H
#define VIF_OWNER_H

#include "vif/plan.h"

/* Sets options->owner and options->group from names or numbers, NULL where nobody is named. Without
 * both the owner is the user who runs this; with a group alone it is nobody, for the kernel lets
 * only the owner in, and him only while he is in the group. Returns 0, or -EINVAL where there is no
 * such user or group. */
int vif_owner_choose(const char *user, const char *group, struct vif_plan_options *options,
                     char **errorp);

/* The id of the user or group of that name. Returns 0; -ENOENT where there is none; or another
 * error where that could not be found out. */
int vif_user_find(const char *name, id_t *id);
int vif_group_find(const char *name, id_t *id);

#endif
