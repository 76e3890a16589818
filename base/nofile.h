/* How many descriptors this process may have open: the limit that it is started with is low, for
 * programs that use select(2). */
#ifndef BASE_NOFILE_H
#define BASE_NOFILE_H

#include <stdbool.h>

/* Raises the limit to the highest that is allowed. */
void nofile_raise(void);

/* Sets it back to what it was before nofile_raise(), as for a program that is about to be executed.
 * Returns whether it was raised. */
bool nofile_restore(void);

#endif
