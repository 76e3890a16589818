#include "compare/plot.h"

#include <stdlib.h>

#include "compare/drawing.h"

static const char *const names[PLOT_N] = {
    [PLOT_SPEED_64] = "speed-64", [PLOT_SPEED_1500] = "speed-1500", [PLOT_SPEED_GSO] = "speed-gso",
    [PLOT_CPU_64] = "cpu-64",     [PLOT_CPU_1500] = "cpu-1500",     [PLOT_CPU_GSO] = "cpu-gso",
    [PLOT_TRIPS] = "trips",
};

int plot_draw(const struct compare_result *result, enum plot_kind kind, struct plot *plot,
              char **errorp)
{
    *plot = (struct plot){.name = names[kind]};
    if (kind == PLOT_TRIPS) {
        return draw_trips(result, plot, errorp);
    }
    bool cpu = kind >= PLOT_CPU_64;
    return draw_bars(result, (enum compare_load)(kind - (cpu ? PLOT_CPU_64 : PLOT_SPEED_64)), cpu,
                     plot, errorp);
}

void plot_clear(struct plot *plot)
{
    free(plot->title);
    free(plot->description);
    free(plot->raw);
    *plot = (struct plot){};
}
