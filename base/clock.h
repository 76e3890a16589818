/* Time that only ever goes forward: the system's monotonic clock, for deadlines and durations. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Since some moment before we began; never negative. */
int64_t clock_ms(void);
int64_t clock_us(void);

#endif
