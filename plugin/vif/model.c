#include "vif/model.h"

#include <string.h>

#include "base/mem.h"

static bool is_among(const char *name, const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool vif_model_has_queues(const char *model)
{
    static const char *const virtio[] = {"virtio", "virtio-transitional",
                                         "virtio-non-transitional"};

    return !model || is_among(model, virtio, ARRAY_LEN(virtio));
}

bool vif_mode_is_known(const char *mode)
{
    static const char *const modes[] = {"vepa", "bridge", "private", "passthrough", "auto"};

    return is_among(mode, modes, ARRAY_LEN(modes));
}
