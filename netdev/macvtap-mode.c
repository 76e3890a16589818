#include "netdev/macvtap-mode.h"

#include "base/mem.h"

const char *macvtap_mode_name(enum macvtap_mode mode)
{
    switch (mode) {
    case MACVTAP_NO_MODE:
        return NULL;
    case MACVTAP_VEPA:
        return "vepa";
    case MACVTAP_BRIDGE:
        return "bridge";
    case MACVTAP_PRIVATE:
        return "private";
    case MACVTAP_PASSTHROUGH:
        return "passthrough";
    }
    return NULL;
}

enum macvtap_mode macvtap_mode_of(const char *name)
{
    for (int mode = MACVTAP_VEPA; mode <= MACVTAP_PASSTHROUGH; mode++) {
        if (str_eq(name, macvtap_mode_name((enum macvtap_mode)mode))) {
            return (enum macvtap_mode)mode;
        }
    }
    return MACVTAP_NO_MODE;
}
