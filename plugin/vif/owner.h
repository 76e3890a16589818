/* Whose the taps are going to be. */
#ifndef VIF_OWNER_H
#define VIF_OWNER_H

#include "vif/plan.h"

/* Sets options->owner and options->group from names or numbers, NULL where nobody is named. Without
 * both the owner is the user who runs this; with a group alone it is nobody, for the kernel lets
 * only the owner in, and him only while he is in the group. Returns 0, or -EINVAL where there is no
 * such user or group. */
int vif_owner_choose(const char *user, const char *group, struct vif_plan_options *options,
                     char **errorp);

#endif
