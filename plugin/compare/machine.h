/* What a comparison ran on. */
#ifndef COMPARE_MACHINE_H
#define COMPARE_MACHINE_H

#include "compare/result.h"

/* Stores kernel, CPUs, the time and the load before; and after it, the load and the seconds. */
void machine_before(struct compare_result *result);
void machine_after(struct compare_result *result);

#endif
