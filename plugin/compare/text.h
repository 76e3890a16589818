/* Text that grows. */
#ifndef COMPARE_TEXT_H
#define COMPARE_TEXT_H

#include <stdio.h>

/* A stream into memory: when it is closed, *text holds what was written, for the caller to free. */
FILE *text_open(char **text, size_t *size);

/* Replaces by '?' each byte of `text` that is not part of a character of UTF-8. */
void text_repair(char *text);

#endif
