#include "watch/world.h"

#include <stdarg.h>

#include "base/mem.h"

void world_log(const struct world *world, int level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *sentence = str_vprintf(format, args);
    va_end(args);
    world->log(world->log_data, level, sentence);
}
