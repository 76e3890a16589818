#include "vif/strategy.h"

#include <stddef.h>

#include "base/mem.h"

const char *vif_strategy_name(enum vif_strategy strategy)
{
    switch (strategy) {
    case VIF_STRATEGY_UNSET:
        break;
    case VIF_STRATEGY_REPLUG:
        return "replug";
    case VIF_STRATEGY_HUB:
        return "hub";
    case VIF_STRATEGY_NONE:
        return "none";
    }
    return NULL;
}

enum vif_strategy vif_strategy_of(const char *name)
{
    for (enum vif_strategy i = VIF_STRATEGY_REPLUG; name && i <= VIF_STRATEGY_NONE; i++) {
        if (str_eq(name, vif_strategy_name(i))) {
            return i;
        }
    }
    return VIF_STRATEGY_UNSET;
}

const char *vif_find_name(enum vif_find find)
{
    switch (find) {
    case VIF_FIND_UNSET:
        break;
    case VIF_FIND_NAME:
        return "name";
    case VIF_FIND_MAC:
        return "mac";
    case VIF_FIND_POOL:
        return "pool";
    }
    return NULL;
}

enum vif_find vif_find_of(const char *name)
{
    for (enum vif_find i = VIF_FIND_NAME; name && i <= VIF_FIND_POOL; i++) {
        if (str_eq(name, vif_find_name(i))) {
            return i;
        }
    }
    return VIF_FIND_UNSET;
}
