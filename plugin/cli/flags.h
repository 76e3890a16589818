/* One interface by hand: the options that stand for an <interface>. */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include "cli/cli.h"
#include "vif/spec.h"

/* Whether any of them was given, and the name of the first such option. */
bool flags_given(const struct cli *cli);
const char *flags_first(const struct cli *cli);

/* Makes a spec of them. -EINVAL when one is wrong or does not go with another; on success the
 * caller calls vif_spec_clear(). */
int flags_to_spec(const struct cli *cli, struct vif_spec *spec, char **errorp);

#endif
