/* The recommendation: what a result means for whoever has to choose, by rules that
 * vifplug-compare(7) lists under the same names. */
#ifndef COMPARE_ADVICE_H
#define COMPARE_ADVICE_H

#include <stddef.h>

#include "compare/result.h"

/* Fills in result->advice anew, a sentence or two for each rule that applies, in the order of the
 * rules. */
void compare_advise(struct compare_result *result);

/* The rules' names in that order; NULL after the last. */
const char *compare_advice_rule(size_t i);

/* What the rule of that number says of a result, or NULL where it does not apply; caller frees. */
char *compare_advice_of(const struct compare_result *result, size_t i);

#endif
