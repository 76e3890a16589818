/* What a command is at, on a terminal: one line of standard error, each overwriting the one before.
 * In a pipe nothing is printed. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

/* Shows the sentence in the place of the one before. */
void progress_show(const char *sentence);

/* Likewise, after a bar that is full when `done` is 1. */
void progress_bar(double done, const char *sentence);

/* Takes the line away, before anything else is printed. */
void progress_clear(void);

#endif
