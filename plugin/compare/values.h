/* Values as they are measured, as many as come. For the files of this room only. */
#ifndef COMPARE_VALUES_H
#define COMPARE_VALUES_H

#include <stddef.h>

/* Zero-initialize it. */
struct values {
    double *values;
    size_t n;
    size_t size;
};

void values_add(struct values *values, double value);

/* The value that `percent` of them are not above; sorts them. 0 for none. */
double values_percentile(struct values *values, unsigned percent);

void values_clear(struct values *values);

#endif
