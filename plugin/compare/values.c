#include "compare/values.h"

#include <stdlib.h>

#include "base/mem.h"

void values_add(struct values *values, double value)
{
    if (values->n == values->size) {
        values->size = values->size ? values->size * 2 : 1024;
        values->values = mem_resize(values->values, values->size, sizeof *values->values);
    }
    values->values[values->n++] = value;
}

static int compare_values(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

double values_percentile(struct values *values, unsigned percent)
{
    if (values->n == 0) {
        return 0;
    }
    qsort(values->values, values->n, sizeof *values->values, compare_values);
    return values->values[(values->n - 1) * percent / 100];
}

void values_clear(struct values *values)
{
    free(values->values);
    *values = (struct values){0};
}
